import { hash } from 'node:crypto'
import type { Json } from '../contract/event.ts'
import { engagementOf } from './pageview.ts'
import { visitorKey } from './sessions-table.ts'
import { type ProcessedEvent, viewIdOf } from './visitor.ts'

/** The columns of ClickHouse's `events` that a row brings, in its order. `outbox_id` stands before them. */
export const CLICKHOUSE_COLUMNS = [
  ...['site_id', 'occurred_at', 'visitor', 'visitor_basis', 'session', 'session_started_at'],
  ...['event_id', 'event_type', 'is_bot', 'is_engaging', 'view', 'host', 'path', 'title'],
  ...['referrer', 'source', 'medium', 'campaign', 'content', 'term', 'channel', 'entry_page'],
  ...['country', 'region', 'city', 'language', 'browser', 'browser_version', 'os', 'os_version'],
  ...['device', 'viewport_class', 'bot_name', 'bot_kind', 'visible_ms', 'engaged_ms'],
  ...['attention_ms', 'scroll_depth', 'fits_window', 'revenue', 'currency', 'properties'],
] as const

/** A row of ClickHouse's `events`: the event, and what is the same for all of its visit. */
export function clickHouseRow(event: ProcessedEvent, isBot: boolean): readonly unknown[] {
  const { claimed, session, gain } = event
  const { event: stored, event_type } = claimed
  const of = session.attributes
  const viewId = viewIdOf(claimed)
  const properties = stored.eventData ?? {}
  const isEngagement = event_type === 'engagement'
  const said = isEngagement ? engagementOf(stored) : undefined
  const money = revenueOf(properties.revenue)
  return [
    claimed.site_id,
    clickHouseTime(claimed.occurred_at.getTime()),
    hash64(visitorKey(session)),
    claimed.visitor_basis,
    hash64(`${visitorKey(session)}\n${session.sessionId}`),
    clickHouseTime(session.first.atMs),
    claimed.event_id,
    event_type,
    isBot,
    event.isEngaging,
    viewId === null ? '0' : hash64(`${visitorKey(session)}\n${viewId}`),
    claimed.host ?? '',
    claimed.path ?? '',
    event_type === 'pageview' ? (stored.title ?? '') : '',
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
    gain.visibleMs,
    gain.engagedMs,
    gain.attentionMs,
    said?.scrollDepth ?? 0,
    said?.fitsWindow ?? false,
    money.amount,
    money.currency,
    flat(isEngagement ? reachOf(properties) : properties),
  ]
}

/** YYYYMM of a time: the partition its row lies in. */
export function monthOf(atMs: number): number {
  const at = new Date(atMs)
  return at.getUTCFullYear() * 100 + at.getUTCMonth() + 1
}

const clickHouseTime = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23)

// 64 bits of SHA-1: at 10⁸ visitors of a site one pair in 3 700 installations collides.
const hash64 = (text: string) => hash('sha1', text, 'buffer').readBigUInt64LE().toString()

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

/** What an engagement event says that no column has: how far down the page was seen, to tell who saw an element. */
const reachOf = ({ maxScrollPx }: { [key: string]: Json }): { [key: string]: Json } =>
  typeof maxScrollPx === 'number' ? { maxScrollPx } : {}

function flat(properties: { [key: string]: Json }): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
