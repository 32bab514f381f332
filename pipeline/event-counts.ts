import type { Connection, Pool } from '../database/postgres.ts'
import type { ClaimedEvent } from './claim.ts'

/** Counts claimed events by site and ten seconds of receipt, in the transaction of their batch: each once. */
export async function countEvents(
  connection: Connection,
  events: readonly ClaimedEvent[],
): Promise<void> {
  const counts = new Map<string, { siteId: string; at: Date; events: number }>()
  for (const { site_id: siteId, received_at } of events) {
    const atMs = Math.floor(received_at.getTime() / 10_000) * 10_000
    const key = `${atMs} ${siteId}`
    const count = counts.get(key)
    if (count) count.events++
    else counts.set(key, { siteId, at: new Date(atMs), events: 1 })
  }
  const rows = [...counts.values()]
  await connection.query(
    `/* count events */
     with received as (
       select * from unnest($1::text[], $2::timestamptz[], $3::integer[]) as e(site_id, at, events)
     ), recent as (
       insert into event_counts as c (site_id, at, events) select * from received
       on conflict (site_id, at) do update set events = c.events + excluded.events
     )
     insert into event_totals as t (site_id, events)
     select site_id, sum(events) from received group by 1
     on conflict (site_id) do update set events = t.events + excluded.events`,
    [rows.map(({ siteId }) => siteId), rows.map(({ at }) => at), rows.map((each) => each.events)],
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
