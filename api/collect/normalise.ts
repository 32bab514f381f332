// Hot path: one pass over plain objects, no schema library. A refusal is a value.
import {
  type EventContext,
  type EventFlag,
  type Json,
  LIMITS,
  type StoredEvent,
  type VisitorBasis,
  type WireEvent,
} from '../../contract/event.ts'
import { Problem } from '../errors.ts'
import { type RedactedPlace, type RedactionHit, rulesOfText, rulesOfUrl } from './redaction-hits.ts'
import {
  cleanName,
  type Page,
  propertyName,
  redactedPage,
  redactedReferrer,
  redactedText,
} from './redaction-memory.ts'

/** A row of events_log before its site is checked and its visitor derived. */
export interface NormalisedEvent {
  readonly siteId: string
  readonly eventId: string
  /** Epoch ms inside a UUIDv7, 0 for any other id. */
  readonly idAtMs: number
  readonly eventType: string
  readonly visitor:
    | { readonly id: string; readonly basis: Exclude<VisitorBasis, 'daily_hash'> }
    | undefined
  readonly sessionId: string | undefined
  readonly occurredAtMs: number
  readonly host: string | undefined
  readonly path: string | undefined
  readonly consent: NonNullable<WireEvent['consent']>
  readonly stored: Omit<StoredEvent, 'derived'>
}

export interface Refusal {
  readonly index: number
  readonly code: string
  readonly message: string
}

export interface Normalised {
  readonly events: readonly { readonly index: number; readonly event: NormalisedEvent }[]
  readonly refused: readonly Refusal[]
  /** What was redacted: the tracker should have done it. */
  readonly redactions: readonly RedactionHit[]
  /** How far the client's clock was behind ours; undefined where it did not tell. */
  readonly clockOffsetMs: number | undefined
}

/** Redacts, and keeps account of what it found. */
interface Redact {
  text(text: string, place: RedactedPlace): string
  found(place: RedactedPlace, ...rules: readonly string[]): void
}

type Fields = { readonly [key: string]: unknown }

/**
 * The events of a parsed body. What a browser can send by accident (a lone
 * surrogate, NUL, a long title, a bad clock) is repaired; what it cannot is
 * refused, per event. Throws a Problem when the envelope itself is wrong.
 */
export function normalise(
  body: unknown,
  receivedAtMs: number,
  newEventId: () => string,
): Normalised {
  if (!isObject(body))
    throw new Problem('invalid_request', 'The body must be an event or an envelope with events.')
  const { envelope, list } = openEnvelope(body)
  const clockOffsetMs = clockOffset(envelope.sentAt, receivedAtMs)
  const events: { index: number; event: NormalisedEvent }[] = []
  const refused: Refusal[] = []
  const redactions: RedactionHit[] = []
  const redact: Redact = {
    text(text, place) {
      const redacted = redactedText(text)
      if (redacted !== text) redact.found(place, ...rulesOfText(text, redacted))
      return redacted
    },
    found(place, ...rules) {
      for (const rule of rules) redactions.push({ rule, place })
    },
  }
  let sharedContext: EventContext | undefined
  const shared: Shared = {
    envelope,
    // The same for each event: looked at once, when the first asks.
    context: () => (sharedContext ??= properties(envelope.context, 'context', redact)),
    offsetMs: clockOffsetMs && Math.abs(clockOffsetMs) >= ON_THE_WAY_MS ? clockOffsetMs : 0,
    receivedAtMs,
    newEventId,
    redact,
  }
  for (const [index, item] of list.entries()) {
    try {
      events.push({ index, event: normaliseOne(item, shared) })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refused.push({ index, code: error.code, message: error.message })
    }
  }
  return { events, refused, redactions, clockOffsetMs }
}

class Refused extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function openEnvelope(body: Fields): { envelope: Fields; list: readonly unknown[] } {
  if (body.events === undefined) return { envelope: { sentAt: body.sentAt }, list: [body] }
  if (!Array.isArray(body.events) || body.events.length === 0) {
    throw new Problem('invalid_request', 'events must be an array of 1 to 100 events.')
  }
  if (body.events.length > LIMITS.events) {
    throw new Problem('too_large', `At most ${LIMITS.events} events a request are accepted.`)
  }
  for (const name of ['siteId', 'visitorId', 'sessionId'] as const) {
    if (body[name] !== undefined && typeof body[name] !== 'string') {
      throw new Problem('invalid_request', `${name} must be a string.`)
    }
  }
  if (body.context !== undefined && !isObject(body.context)) {
    throw new Problem('invalid_request', 'context must be an object.')
  }
  return { envelope: body, list: body.events }
}

/** What holds for every event of a request. */
interface Shared {
  readonly envelope: Fields
  readonly context: () => EventContext | undefined
  readonly offsetMs: number
  readonly receivedAtMs: number
  readonly newEventId: () => string
  readonly redact: Redact
}

