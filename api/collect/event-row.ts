import type { VisitorBasis } from '../../contract/event.ts'
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
  /** JSON text of a StoredEvent. */
  readonly event: string
}

// One statement, so one round trip and one commit. The batch row is what the
// pipeline claims; `on conflict` makes a retry free.
const INSERT = `/* group commit */
with batch as (
  insert into events_batches (events) values ($1) returning batch_id
), inserted as (
  insert into events_log (site_id, event_id, id_at, batch_id, event_type, visitor_id, visitor_basis,
                          session_id, occurred_at, received_at, host, path, event)
  select r.site_id, r.event_id, to_timestamp(r.id_at / 1000), batch.batch_id, r.event_type, r.visitor_id,
         r.visitor_basis, r.session_id, to_timestamp(r.occurred_at / 1000), to_timestamp(r.received_at / 1000),
         r.host, r.path, r.event::jsonb
  from batch, unnest($2::text[], $3::uuid[], $4::float8[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::float8[], $10::float8[], $11::text[], $12::text[], $13::text[])
    as r(site_id, event_id, id_at, event_type, visitor_id, visitor_basis, session_id,
         occurred_at, received_at, host, path, event)
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
    values: [
      rows.length,
      rows.map((row) => row.siteId),
      rows.map((row) => row.eventId),
      rows.map((row) => row.idAtMs),
      rows.map((row) => row.eventType),
      rows.map((row) => row.visitorId),
      rows.map((row) => row.visitorBasis),
      rows.map((row) => row.sessionId),
      rows.map((row) => row.occurredAtMs),
      rows.map((row) => row.receivedAtMs),
      rows.map((row) => row.host),
      rows.map((row) => row.path),
      rows.map((row) => row.event),
    ],
  })
  const stored = requests.map(() => 0)
  for (const { site_id, event_id } of result.rows) {
    const owner = owners.get(`${site_id} ${event_id}`)
    if (owner) stored[owner.request] = (stored[owner.request] ?? 0) + 1
  }
  return stored
}
