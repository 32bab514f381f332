import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'

/** What is younger can still be changed by a late event, and is never deleted. */
export const LEAST_DAYS = 30

interface Horizon {
  readonly site_id: string
  /** First instant of the first local day that is kept; null: all are. */
  readonly events: Date | null
  readonly daily: string | null
}

const ROWS_A_STATEMENT = 20_000

/** When what a row is of began, and when it was over. */
const OLD = [
  ['events_log', 'occurred_at', 'occurred_at'],
  ['pageviews', 'occurred_at', 'occurred_at'],
  ['user_events', 'occurred_at', 'occurred_at'],
  ['user_sessions', 'started_at', 'last_at'],
  ['form_submissions', 'first_at', 'last_at'],
] as const

/**
 * Deletes what is past each site's retention (`sites.retention`), by whole local
 * days: the record with all that is made of it, since a rebuild has to be able
 * to make it; days of daily_site_metrics by themselves. Partitions go as a whole
 * where that is so for all sites. Answers how many rows were deleted one by one,
 * and which partitions were dropped.
 */
export async function applyRetention(
  pool: Pool,
  clickhouse: ClickHouse,
  now: Date,
): Promise<{ rows: number; dropped: readonly string[] }> {
  const horizons = await horizonsOf(pool, now)
  const oldest = horizons.reduce<Date | null | undefined>(
    (least, { events }) =>
      least === null || events === null ? null : least && least < events ? least : events,
    undefined,
  )
  const dropped: string[] = []
  let rows = 0
  for (const { site_id, events } of horizons)
    if (events)
      await pool.query(
        'update sites set record_since = $2 where site_id = $1 and record_since < $2',
        [site_id, events],
      )
  for (const table of ['events_log', 'pageviews', 'user_events'])
    if (oldest) dropped.push(...(await dropPartitions(pool, table, oldest)))
  for (const { site_id, events, daily } of horizons) {
    if (events) {
      for (const [table, from, to] of OLD)
        rows += await deleteOld(pool, table, from, to, site_id, events)
      await deleteFromClickHouse(clickhouse, site_id, events)
    }
    if (daily) rows += await deleteOld(pool, 'daily_site_metrics', 'day', 'day', site_id, daily)
  }
  return { rows, dropped }
}

/** From when on each site keeps what, by its own days. */
export async function horizonsOf(pool: Pool, now: Date): Promise<readonly Horizon[]> {
  const firstDay = (name: 'events' | 'daily') =>
    `case when (retention->>'${name}')::integer > 0
       then ($1::timestamptz at time zone timezone)::date - greatest((retention->>'${name}')::integer, ${LEAST_DAYS}) end`
  const { rows } = await pool.query<Horizon>(
    `/* horizons */ select site_id, (${firstDay('events')})::timestamp at time zone timezone as events,
       (${firstDay('daily')})::text as daily
     from sites`,
    [now],
  )
  return rows
}

/** A month's partition goes as a whole when all its rows are past every site's horizon. */
async function dropPartitions(
  pool: Pool,
  table: string,
  horizon: Date,
): Promise<readonly string[]> {
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

/** The oldest first, so many at a time and those of the same instant as the last: each has an index by site and `from`. */
async function deleteOld(
  pool: Pool,
  table: string,
  from: string,
  to: string,
  siteId: string,
  before: Date | string,
): Promise<number> {
  const isOld = `site_id = $1 and ${from} < $2 and ${to} < $2`
  let all = 0
  for (;;) {
    const { rowCount } = await pool.query(
      `/* retention */ delete from ${table} where ${isOld} and ${from} <= (
         select max(at) from (
           select ${from} as at from ${table} where ${isOld} order by 1 limit ${ROWS_A_STATEMENT}) as oldest)`,
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
