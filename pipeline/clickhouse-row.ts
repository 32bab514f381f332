import { hash } from 'node:crypto'
import type { Json } from '../contract/event.ts'
import type { ClaimedEvent } from './claim.ts'
import { engages } from './engagement.ts'
import type { Session } from './session.ts'
import { visitorKey } from './sessions-table.ts'

/** A row of ClickHouse's `events`, without its outbox_id. */
export function clickHouseRow(event: ClaimedEvent, session: Session) {
  const derived = event.event.derived ?? {}
  return {
    site_id: event.site_id,
    occurred_at: clickHouseTime(event.occurred_at.getTime()),
    visitor: hash64(visitorKey(session)),
    visitor_basis: event.visitor_basis,
    session: hash64(`${visitorKey(session)}\n${session.sessionId}`),
    session_started_at: clickHouseTime(session.first.atMs),
    event_id: event.event_id,
    event_type: event.event_type,
    host: event.host ?? '',
    path: event.path ?? '',
    source: session.attribution.source,
    medium: session.attribution.medium,
    campaign: session.attribution.campaign,
    channel: session.attribution.channel,
    entry_page: session.entry?.page ?? '',
    country: derived.country ?? '',
    region: derived.region ?? '',
    city: derived.city ?? '',
    browser: derived.browser ?? '',
    browser_version: derived.browserVersion ?? '',
    os: derived.os ?? '',
    os_version: derived.osVersion ?? '',
    device: derived.device ?? '',
    is_bot: derived.isBot ?? false,
    bot_name: derived.botName ?? '',
    bot_kind: derived.botKind ?? '',
    is_engaging: engages(event),
    properties: flat(event.event.eventData ?? {}),
  }
}

/** YYYYMM of a time: the partition its row lies in. */
export function monthOf(atMs: number): number {
  const at = new Date(atMs)
  return at.getUTCFullYear() * 100 + at.getUTCMonth() + 1
}

const clickHouseTime = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23)

// 64 bits of SHA-1: at 10⁸ visitors of a site one pair in 3 700 installations collides.
const hash64 = (text: string) => hash('sha1', text, 'buffer').readBigUInt64LE().toString()

function flat(properties: { [key: string]: Json }): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
