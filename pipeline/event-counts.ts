import type { Connection, Pool } from '../database/postgres.ts'
import type { ClaimedEvent } from './claim.ts'

/** Counts claimed events by site and ten seconds of receipt, in the transaction of their batch: each once. */
export async function countEvents(
  connection: Connection,
  events: readonly ClaimedEvent[],
): Promise<void> {
  await connection.query(
    `/* count events */
     with received as (
       select site_id, date_bin('10 seconds', received_at, 'epoch') as at, count(*) as events
       from unnest($1::text[], $2::timestamptz[]) as e(site_id, received_at)
       group by 1, 2
     ), recent as (
       insert into event_counts as c (site_id, at, events) select * from received
       on conflict (site_id, at) do update set events = c.events + excluded.events
     )
     insert into event_totals as t (site_id, events)
     select site_id, sum(events) from received group by 1
     on conflict (site_id) do update set events = t.events + excluded.events`,
    [events.map(({ site_id }) => site_id), events.map(({ received_at }) => received_at)],
  )
}

/**
 * Adds up what is two minutes past into minutes and what is two hours past into
 * hours, and forgets what is two days past: a site has some 200 rows.
 */
export async function compactCounts(pool: Pool, now: Date): Promise<void> {
  await pool.query(
    `/* compact counts */
     with old as (
       delete from event_counts
       where at < date_trunc('minute', $1::timestamptz - interval '2 minutes')
         and at <> date_trunc(case when at < date_trunc('hour', $1::timestamptz - interval '2 hours')
                                   then 'hour' else 'minute' end, at)
       returning site_id, events,
                 date_trunc(case when at < date_trunc('hour', $1::timestamptz - interval '2 hours')
                                 then 'hour' else 'minute' end, at) as at
     )
     insert into event_counts as c (site_id, at, events)
     select site_id, at, sum(events) from old group by 1, 2
     on conflict (site_id, at) do update set events = c.events + excluded.events`,
    [now],
  )
  await pool.query(
    `/* forget counts */ delete from event_counts where at < $1::timestamptz - interval '2 days'`,
    [now],
  )
}
