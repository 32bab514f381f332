import type { StoredEvent, VisitorBasis } from '../../contract/event.ts'
import type { Pool } from '../../database/postgres.ts'

/** One row of events_log. */
export interface EventRow {
  readonly siteId: string
  readonly eventId: string
  readonly idAtMs: number
  readonly eventType: string
  readonly visitorId: string
  readonly visitorBasis: VisitorBasis
  readonly sessionId: string | null
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  readonly host: string | null
  readonly path: string | null
  readonly event: StoredEvent
}

// One statement, so one round trip and one commit. The batch row is what the
// pipeline claims; `on conflict` makes a retry free.
const INSERT = `/* group commit */
with batch as (
  insert into events_batches (events) values ($1) returning batch_id
), inserted as (
  insert into events_log (site_id, event_id, id_at, batch_id, event_type, visitor_id, visitor_basis,
                          session_id, occurred_at, received_at, host, path, event)
  select r."siteId", r."eventId", to_timestamp(r."idAtMs" / 1000), batch.batch_id, r."eventType", r."visitorId",
         r."visitorBasis", r."sessionId", to_timestamp(r."occurredAtMs" / 1000), to_timestamp(r."receivedAtMs" / 1000),
         r.host, r.path, r.event
  from batch, jsonb_to_recordset($2::jsonb)
    as r("siteId" text, "eventId" uuid, "idAtMs" float8, "eventType" text, "visitorId" text, "visitorBasis" text,
         "sessionId" text, "occurredAtMs" float8, "receivedAtMs" float8, host text, path text, event jsonb)
  on conflict do nothing
  returning site_id, event_id
)
select site_id, event_id from inserted`

/** Stores the rows of several requests in one commit; answers how many of each were new. */
export async function insertEvents(
  pool: Pool,
  requests: readonly (readonly EventRow[])[],
): Promise<number[]> {
  const owners = new Map<string, { row: EventRow; request: number }>()
  for (const [request, rows] of requests.entries()) {
    // The first of two equal ids is the one that counts, in a request as in the record.
    for (const row of rows) {
      const key = `${row.siteId} ${row.eventId}`
      if (!owners.has(key)) owners.set(key, { row, request })
    }
  }
  // Sorted, so that two collectors with the same ids wait for each other in one order.
  const rows = [...owners.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, owner]) => owner.row)
  const result = await pool.query<{ site_id: string; event_id: string }>({
    name: 'group commit',
    text: INSERT,
    // One text: to write each row into twelve arrays, its JSON escaped twice, took a collector twice the time.
    values: [rows.length, JSON.stringify(rows)],
  })
  const stored = requests.map(() => 0)
  for (const { site_id, event_id } of result.rows) {
    const owner = owners.get(`${site_id} ${event_id}`)
    if (owner) stored[owner.request] = (stored[owner.request] ?? 0) + 1
  }
  return stored
}
