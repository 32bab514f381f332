import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { type Connection, inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'
import { CLICKHOUSE_COLUMNS } from './clickhouse-row.ts'
import { type Block, type EventKey, keyOf, mergeBlocks } from './merge-blocks.ts'

/** What goes to ClickHouse as one insert. */
interface Delivery extends Block {
  /** What the rows carry as `outbox_id`. */
  readonly id: number
  readonly month: number
  /** Of which something changes. */
  readonly sites: readonly string[]
}

/**
 * One step of what waits in the outbox: takes the blocks that are decided to
 * ClickHouse, and decides which go next. Those of a month go in their order: a
 * later one may replace what an earlier brings. ClickHouse itself is asked
 * whether it already has them: a fault between the insert and our commit does not
 * count them twice. What they replace goes after they have come. False when
 * nothing waits, or another worker is at it.
 */
export function deliverNext(
  pool: Pool,
  clickhouse: ClickHouse,
  signal?: AbortSignal,
): Promise<boolean> {
  return inTransaction(pool, async (connection) => {
    if (!(await takeLock(connection, 'blocks'))) return false
    const delivery = await decided(connection)
    if (delivery) {
      await bring(clickhouse, delivery, signal)
      await connection.query('/* delivered */ delete from clickhouse_outbox where delivery = $1', [
        delivery.id,
      ])
      // Told on commit: whoever then asks, sees them.
      await connection.query(
        "select pg_notify('site_changed', site) from unnest($1::text[]) site",
        [delivery.sites],
      )
    }
    return (await decide(connection)) || delivery !== undefined
  })
}

const MAX_BLOCKS = 1_000
const MAX_ROWS = 50_000

/**
 * Decides that the first block and those of its month, as many as make a large
 * insert, go next. True when there are any. They go once this is committed, and as
 * decided whatever happens: who goes on after a fault could not tell what of
 * another insert is there.
 */
async function decide(connection: Connection): Promise<boolean> {
  const { rowCount } = await connection.query(
    `/* decide delivery */
     with waiting as (
       select outbox_id, rows + cardinality(replaced) as rows from clickhouse_outbox
       where month = (select month from clickhouse_outbox where delivery is null order by outbox_id limit 1)
         and delivery is null
       order by outbox_id limit ${MAX_BLOCKS}
     ), together as (
       select outbox_id, sum(rows) over (order by outbox_id) <= ${MAX_ROWS} or outbox_id = min(outbox_id) over () as fits
       from waiting
     )
     update clickhouse_outbox o set delivery = (select max(outbox_id) from together where fits)
     from together t where t.fits and o.outbox_id = t.outbox_id`,
  )
  return (rowCount ?? 0) > 0
}

interface Row {
  readonly delivery: number
  readonly month: number
  readonly rows: number
  readonly sites: readonly string[]
  readonly payload: Buffer
  readonly replaced: readonly string[]
  readonly replaced_sites: readonly string[] | null
}

const decompress = promisify(zstdDecompress)

async function decided(connection: Connection): Promise<Delivery | undefined> {
  const { rows } = await connection.query<Row>(
    `/* next delivery */ select delivery, month, rows, sites, payload, replaced, replaced_sites from clickhouse_outbox
     where delivery = (select delivery from clickhouse_outbox where delivery is not null order by outbox_id limit 1)
     order by outbox_id`,
  )
  const [first] = rows
  if (!first) return undefined
  return {
    ...mergeBlocks(await Promise.all(rows.map(blockOf))),
    ...{ id: first.delivery, month: first.month },
    sites: [...new Set(rows.flatMap(({ sites }) => sites))],
  }
}

async function blockOf({ rows, sites, payload, replaced, replaced_sites }: Row): Promise<Block> {
  return {
    lines: rows > 0 ? (await decompress(payload)).toString().split('\n') : [],
    replaced: replaced.flatMap((eventId, index): readonly EventKey[] => {
      const siteId = replaced_sites?.[index]
      return siteId === undefined
        ? sites.map((each) => ({ siteId: each, eventId }))
        : [{ siteId, eventId }]
    }),
  }
}

async function bring(
  clickhouse: ClickHouse,
  delivery: Delivery,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await rowsThere(clickhouse, delivery, signal)) < delivery.lines.length)
    await insert(clickhouse, delivery, signal)
  await removeReplaced(clickhouse, delivery, signal)
}

async function rowsThere(
  clickhouse: ClickHouse,
  { id, month, lines }: Delivery,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (lines.length === 0) return 0
  const [found] = await selectRows<{ rows: number }>(
    clickhouse,
    'select count() as rows from events where outbox_id = {id:UInt64} and toYYYYMM(occurred_at) = {month:UInt32}',
    { id, month },
    signal,
  )
  const rows = found?.rows ?? 0
  if (rows > lines.length)
    throw new Error(`delivery ${id} has ${rows} of ${lines.length} rows in ClickHouse`)
  return rows
}

const INSERT = `insert into events (outbox_id, ${CLICKHOUSE_COLUMNS.join(', ')}) format JSONCompactEachRow`

async function insert(
  clickhouse: ClickHouse,
  { id, lines }: Delivery,
  signal: AbortSignal | undefined,
): Promise<void> {
  const text = lines.map((line) => `[${id},${line.slice(1)}`).join('\n')
  await clickhouse.exec({
    query: INSERT,
    values: Readable.from([Buffer.from(text)]),
    ...(signal && { abort_signal: signal }),
    clickhouse_settings: {
      // For a server that finished an insert after we gave up on it, and for one whose settings cut an insert into
      // several blocks and that failed at one of them: it takes those that it does not have.
      insert_deduplication_token: `outbox-${id}`,
      insert_deduplicate: 1,
      // One block: parallel parsing would cut it into several.
      input_format_parallel_parsing: 0,
      // Of a Footfall before the last columns were added; they are made again (`refillIfLost`).
      input_format_json_compact_allow_variable_number_of_columns: 1,
      async_insert: 0,
    },
  })
}

// They stand in the statement, which a cluster's servers are told by way of a Keeper, and that takes a megabyte.
const MAX_REPLACED = 4_000

async function removeReplaced(
  clickhouse: ClickHouse,
  { id, month, replaced }: Delivery,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let from = 0; from < replaced.length; from += MAX_REPLACED) {
    const some = replaced.slice(from, from + MAX_REPLACED)
    await clickhouse.command({
      // The id alone is another site's too; the key alone would be made of every row of the month.
      query: `delete from events
              where toYYYYMM(occurred_at) = {month:UInt32} and site_id in {sites:Array(String)}
                and event_id in {ids:Array(UUID)} and outbox_id < {id:UInt64}
                and concat(toString(event_id), ' ', site_id) in {keys:Array(String)}`,
      query_params: {
        month,
        sites: [...new Set(some.map(({ siteId }) => siteId))],
        ids: some.map(({ eventId }) => eventId),
        keys: some.map(keyOf),
        id,
      },
      ...(signal && { abort_signal: signal }),
      // A patch beside the parts instead of new parts: 17 ms instead of 350.
      clickhouse_settings: { lightweight_delete_mode: 'lightweight_update' },
    })
  }
}
