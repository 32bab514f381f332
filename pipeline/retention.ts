import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'

/** Days that each class of data is kept; 0: for ever. `sites.retention` may say otherwise. */
export const RETENTION_DAYS = { record: 760, processed: 760, daily: 0 } as const

/** What is younger can still be changed by a late event, and is never deleted. */
export const LEAST_DAYS = 30

interface Horizon {
  readonly site_id: string
  readonly record: Date | null
  readonly processed: Date | null
  readonly daily: Date | null
}

const ROWS_A_STATEMENT = 20_000

/**
 * Deletes what is past each site's retention: whole partitions where that is so
 * for all sites, rows where it is for some. Answers how many rows were deleted
 * one by one, and which partitions were dropped.
 */
export async function applyRetention(
  pool: Pool,
  clickhouse: ClickHouse,
  now: Date,
): Promise<{ rows: number; dropped: readonly string[] }> {
  const horizons = await horizonsOf(pool, now)
  // Before anything goes, so that no rebuild meets a record with a part missing.
  for (const { site_id, record } of horizons)
    if (record)
      await pool.query(
        'update sites set record_since = greatest(record_since, $2) where site_id = $1',
        [site_id, record],
      )
  const oldest = (name: 'record' | 'processed') =>
    horizons.some((each) => each[name] === null) || horizons.length === 0
      ? null
      : horizons.reduce<Date | null>((least, each) => {
          const at = each[name]
          return at && (!least || at < least) ? at : least
        }, null)
  const dropped = [
    ...(await dropPartitions(pool, 'events_log', oldest('record'))),
    ...(await dropPartitions(pool, 'pageviews', oldest('processed'))),
    ...(await dropPartitions(pool, 'user_events', oldest('processed'))),
  ]
  let rows = 0
  for (const { site_id, record, processed, daily } of horizons) {
    if (record) rows += await deleteOld(pool, 'events_log', 'occurred_at', site_id, record)
    if (processed) {
      rows += await deleteOld(pool, 'pageviews', 'occurred_at', site_id, processed)
      rows += await deleteOld(pool, 'user_events', 'occurred_at', site_id, processed)
      rows += await deleteOld(pool, 'user_sessions', 'last_at', site_id, processed)
      rows += await deleteOld(pool, 'form_submissions', 'last_at', site_id, processed)
      await deleteFromClickHouse(clickhouse, site_id, processed)
    }
    if (daily) rows += await deleteOld(pool, 'daily_site_metrics', 'day', site_id, daily)
  }
  return { rows, dropped }
}

async function horizonsOf(pool: Pool, now: Date): Promise<readonly Horizon[]> {
  const days = (name: keyof typeof RETENTION_DAYS) =>
    `case when coalesce((retention->>'${name}')::integer, ${RETENTION_DAYS[name]}) > 0
       then date_trunc('day', $1::timestamptz - make_interval(days =>
              greatest(coalesce((retention->>'${name}')::integer, ${RETENTION_DAYS[name]}), ${LEAST_DAYS}))) end as ${name}`
  const { rows } = await pool.query<Horizon>(
    `/* horizons */ select site_id, ${days('record')}, ${days('processed')}, ${days('daily')} from sites`,
    [now],
  )
  return rows
}

/** A month's partition goes as a whole when all its rows are past every site's horizon. */
async function dropPartitions(
  pool: Pool,
  table: string,
  horizon: Date | null,
): Promise<readonly string[]> {
  if (!horizon) return []
  const { rows } = await pool.query<{ name: string }>(
    `/* months */ select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and c.relname ~ '_\\d{4}_\\d{2}$'
       and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= $2::timestamptz at time zone 'UTC'`,
    [table, horizon],
  )
  const dropped: string[] = []
  for (const { name } of rows) {
    await inTransaction(pool, async (connection) => {
      if (!(await takeLock(connection))) return
      await connection.query("set local lock_timeout = '2s'")
      // An id's time and its event's may differ: a partition of ids may hold what is to be kept.
      const kept = await connection.query(`select from ${name} where occurred_at >= $1 limit 1`, [
        horizon,
      ])
      if (kept.rows.length > 0) return
      await connection.query(`drop table ${name}`)
      dropped.push(name)
    })
  }
  return dropped
}

async function deleteOld(
  pool: Pool,
  table: string,
  column: string,
  siteId: string,
  before: Date,
): Promise<number> {
  let all = 0
  for (;;) {
    const { rowCount } = await pool.query(
      `/* retention */ delete from ${table} where (tableoid, ctid) in (
         select tableoid, ctid from ${table} where site_id = $1 and ${column} < $2 limit ${ROWS_A_STATEMENT})
       and site_id = $1 and ${column} < $2`,
      [siteId, before],
    )
    all += rowCount ?? 0
    if ((rowCount ?? 0) < ROWS_A_STATEMENT) return all
  }
}

async function deleteFromClickHouse(
  clickhouse: ClickHouse,
  siteId: string,
  before: Date,
): Promise<void> {
  const params = { site: siteId, before: before.getTime() }
  const old = `site_id = {site:String} and occurred_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`
  const [found] = await selectRows<{ n: number }>(
    clickhouse,
    `select count() as n from events where ${old}`,
    params,
  )
  if (!found?.n) return
  // Merges leave out what is marked; a whole old part goes with its last row.
  await clickhouse.command({
    query: `delete from events where ${old}`,
    query_params: params,
    clickhouse_settings: { lightweight_delete_mode: 'alter_update' },
  })
}

/** What the data takes now and what it will, if sites go on as in the last week. */
export interface Forecast {
  readonly table: string
  readonly bytes: number
  readonly rows: number
  readonly rowsADay: number
  readonly bytesIn: { readonly month: number; readonly year: number }
}

const PLANNED = {
  events_log: 'received_at',
  pageviews: 'occurred_at',
  user_events: 'occurred_at',
  user_sessions: 'started_at',
  form_submissions: 'first_at',
} as const

/** Bytes of each growing table with its indexes, and what they will be in 30 and 365 days without any deletion. */
export async function forecast(pool: Pool, now: Date): Promise<readonly Forecast[]> {
  const answers: Forecast[] = []
  for (const [table, column] of Object.entries(PLANNED)) {
    const { rows } = await pool.query<{ bytes: number; rows: number; week: number }>(
      `/* forecast */ select
         coalesce((select sum(pg_total_relation_size(relid)) from pg_partition_tree($1::regclass)),
                  pg_total_relation_size($1::regclass))::bigint as bytes,
         (select count(*) from ${table}) as rows,
         (select count(*) from ${table} where ${column} > $2::timestamptz - interval '7 days') as week`,
      [table, now],
    )
    const { bytes = 0, rows: count = 0, week = 0 } = rows[0] ?? {}
    const rowsADay = week / 7
    const bytesADay = count > 0 ? (bytes / count) * rowsADay : 0
    const bytesIn = { month: bytes + 30 * bytesADay, year: bytes + 365 * bytesADay }
    answers.push({ table, bytes, rows: count, rowsADay, bytesIn })
  }
  return answers
}
