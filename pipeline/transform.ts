import { zstdCompressSync } from 'node:zlib'
import { eventTypeOf } from '../contract/event-types.ts'
import type { Connection, Pool } from '../database/postgres.ts'
import { inTransaction } from '../database/postgres.ts'
import { attribute } from './attribution.ts'
import { type ClaimedEvent, claim } from './claim.ts'
import { clickHouseRow, monthOf } from './clickhouse-row.ts'
import { engages } from './engagement.ts'
import { countEvents } from './event-counts.ts'
import { assign, type Session, type SessionEvent } from './session.ts'
import { loadSessions, saveSessions, visitorKey } from './sessions-table.ts'

/** What a step did. `busy`: another worker holds the lock. */
export type Outcome =
  | { readonly kind: 'processed'; readonly events: number; readonly quarantined: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy' }

/** Claims, transforms, writes and checkpoints one batch in one transaction. */
export function transformBatch(pool: Pool): Promise<Outcome> {
  return inTransaction(pool, async (connection): Promise<Outcome> => {
    const events = await claim(connection)
    if (events === undefined) return { kind: 'busy' }
    if (events.length === 0) return { kind: 'idle' }
    await countEvents(connection, events)
    return {
      kind: 'processed',
      events: events.length,
      quarantined: await writeOrHalve(connection, events),
    }
  })
}

/** Writes the events; when one of them cannot be written, halves until it is alone. Answers how many were put aside. */
async function writeOrHalve(
  connection: Connection,
  events: readonly ClaimedEvent[],
): Promise<number> {
  await connection.query('savepoint batch')
  try {
    await write(connection, events)
    await connection.query('release savepoint batch')
    return 0
  } catch (error) {
    if (!isDataError(error)) throw error
    await connection.query('rollback to savepoint batch')
    const [event, ...others] = events
    if (event && others.length === 0) {
      await quarantine(connection, event, error as Error) // isDataError has seen that it is one
      return 1
    }
    const middle = Math.ceil(events.length / 2)
    const first = await writeOrHalve(connection, events.slice(0, middle))
    return first + (await writeOrHalve(connection, events.slice(middle)))
  }
}

/** The fault of a row: SQLSTATE 22 (data), 23 (integrity), 54 (limits), or our own code on strange input. */
function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code // any thrown value may carry one
  if (typeof code === 'string') return /^(22|23|54)/.test(code)
  return error instanceof TypeError || error instanceof RangeError
}

async function quarantine(
  connection: Connection,
  event: ClaimedEvent,
  error: Error,
): Promise<void> {
  await connection.query(
    `insert into quarantine (site_id, event_id, reason, detail, event) values ($1, $2, $3, $4, $5)
     on conflict (site_id, event_id) do nothing`,
    [
      event.site_id,
      event.event_id,
      String((error as { code?: unknown }).code ?? error.name),
      error.message.slice(0, 500),
      // As text: the driver would make SQL's null of JSON's, and an array of PostgreSQL's of a JSON one.
      JSON.stringify(event.event),
    ],
  )
}

async function write(connection: Connection, events: readonly ClaimedEvent[]): Promise<void> {
  const sessionEvents = events.map(toSessionEvent)
  const visitors = [...new Map(sessionEvents.map((event) => [visitorKey(event), event])).values()]
  const times = sessionEvents.map((event) => event.atMs)
  const sessions = await loadSessions(
    connection,
    visitors,
    times.reduce((a, b) => Math.min(a, b)),
    times.reduce((a, b) => Math.max(a, b)),
  )
  const assigned = sessionEvents.map((event) =>
    assign(event, sessions.get(visitorKey(event)) ?? []),
  )
  await saveSessions(connection, [...new Set(assigned)])
  await writeEventTables(connection, events, assigned)
  await writeOutbox(connection, events, assigned)
  await markChangedDays(connection, sessionEvents, assigned)
}

function toSessionEvent(event: ClaimedEvent): SessionEvent {
  return {
    siteId: event.site_id,
    visitorId: event.visitor_id,
    visitorBasis: event.visitor_basis,
    clientSessionId: event.session_id,
    eventId: event.event_id,
    atMs: event.occurred_at.getTime(),
    isPageview: eventTypeOf(event.event_type).table === 'pageviews',
    page: event.path,
    attribution: attribute(event.event.url, event.event.referrer),
    isBot: event.event.derived?.isBot ?? false,
    isEngaging: engages(event),
  }
}

async function writeEventTables(
  connection: Connection,
  events: readonly ClaimedEvent[],
  assigned: readonly Session[],
): Promise<void> {
  const rows = { pageviews: [] as object[], user_events: [] as object[] }
  for (const [index, event] of events.entries()) {
    const { site_id, visitor_id, event_id, occurred_at, event_type, host, path } = event
    const { url, title, referrer, eventData } = event.event
    const shared = {
      site_id,
      visitor_id,
      session_id: assigned[index]?.sessionId,
      event_id,
      occurred_at,
      path,
      is_bot: event.event.derived?.isBot ?? false,
    }
    const { table } = eventTypeOf(event_type)
    rows[table].push(
      table === 'pageviews'
        ? { ...shared, url, host, title, referrer }
        : { ...shared, event_type, properties: eventData ?? {} },
    )
  }
  for (const table of ['pageviews', 'user_events'] as const) {
    if (rows[table].length === 0) continue
    await connection.query(
      `/* write ${table} */ insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
      [JSON.stringify(rows[table])],
    )
  }
}

async function writeOutbox(
  connection: Connection,
  events: readonly ClaimedEvent[],
  assigned: readonly Session[],
): Promise<void> {
  const months = new Map<number, { lines: string[]; sites: Set<string> }>()
  for (const [index, event] of events.entries()) {
    const session = assigned[index]
    if (!session) continue // one session was assigned to each event
    const month = monthOf(event.occurred_at.getTime())
    const block = months.get(month) ?? { lines: [], sites: new Set<string>() }
    months.set(month, block)
    block.lines.push(JSON.stringify(clickHouseRow(event, session)))
    block.sites.add(event.site_id)
  }
  for (const [month, { lines, sites }] of months) {
    await connection.query(
      '/* write outbox */ insert into clickhouse_outbox (month, sites, rows, payload) values ($1, $2, $3, $4)',
      [month, [...sites], lines.length, zstdCompressSync(lines.join('\n'))],
    )
  }
}

// Zones differ by multiples of a quarter of an hour: a day of any zone begins with one.
const QUARTER_MS = 15 * 60_000

async function markChangedDays(
  connection: Connection,
  events: readonly SessionEvent[],
  assigned: readonly Session[],
): Promise<void> {
  const quarters = new Map<string, { siteId: string; atMs: number }>()
  const mark = (siteId: string, atMs: number) => {
    const quarter = Math.floor(atMs / QUARTER_MS)
    quarters.set(`${siteId} ${quarter}`, { siteId, atMs: quarter * QUARTER_MS })
  }
  for (const event of events) mark(event.siteId, event.atMs)
  for (const session of assigned) mark(session.siteId, session.first.atMs)
  await connection.query(
    `/* mark changed days */
     insert into changed_days (site_id, day)
     select distinct s.site_id, (to_timestamp(q.at_ms / 1000) at time zone s.timezone)::date
     from unnest($1::text[], $2::float8[]) as q(site_id, at_ms)
     join sites s using (site_id)
     order by 1, 2
     on conflict do nothing`,
    [
      [...quarters.values()].map((each) => each.siteId),
      [...quarters.values()].map((each) => each.atMs),
    ],
  )
}
