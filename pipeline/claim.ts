import {
  DERIVED_COLUMNS,
  type DerivedColumns,
  type StoredEvent,
  storedEvent,
  type VisitorBasis,
} from '../contract/event.ts'
import type { Connection } from '../database/postgres.ts'
import { takeOutErased } from './erasures.ts'

/** A row of events_log as it was claimed. */
export interface ClaimedEvent {
  readonly site_id: string
  readonly event_id: string
  readonly event_type: string
  readonly visitor_id: string
  readonly visitor_basis: VisitorBasis
  readonly session_id: string | null
  readonly occurred_at: Date
  readonly received_at: Date
  readonly host: string | null
  readonly path: string | null
  readonly event: StoredEvent
}

/** The columns that `readClaimed` reads, of `events_log l`. */
export const CLAIMED = `l.site_id, l.event_id, l.event_type, l.visitor_id, l.visitor_basis, l.session_id,
  l.occurred_at, l.received_at, l.host, l.path, l.event, ${Object.keys(DERIVED_COLUMNS)
    .map((name) => `l.${name}`)
    .join(', ')}`

/** Rows of the record as the pipeline sees them; `sql` selects CLAIMED. */
export async function readClaimed(
  connection: Pick<Connection, 'query'>,
  sql: string,
  values: readonly unknown[],
): Promise<ClaimedEvent[]> {
  const { rows } = await connection.query<ClaimedEvent & DerivedColumns>(sql, [...values])
  // An event of JSON null is nothing we wrote: it goes to quarantine as it is.
  return rows.map((row) => (row.event === null ? row : { ...row, event: storedEvent(row) }))
}

// "pipe" and "bloc": any constants that nobody else locks.
const LOCKS = { batches: 0x7069_7065, blocks: 0x626c_6f63 }
const MAX_BATCHES = 2_000
const MAX_EVENTS = 5_000

/** One worker at a time for each of the two, for the length of its transaction. False when another is at it. */
export async function takeLock(
  connection: Connection,
  of: keyof typeof LOCKS = 'batches',
): Promise<boolean> {
  const { rows } = await connection.query<{ mine: boolean }>(
    'select pg_try_advisory_xact_lock($1) as mine',
    [LOCKS[of]],
  )
  return rows[0]?.mine === true
}

/**
 * Takes group commits off the work list, within the caller's transaction: they
 * are gone when it commits and back when it does not. A commit with a lower
 * number that becomes visible later is still on the list, so nothing is
 * skipped. `undefined` when another worker is at it.
 */
export async function claim(connection: Connection): Promise<ClaimedEvent[] | undefined> {
  if (!(await takeLock(connection))) return undefined
  const { rows: batches } = await connection.query<{ batch_id: number; events: number }>(
    '/* claim */ select batch_id, events from events_batches order by batch_id limit $1 for update skip locked',
    [MAX_BATCHES],
  )
  const ids: number[] = []
  let events = 0
  for (const batch of batches) {
    if (ids.length > 0 && events + batch.events > MAX_EVENTS) break
    ids.push(batch.batch_id)
    events += batch.events
  }
  if (ids.length === 0) return []
  await connection.query('delete from events_batches where batch_id = any($1)', [ids])
  const erased = await takeOutErased(connection, ids)
  const claimed = await readClaimed(
    connection,
    `/* claimed events */
     select ${CLAIMED}
     from events_log l where batch_id = any($1)
     order by occurred_at, event_id`,
    [ids],
  )
  return claimed.length === 0 && erased > 0 ? claim(connection) : claimed
}
