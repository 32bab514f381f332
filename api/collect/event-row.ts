import {
  DERIVED_COLUMNS,
  type Derived,
  type StoredEvent,
  type VisitorBasis,
} from '../../contract/event.ts'
import { UNSAFE_SETTINGS, UnsafeSettings } from '../../database/durability.ts'
import type { Pool } from '../../database/postgres.ts'
import { numberColumn, textColumn, uuidColumn } from './column.ts'

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
  readonly derived: Derived
  readonly event: Omit<StoredEvent, 'derived'>
}

const COLUMNS = Object.keys(DERIVED_COLUMNS).join(', ')

// One statement, so one round trip and one commit. The batch row is what the
// pipeline claims; `on conflict` makes a retry free. The settings are those of
// this very commit, since they can change at any time, for a role too: where it
// could be lost, nothing is stored. Which rows are new is told only when not all
// of them are.
const INSERT = `/* group commit */
with settings as (
  select ${UNSAFE_SETTINGS} as unsafe
), batch as (
  insert into events_batches (events) select $1::integer from settings where unsafe = '' returning batch_id
), inserted as (
  insert into events_log (site_id, event_id, id_at, batch_id, event_type, visitor_id, visitor_basis,
                          session_id, occurred_at, received_at, host, path, ${COLUMNS}, event)
  select r.site_id, r.event_id, to_timestamp(r.id_at_ms / 1000), batch.batch_id, r.event_type, r.visitor_id,
         r.visitor_basis, r.session_id, to_timestamp(r.occurred_at_ms / 1000), to_timestamp(r.received_at_ms / 1000),
         r.host, r.path, ${COLUMNS}, r.event::jsonb
  from batch,
       unnest($2::text[], $3::uuid[], $4::float8[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::float8[], $10::float8[], $11::text[], $12::text[],
              $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
              $19::text[], $20::text[], $21::text[])
    as r(site_id, event_id, id_at_ms, event_type, visitor_id, visitor_basis,
         session_id, occurred_at_ms, received_at_ms, host, path, ${COLUMNS}, event)
  on conflict do nothing
  returning site_id, event_id
)
select unsafe,
       case when (select count(*) from inserted) < $1
            then (select coalesce(array_agg(site_id || ' ' || event_id), '{}') from inserted)
       end as new_keys
from settings`

/** In the order of the statement's parameters. */
const columnsOf = (rows: readonly EventRow[]): Buffer[] => [
  textColumn(rows.map((row) => row.siteId)),
  uuidColumn(rows.map((row) => row.eventId)),
  numberColumn(rows.map((row) => row.idAtMs)),
  textColumn(rows.map((row) => row.eventType)),
  textColumn(rows.map((row) => row.visitorId)),
  textColumn(rows.map((row) => row.visitorBasis)),
  textColumn(rows.map((row) => row.sessionId)),
  numberColumn(rows.map((row) => row.occurredAtMs)),
  numberColumn(rows.map((row) => row.receivedAtMs)),
  textColumn(rows.map((row) => row.host)),
  textColumn(rows.map((row) => row.path)),
  ...Object.values(DERIVED_COLUMNS).map((name) =>
    textColumn(rows.map(({ derived }) => derived[name] ?? null)),
  ),
  textColumn(rows.map(({ event, derived }) => JSON.stringify(withBot(event, derived)))),
]

/** What is told of bots is rare, and has no columns. */
const withBot = (
  event: EventRow['event'],
  { isBot, botName, botKind, botReason }: Derived,
): StoredEvent => (isBot ? { ...event, derived: { isBot, botName, botKind, botReason } } : event)

interface Owned {
  readonly row: EventRow
  readonly key: string
  readonly request: number
}

/**
 * Stores the rows of several requests in one commit; answers how many of each
 * were new. Throws UnsafeSettings, and stores nothing, where PostgreSQL could
 * lose the commit.
 */
export async function insertEvents(
  pool: Pick<Pool, 'query'>,
  requests: readonly (readonly EventRow[])[],
): Promise<number[]> {
  const all: Owned[] = []
  for (const [request, rows] of requests.entries())
    for (const row of rows) all.push({ row, key: `${row.siteId} ${row.eventId}`, request })
  // Sorted, so that two collectors with the same ids wait for each other in one order.
  all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  // The first of two equal ids is the one that counts, in a request as in the record; sorting kept their order.
  const owned = all.filter(({ key }, at) => key !== all[at - 1]?.key)
  const result = await pool.query<{ unsafe: string; new_keys: string[] | null }>({
    name: 'group commit',
    text: INSERT,
    values: [owned.length, ...columnsOf(owned.map(({ row }) => row))],
  })
  const [{ unsafe, new_keys: newKeys } = { unsafe: '', new_keys: null }] = result.rows
  if (unsafe !== '') throw new UnsafeSettings(unsafe)
  const isNew = newKeys && new Set(newKeys)
  const stored = requests.map(() => 0)
  for (const { key, request } of owned)
    if (!isNew || isNew.has(key)) stored[request] = (stored[request] ?? 0) + 1
  return stored
}
