import {
  DERIVED_COLUMNS,
  type DerivedColumns,
  type StoredEvent,
  storedEvent,
  type VisitorBasis,
} from '../contract/event.ts'
import type { Connection } from '../database/postgres.ts'

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

const PIPELINE_LOCK = 0x7069_7065 // "pipe": any constant that nobody else locks
const MAX_BATCHES = 2_000
const MAX_EVENTS = 5_000

/**
 * Takes group commits off the work list, within the caller's transaction: they
 * are gone when it commits and back when it does not. A commit with a lower
 * number that becomes visible later is still on the list, so nothing is
 * skipped. `undefined` when another worker is at it.
 */
export async function claim(connection: Connection): Promise<ClaimedEvent[] | undefined> {
  const { rows: locked } = await connection.query<{ mine: boolean }>(
    'select pg_try_advisory_xact_lock($1) as mine',
    [PIPELINE_LOCK],
  )
  if (!locked[0]?.mine) return undefined
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
  const { rows } = await connection.query<ClaimedEvent & DerivedColumns>(
    `/* claimed events */
     select site_id, event_id, event_type, visitor_id, visitor_basis, session_id, occurred_at, received_at,
            host, path, event, ${Object.keys(DERIVED_COLUMNS).join(', ')}
     from events_log where batch_id = any($1)
     order by occurred_at, event_id`,
    [ids],
  )
  return rows.map((row) => ({ ...row, event: storedEvent(row) }))
}
