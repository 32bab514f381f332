import { hash } from 'node:crypto'
import type { Json, StoredEvent } from '../contract/event.ts'
import { engagement } from '../contract/event-types/engagement.ts'
import { engagementOf } from './pageview.ts'
import type { Session } from './session.ts'
import { visitorKey } from './sessions-table.ts'
import { type ProcessedEvent, viewIdOf } from './visitor.ts'

const OF_VISIT = [
  ...['site_id', 'visitor', 'visitor_basis', 'session', 'session_started_at', 'is_bot'],
  ...['referrer', 'source', 'medium', 'campaign', 'content', 'term', 'channel', 'entry_page'],
  ...['country', 'region', 'city', 'language', 'browser', 'browser_version', 'os', 'os_version'],
  ...['device', 'viewport_class', 'bot_name', 'bot_kind'],
]
const OF_EVENT = [
  ...['occurred_at', 'event_id', 'event_type', 'is_engaging', 'view', 'host', 'path', 'title'],
  ...['visible_ms', 'engaged_ms', 'attention_ms', 'scroll_depth', 'fits_window'],
  ...['revenue', 'currency', 'properties', 'first_of', 'prolongs_ms', 'ends_bounce'],
  // Of the visit, and last: blocks of before it that still wait are shorter by it.
  'utm_source',
]

/** The columns of ClickHouse's `events` that a row brings, in its order. */
export const CLICKHOUSE_COLUMNS: readonly string[] = [...OF_VISIT, ...OF_EVENT]

/** What the rows of a visit have in common, as JSON without its brackets: written once, it is most of each. */
export function visitColumns(session: Session, isBot: boolean): string {
  const of = session.attributes
  const columns = [
    session.siteId,
    hash64(visitorKey(session)),
    session.visitorBasis,
    hash64(`${visitorKey(session)}\n${session.sessionId}`),
    seconds(session.first.atMs),
    isBot,
    of.referrer ?? '',
    of.source,
    of.medium,
    of.campaign,
    of.content,
    of.term,
    of.channel,
    session.entry?.page ?? '',
    of.country ?? '',
    of.region ?? '',
    of.city ?? '',
    of.language ?? '',
    of.browser ?? '',
    of.browserVersion ?? '',
    of.os ?? '',
    of.osVersion ?? '',
    of.device ?? '',
    of.viewportClass ?? '',
    of.botName ?? '',
    of.botKind ?? '',
  ]
  return JSON.stringify(columns).slice(1, -1)
}

/** What is an event's own, as JSON without its brackets. */
export function eventColumns({ claimed, session, isEngaging, gain, adds }: ProcessedEvent): string {
  const { event: stored, event_type } = claimed
  const viewId = viewIdOf(claimed)
  const properties = stored.eventData ?? {}
  const said = event_type === 'engagement' ? engagementOf(stored) : undefined
  const money = revenueOf(properties.revenue)
  const columns = [
    seconds(claimed.occurred_at.getTime()),
    claimed.event_id,
    event_type,
    isEngaging,
    viewId === null ? '0' : hashAgain(`${visitorKey(session)}\n${viewId}`),
    claimed.host ?? '',
    claimed.path ?? '',
    event_type === 'pageview' ? (stored.title ?? '') : '',
    gain.visibleMs,
    gain.engagedMs,
    gain.attentionMs,
    said?.scrollDepth ?? 0,
    said?.fitsWindow ?? false,
    money.amount,
    money.currency,
    flat(said ? { ...besideColumns(properties), ...foldOf(stored) } : properties),
    adds.firstOf,
    adds.prolongsMs,
    adds.endsBounce,
    session.attributes.utmSource,
  ]
  return JSON.stringify(columns).slice(1, -1)
}

/** YYYYMM of a time: the partition its row lies in. */
export function monthOf(atMs: number): number {
  const at = new Date(atMs)
  return at.getUTCFullYear() * 100 + at.getUTCMonth() + 1
}

// Of DateTime64. What it does not take would hold up all that comes after it.
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(2299, 11, 31)

/** Seconds with three decimals, which DateTime64 reads quicker than a date, and we write quicker. */
function seconds(ms: number): string {
  if (!(ms >= EARLIEST_MS && ms <= LATEST_MS)) throw new RangeError('ClickHouse has no such time.')
  return (ms / 1_000).toFixed(3)
}

// 64 bits of SHA-1: at 10⁸ visitors of a site one pair in 3 700 installations collides.
const hash64 = (text: string) => hash('sha1', text, 'buffer').readBigUInt64LE().toString()

let last = { text: '', hash: '' }

/** Of a view's events, which follow each other, once. */
function hashAgain(text: string): string {
  if (text !== last.text) last = { text, hash: hash64(text) }
  return last.hash
}

const MOST_MONEY = 100_000_000_000

/** Money as the tracking reference has it: `{ amount, currency }`; anything else is a property like others. */
function revenueOf(value: Json | undefined): { amount: number; currency: string } {
  const { amount, currency } =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
  const isMoney =
    typeof amount === 'number' &&
    Math.abs(amount) < MOST_MONEY &&
    typeof currency === 'string' &&
    /^[A-Za-z]{3}$/.test(currency)
  return isMoney
    ? { amount: Math.round(amount * 10_000) / 10_000, currency: currency.toUpperCase() }
    : { amount: 0, currency: '' }
}

/** What an engagement event says that columns have, or that is of no use by itself. */
const OF_ENGAGEMENT = new Set(Object.keys(engagement.fields))
OF_ENGAGEMENT.delete('maxScrollPx') // how far down the page was seen, to tell who saw an element

const besideColumns = (properties: { [key: string]: Json }): { [key: string]: Json } =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !OF_ENGAGEMENT.has(name)))

/** How much of the page the window showed before it was scrolled; its height is told in hundreds of pixels. */
function foldOf({ context, eventData }: StoredEvent): { [key: string]: Json } {
  const windowPx = Number(/x(\d+)$/.exec(String(context?.viewport))?.[1])
  const foldPercent = Math.ceil((100 * windowPx) / Number(eventData?.heightAtLoadPx))
  return foldPercent > 0 ? { foldPercent: Math.min(foldPercent, 100) } : {}
}

function flat(properties: { [key: string]: Json }): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
