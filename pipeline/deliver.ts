import { zstdDecompressSync } from 'node:zlib'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'

/**
 * Takes one block from the outbox to ClickHouse. The block is inserted whole or
 * not at all, and ClickHouse itself is asked whether it already has it: a fault
 * between the insert and our commit does not count it twice. False when nothing waits.
 */
export function deliverBlock(pool: Pool, clickhouse: ClickHouse): Promise<boolean> {
  return inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{
      outbox_id: number
      month: number
      rows: number
      sites: string[]
      payload: Buffer
    }>(
      `/* next block */ select outbox_id, month, rows, sites, payload from clickhouse_outbox
       order by outbox_id limit 1 for update skip locked`,
    )
    const block = rows[0]
    if (!block) return false
    if (!(await has(clickhouse, block))) await insert(clickhouse, block.outbox_id, block.payload)
    await connection.query('delete from clickhouse_outbox where outbox_id = $1', [block.outbox_id])
    // Told on commit: whoever then asks, sees the block.
    for (const site of block.sites)
      await connection.query("select pg_notify('site_changed', $1)", [site])
    return true
  })
}

async function has(
  clickhouse: ClickHouse,
  block: { outbox_id: number; month: number; rows: number },
): Promise<boolean> {
  const [found] = await selectRows<{ rows: number }>(
    clickhouse,
    'select count() as rows from events where outbox_id = {id:UInt64} and toYYYYMM(occurred_at) = {month:UInt32}',
    { id: block.outbox_id, month: block.month },
  )
  const rows = found?.rows ?? 0
  if (rows !== 0 && rows !== block.rows) {
    throw new Error(`block ${block.outbox_id} has ${rows} of ${block.rows} rows in ClickHouse`)
  }
  return rows > 0
}

async function insert(clickhouse: ClickHouse, outboxId: number, payload: Buffer): Promise<void> {
  const values = zstdDecompressSync(payload)
    .toString()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as object), outbox_id: outboxId })) // written by us
  await clickhouse.insert({
    table: 'events',
    values,
    format: 'JSONEachRow',
    clickhouse_settings: {
      // A second line of defence, for a server that finished an insert after we gave up on it.
      insert_deduplication_token: `outbox-${outboxId}`,
      insert_deduplicate: 1,
      // One block: parallel parsing would cut it into several.
      input_format_parallel_parsing: 0,
      async_insert: 0,
    },
  })
}
