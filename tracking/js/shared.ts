import { redactText } from '../../redact/text.ts'
import { redactUrl } from '../../redact/url.ts'
import { attribute, PRIVATE } from './attribute.ts'
import { clean } from './clean.ts'
import { guard, listen } from './guard.ts'
import { later } from './later.ts'
import { matchesAny, optionsFrom } from './options.ts'
import { tabStore } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

/** What the second file takes from the first: build.mjs puts these in place of its imports, by their order. */
export const SHARED = [
  redactText,
  redactUrl,
  attribute,
  PRIVATE,
  clean,
  guard,
  listen,
  later,
  matchesAny,
  optionsFrom,
  tabStore,
  uuidv7,
] as const
