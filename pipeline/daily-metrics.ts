import { inTransaction, type Pool } from '../database/postgres.ts'

/** Recomputes the daily_site_metrics row of every changed day. Answers how many. */
export function recomputeDays(pool: Pool): Promise<number> {
  return inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{ site_id: string; day: string }>(
      `/* changed days */ delete from changed_days where (site_id, day) in
         (select site_id, day from changed_days order by site_id, day limit 200 for update skip locked)
       returning site_id, day::text as day`,
    )
    for (const { site_id, day } of rows) {
      await connection.query(
        `/* recompute day */
         with bounds as (
           select $2::date::timestamp at time zone timezone       as day_start,
                  ($2::date + 1)::timestamp at time zone timezone as day_end
           from sites where site_id = $1
         ), seen as (
           select visitor_id, 1 as pageviews from pageviews, bounds
           where site_id = $1 and occurred_at >= day_start and occurred_at < day_end and not is_bot
           union all
           select visitor_id, 0 from user_events, bounds
           where site_id = $1 and occurred_at >= day_start and occurred_at < day_end and not is_bot
         ), started as (
           select is_bounce, duration_s from user_sessions, bounds
           where site_id = $1 and started_at >= day_start and started_at < day_end and not is_bot
         )
         insert into daily_site_metrics (site_id, day, visitors, visits, pageviews, events, bounces, duration_s, computed_at)
         select $1, $2::date,
                (select count(distinct visitor_id) from seen),
                (select count(*) from started),
                (select coalesce(sum(pageviews), 0) from seen),
                (select count(*) from seen),
                (select count(*) from started where is_bounce),
                (select coalesce(sum(duration_s), 0) from started),
                now()
         on conflict (site_id, day) do update set
           visitors = excluded.visitors, visits = excluded.visits, pageviews = excluded.pageviews,
           events = excluded.events, bounces = excluded.bounces, duration_s = excluded.duration_s,
           computed_at = excluded.computed_at`,
        [site_id, day],
      )
    }
    return rows.length
  })
}
