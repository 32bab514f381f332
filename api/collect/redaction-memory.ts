// Hot path. Screens, languages, titles, property names and addresses are the
// same few thousand texts: two thirds of the time of redaction went into looking
// at them again (2026-11-24, batches of 20). What is remembered is the same in
// every request, so it is kept with the module; a text in which something was
// found is never kept.
import { LIMITS } from '../../contract/event.ts'
import { isSecretKey } from '../../redact/keys.ts'
import { redactText } from '../../redact/text.ts'
import { redactReferrer, redactUrl } from '../../redact/url.ts'

const MOST = 10_000
const LONGEST = 300

/** Forgets everything when it is full, which costs less than to know what was used last. */
function remember<Value>(memory: Map<string, Value>, key: string, value: Value): Value {
  if (key.length <= LONGEST) {
    if (memory.size >= MOST) memory.clear()
    memory.set(key, value)
  }
  return value
}

const texts = new Map<string, true>()

/** As `redactText`. */
export function redactedText(text: string): string {
  if (texts.has(text)) return text
  const redacted = redactText(text)
  if (redacted === text) remember(texts, text, true)
  return redacted
}

const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff]/gu

/** Without what cannot be seen: two names that look the same are the same. */
export const cleanName = (name: string) => name.toWellFormed().replace(INVISIBLE, '').trim()

export interface PropertyName {
  readonly name: string
  /** Its value is never stored, whatever it looks like. */
  readonly isSecret: boolean
}

const properties = new Map<string, PropertyName>()

/** The name of a property as it is stored. */
export function propertyName(key: string): PropertyName {
  return (
    properties.get(key) ??
    remember(properties, key, {
      // A cut through a pair leaves a lone surrogate, which PostgreSQL refuses.
      name: cleanName(key).slice(0, LIMITS.key).toWellFormed(),
      isSecret: isSecretKey(key),
    })
  )
}

/** A page's address as it is stored. */
export interface Page {
  readonly href: string
  readonly host: string
  readonly hostname: string
  /** As people read it: /café, not /caf%C3%A9. */
  readonly path: string
}

const pages = new Map<string, Page>()

/** The page at an address, after redaction; undefined when it is no http(s) address. */
export function redactedPage(url: string): Page | undefined {
  const known = pages.get(url)
  if (known) return known
  const redacted = redactUrl(url)
  if (redacted === undefined) return undefined
  const { href, host, hostname, pathname, hash } = new URL(
    redacted.slice(0, LIMITS.url).toWellFormed(),
  )
  const page = { href, host, hostname, path: decodePath(pathname + hash) }
  return href === url ? remember(pages, url, page) : page
}

// A path that is not UTF-8 stays as it is.
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const referrers = new Map<string, true>()

/** As `redactReferrer`. */
export function redactedReferrer(
  referrer: string,
  ownHost: string | undefined,
): string | undefined {
  const key = `${ownHost}\n${referrer}`
  if (referrers.has(key)) return referrer
  const redacted = redactReferrer(referrer, ownHost)
  if (redacted === referrer) remember(referrers, key, true)
  return redacted
}
