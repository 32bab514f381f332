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
           select visitor_id, 1 as pageviews, is_bot from pageviews, bounds
           where site_id = $1 and occurred_at >= day_start and occurred_at < day_end
           union all
           select visitor_id, 0, is_bot from user_events, bounds
           where site_id = $1 and occurred_at >= day_start and occurred_at < day_end
         ), started as (
           select is_bounce, duration_s, engaged_ms from user_sessions, bounds
           where site_id = $1 and started_at >= day_start and started_at < day_end and not is_bot
         )
         insert into daily_site_metrics (site_id, day, visitors, visits, pageviews, events, bounces, duration_s,
                                         engaged_ms, bot_events, computed_at)
         select $1, $2::date, s.visitors, v.visits, s.pageviews, s.events, v.bounces, v.duration_s, v.engaged_ms,
                s.bot_events, now()
         from (select count(distinct visitor_id) filter (where not is_bot) as visitors,
                      coalesce(sum(pageviews) filter (where not is_bot), 0) as pageviews,
                      count(*) filter (where not is_bot) as events,
                      count(*) filter (where is_bot) as bot_events
               from seen) s,
              (select count(*) as visits, count(*) filter (where is_bounce) as bounces,
                      -- Exact: a sum of doubles turns on the order of its rows.
                      coalesce(sum(duration_s::numeric), 0) as duration_s, coalesce(sum(engaged_ms), 0) as engaged_ms
               from started) v
         on conflict (site_id, day) do update set
           visitors = excluded.visitors, visits = excluded.visits, pageviews = excluded.pageviews,
           events = excluded.events, bounces = excluded.bounces, duration_s = excluded.duration_s,
           engaged_ms = excluded.engaged_ms, bot_events = excluded.bot_events,
           computed_at = excluded.computed_at`,
        [site_id, day],
      )
      await connection.query(
        `/* reconcile later */ insert into reconciliations (site_id, day) values ($1, $2)
         on conflict (site_id, day) do update set due_at = now()`,
        [site_id, day],
      )
    }
    return rows.length
  })
}
