import type { StoredEvent } from '../contract/event.ts'
import { type Attribution, attribute } from './attribution.ts'
import type { SiteRules } from './site-rules.ts'

/** What holds for a whole visit: read from the event that S8 names. Null where it is not known. */
export interface VisitAttributes extends Attribution {
  readonly host: string | null
  readonly country: string | null
  readonly region: string | null
  readonly city: string | null
  readonly language: string | null
  readonly browser: string | null
  readonly browserVersion: string | null
  readonly os: string | null
  readonly osVersion: string | null
  readonly device: string | null
  readonly viewportClass: string | null
  readonly botName: string | null
  readonly botKind: string | null
}

export function attributesOf(
  host: string | null,
  { url, referrer, derived = {}, context = {} }: StoredEvent,
  rules: SiteRules,
): VisitAttributes {
  return {
    ...attribute(url, referrer, rules),
    host,
    country: derived.country ?? null,
    region: derived.region ?? null,
    city: derived.city ?? null,
    language: text(context.language),
    browser: derived.browser ?? null,
    browserVersion: derived.browserVersion ?? null,
    os: derived.os ?? null,
    osVersion: derived.osVersion ?? null,
    device: derived.device ?? null,
    viewportClass: text(context.viewportClass),
    botName: derived.botName ?? null,
    botKind: derived.botKind ?? null,
  }
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