function normaliseOne(item: unknown, shared: Shared): NormalisedEvent {
  const { envelope, offsetMs, receivedAtMs, newEventId, redact } = shared
  if (!isObject(item)) throw new Refused('invalid_event', 'An event must be an object.')
  const eventType = redact.text(nameOf(item.eventType), 'event_type')
  const url = pageOf(item.url, redact)
  const siteId = siteOf(item.siteId, envelope.siteId, url?.hostname)
  const eventId = idOf(item.eventId) ?? newEventId()
  const visitorId = text(item.visitorId ?? envelope.visitorId, 'visitorId', LIMITS.id)
  const sessionId = text(item.sessionId ?? envelope.sessionId, 'sessionId', LIMITS.id)
  const title = shortened(item.title, 'title', LIMITS.title)
  const { ms: occurredAtMs, flag } = occurredAt(item.timestamp, offsetMs, receivedAtMs)
  return {
    siteId,
    eventId,
    idAtMs: timeInside(eventId),
    eventType,
    visitor: visitorId
      ? { id: visitorId, basis: 'persistent_id' }
      : sessionId
        ? { id: sessionId, basis: 'session_id' }
        : undefined,
    sessionId,
    occurredAtMs,
    host: url?.host,
    path: url && repair(url.path, LIMITS.url),
    consent: consentOf(item.consent ?? envelope.consent),
    stored: {
      ...(flag && { flags: [flag] }),
      url: url?.href,
      referrer: referrerOf(item.referrer, url?.host, redact),
      title: title && redact.text(title, 'title'),
      eventData: properties(item.eventData, 'eventData', redact),
      context: contextOf(shared, item.context),
    },
  }
}

/** What the envelope says of the page and the device holds where the event does not say otherwise. */
function contextOf({ context, redact }: Shared, given: unknown): EventContext | undefined {
  const own = properties(given, 'context', redact)
  const both = own && context() ? { ...context(), ...own } : (own ?? context())
  return both && withinLimit(both, 'context')
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string')
    throw new Refused('invalid_event_type', 'eventType must be a string.')
  const name = cleanName(value)
  if (name === '') throw new Refused('invalid_event_type', 'eventType must not be empty.')
  if (name.length > LIMITS.name) {
    // Cut names would merge different events.
    throw new Refused('invalid_event_type', `eventType may have ${LIMITS.name} characters.`)
  }
  return name
}

const SITE_ID = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i

function siteOf(own: unknown, shared: unknown, host: string | undefined): string {
  if (own !== undefined && shared !== undefined && own !== shared) {
    throw new Refused('site_mismatch', 'An event may not name another site than its envelope.')
  }
  const given = own ?? shared ?? host?.replace(/^www\./, '').replaceAll('.', '-')
  if (given === undefined)
    throw new Refused('site_required', 'siteId is required where url does not tell the site.')
  if (typeof given !== 'string' || !SITE_ID.test(given)) {
    throw new Refused(
      'invalid_site_id',
      'siteId must be 1 to 64 letters, digits, dots, dashes or underscores.',
    )
  }
  return given
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function idOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  if (!UUID.test(id))
    throw new Refused('invalid_event_id', 'eventId must be a UUID, best version 7.')
  return id
}

function timeInside(uuid: string): number {
  return uuid[14] === '7' ? Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) : 0
}

// Of years beyond 9999 too: a clock that is so wrong still writes the time like that.
const ISO_8601 =
  /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** Without a zone, as some programs write it, it is UTC and not the server's own time. */
function epochMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !ISO_8601.test(value)) return undefined
  const written = value.replace(' ', 'T')
  const hasZone = !written.includes('T') || /Z$|T.*[+-]/.test(written)
  const ms = Date.parse(hasZone ? written : `${written}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

// A clock that says so was never set: its time tells nothing, and the visitor is real.
const ABSURD_BEFORE_MS = Date.UTC(2000)
const ABSURD_AFTER_MS = Date.UTC(2100)

// What a request may take on its way. A clock that is this wrong is believed: who corrects by the way's
// length puts two events of one page, sent one after another, in the wrong order.
const ON_THE_WAY_MS = 2_000

/** How far the client's clock is behind ours, and what the request took. Without sentAt it is not known. */
function clockOffset(sentAt: unknown, receivedAtMs: number): number | undefined {
  if (sentAt === undefined || sentAt === null) return undefined
  const sentAtMs = epochMs(sentAt)
  if (sentAtMs === undefined)
    throw new Problem('invalid_request', 'sentAt must be ISO 8601 or epoch milliseconds.')
  return receivedAtMs - sentAtMs
}

function occurredAt(
  timestamp: unknown,
  offsetMs: number,
  receivedAtMs: number,
): { ms: number; flag?: EventFlag } {
  // null is what JSON makes of a time that is none.
  if (timestamp === undefined || timestamp === null) return { ms: receivedAtMs }
  const clientMs = epochMs(timestamp)
  if (clientMs === undefined) {
    throw new Refused('invalid_timestamp', 'timestamp must be ISO 8601 or epoch milliseconds.')
  }
  const ms = Math.round(clientMs + offsetMs)
  // Written so that NaN, of infinities on both sides, is absurd too.
  if (!(ms >= ABSURD_BEFORE_MS && ms <= ABSURD_AFTER_MS))
    return { ms: receivedAtMs, flag: 'clock_invalid' }
  if (ms < receivedAtMs - LIMITS.maxAgeMs)
    throw new Refused('too_old', 'Events older than 7 days are not accepted.')
  if (ms > receivedAtMs + LIMITS.maxFutureMs) return { ms: receivedAtMs, flag: 'clock_ahead' }
  return { ms: Math.min(ms, receivedAtMs) }
}

function consentOf(value: unknown): NonNullable<WireEvent['consent']> {
  if (value === undefined || value === null) return 'granted'
  if (value === 'granted' || value === 'denied' || value === 'unknown') return value
  throw new Refused('invalid_consent', 'consent must be granted, denied or unknown.')
}

function pageOf(value: unknown, redact: Redact): Page | undefined {
  const given = text(value, 'url', Number.POSITIVE_INFINITY)
  if (given === undefined) return undefined
  const page = redactedPage(given)
  if (page === undefined)
    throw new Refused('invalid_url', 'url must be an absolute http or https address.')
  if (page.href !== given) redact.found('url', ...rulesOfUrl(given, page.href))
  return page
}

function referrerOf(
  value: unknown,
  ownHost: string | undefined,
  redact: Redact,
): string | undefined {
  const given = text(value, 'referrer', Number.POSITIVE_INFINITY)
  if (given === undefined) return undefined
  const referrer = redactedReferrer(given, ownHost)?.slice(0, LIMITS.url)
  if (referrer !== undefined && referrer !== given)
    redact.found('referrer', ...rulesOfUrl(given, referrer))
  return referrer
}

/** An absent or empty string is undefined; a longer one than `max` is refused. */
function text(value: unknown, field: string, max: number): string | undefined {
  const repaired = shortened(value, field, Number.POSITIVE_INFINITY)
  if (repaired !== undefined && repaired.length > max) {
    throw new Refused('too_long', `${field} may have ${max} characters.`)
  }
  return repaired
}

function shortened(value: unknown, field: string, max: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new Refused('invalid_type', `${field} must be a string.`)
  return repair(value, max)
}

// PostgreSQL stores no NUL; a cut through a pair leaves a lone surrogate.
function repair(value: string, max: number): string {
  const stored = value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
  return (stored.length > max ? stored.slice(0, max) : stored).toWellFormed()
}

function properties(
  value: unknown,
  field: 'eventData' | 'context',
  redact: Redact,
): { [key: string]: Json } | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw new Refused('invalid_type', `${field} must be an object.`)
  const place = field === 'context' ? 'context' : 'event_data'
  return members(withinLimit(value, field), place, redact)
}

function withinLimit<Value extends object>(value: Value, field: string): Value {
  if (Object.keys(value).length > LIMITS.properties) {
    throw new Refused('too_many_properties', `${field} may have ${LIMITS.properties} properties.`)
  }
  return value
}

function members(value: Fields, place: RedactedPlace, redact: Redact): { [key: string]: Json } {
  const kept: { [key: string]: Json } = {}
  for (const [key, member] of Object.entries(value)) {
    const { name, isSecret } = propertyName(key)
    // It was not that to the parser: something unseen stood in it.
    if (name === '__proto__') throw new Refused('invalid_event', 'A key may not be __proto__.')
    if (isSecret && member !== null) {
      if (member !== '[redacted]') redact.found(place, 'name')
      kept[name] = '[redacted]'
    } else kept[name] = storable(member, place, redact)
  }
  return kept
}

// What JSON writes without an exponent, and what is nothing beside it.
const LARGEST = 1e21
const SMALLEST = 1e-15

function storable(value: unknown, place: RedactedPlace, redact: Redact): Json {
  if (typeof value === 'string') return redact.text(repair(value, LIMITS.text), place)
  // 1e400 is parsed as Infinity; 1e300 and 1e-300 are five bytes that PostgreSQL prints as 300.
  if (typeof value === 'number') {
    // A card has 13 digits or more, as a number too.
    if (Math.abs(value) >= 1e12 && redact.text(`${value}`, place) !== `${value}`)
      return '[redacted]'
    if (Math.abs(value) < SMALLEST) return 0
    return Math.abs(value) < LARGEST ? value : null
  }
  if (Array.isArray(value)) return value.map((member) => storable(member, place, redact))
  if (isObject(value)) return members(value, place, redact)
  return typeof value === 'boolean' ? value : null
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
