import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'

interface Due {
  readonly site_id: string
  readonly day: string
  readonly day_start: Date
  readonly day_end: Date
}

// The pipeline does not stand still longer than this for a ClickHouse that hangs.
const CLICKHOUSE_WITHIN_MS = 5_000

/**
 * Counts days that have changed in each place that has their events, and keeps
 * what it found in `reconciliations`. The pipeline stands still meanwhile, so
 * that nothing is under way between two places; a day whose daily metrics or
 * blocks still wait, or whose site is being rebuilt, is left for the next time.
 * Answers how many days it counted.
 */
export function reconcile(pool: Pool, clickhouse: ClickHouse, days = 20): Promise<number> {
  return inTransaction(pool, async (connection) => {
    if (!(await takeLock(connection))) return 0
    const { rows } = await connection.query<Due>(
      `/* reconcile */
       select r.site_id, r.day::text as day,
              r.day::timestamp at time zone s.timezone as day_start,
              (r.day + 1)::timestamp at time zone s.timezone as day_end
       from reconciliations r join sites s using (site_id)
       where (r.checked_at is null or r.checked_at < r.due_at)
         and r.day::timestamp at time zone s.timezone >= s.record_since
         and not exists (select from changed_days c where c.site_id = r.site_id and c.day = r.day)
         and not exists (select from clickhouse_outbox o where r.site_id = any(o.sites))
         and not exists (select from rebuilds b where b.site_id = r.site_id and b.finished_at is null)
       order by r.due_at limit $1`,
      [days],
    )
    for (const day of rows) {
      const [there] = await selectRows<{ events: number }>(
        clickhouse,
        `select count() as events from events
         where site_id = {site:String} and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
           and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
        { site: day.site_id, from: day.day_start.getTime(), to: day.day_end.getTime() },
        AbortSignal.timeout(CLICKHOUSE_WITHIN_MS),
      )
      const [counted] = (
        await connection.query<{ record: number; processed: number }>(
          `/* count day */
           select (select count(*) from events_log l left join events_batches b using (batch_id)
                   where l.site_id = $1 and l.occurred_at >= $2 and l.occurred_at < $3 and b.batch_id is null
                     and not exists (select from quarantine q where q.site_id = l.site_id and q.event_id = l.event_id)) as record,
                  (select count(*) from pageviews where site_id = $1 and occurred_at >= $2 and occurred_at < $3)
                  + (select count(*) from user_events where site_id = $1 and occurred_at >= $2 and occurred_at < $3) as processed`,
          [day.site_id, day.day_start, day.day_end],
        )
      ).rows
      await connection.query(
        `/* reconciled */ update reconciliations r
         set checked_at = now(), record = $3, processed = $4, clickhouse = $5,
             daily = coalesce((select m.events + m.bot_events from daily_site_metrics m
                               where m.site_id = r.site_id and m.day = r.day), 0)
         where site_id = $1 and day = $2`,
        [day.site_id, day.day, counted?.record, counted?.processed, there?.events ?? 0],
      )
    }
    return rows.length
  })
}

/** Days that do not add up, and by how many events. The metric that must be 0. */
export async function mismatch(pool: Pool): Promise<{ days: number; events: number }> {
  const { rows } = await pool.query<{ days: number; events: number }>(
    `/* mismatch */ select count(*) as days, coalesce(sum(mismatch), 0)::bigint as events
     from reconciliations where mismatch > 0`,
  )
  return rows[0] ?? { days: 0, events: 0 }
}
