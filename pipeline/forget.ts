import { setTimeout as rest } from 'node:timers/promises'
import { type Connection, inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'
import { processAgain } from './process.ts'
import { NO_NAMES, type Stretch } from './reopen.ts'

/**
 * Takes events out of the record, and with them what was made of them: in the
 * processed tables, the daily metrics and ClickHouse. `which` is a condition
 * over `events_log l`; its parameters begin at $2, $1 is the site. The caller
 * holds the pipeline's lock. Answers how many events there were.
 */
export async function forget(
  connection: Connection,
  siteId: string,
  which: string,
  values: readonly unknown[],
  limit: number,
): Promise<number> {
  const { rows } = await connection.query<{
    visitor_id: string
    first: Date
    last: Date
    events: number
  }>(
    `/* forget events */
     with gone as (
       delete from events_log l
       where l.site_id = $1
         and (l.event_id, l.id_at) in (
           select l.event_id, l.id_at from events_log l left join events_batches b using (batch_id)
           where l.site_id = $1 and ${which} and b.batch_id is null limit ${limit})
       returning l.visitor_id, l.event_id, l.occurred_at
     ), aside as (
       delete from quarantine q using gone where q.site_id = $1 and q.event_id = gone.event_id
     ), counted as (
       update event_totals set events = events - (select count(*) from gone) where site_id = $1
     )
     select visitor_id, min(occurred_at) as first, max(occurred_at) as last, count(*) as events from gone group by 1`,
    [siteId, ...values],
  )
  const stretches = rows.map(
    ({ visitor_id, first, last }): Stretch => ({
      ...{ siteId, visitorId: visitor_id, names: NO_NAMES },
      ...{ fromMs: first.getTime(), toMs: last.getTime() },
    }),
  )
  if (stretches.length > 0) await processAgain(connection, stretches)
  return rows.reduce((sum, { events }) => sum + events, 0)
}

const AT_ONCE = 5_000

/** The same for all of them, a few thousand a transaction, beside the pipeline; those that wait for it too. */
export async function forgetAll(
  pool: Pool,
  siteId: string,
  which: string,
  values: readonly unknown[],
): Promise<number> {
  let all = 0
  for (;;) {
    const events = await inTransaction(pool, async (connection) =>
      (await takeLock(connection)) ? forget(connection, siteId, which, values, AT_ONCE) : undefined,
    )
    if (events === 0) {
      const { rows } = await pool.query<{ waiting: boolean }>(
        `select exists (select from events_log l join events_batches using (batch_id) where l.site_id = $1 and ${which}) as waiting`,
        [siteId, ...values],
      )
      if (!rows[0]?.waiting) return all
    }
    all += events ?? 0
    if (!events) await rest(50) // the pipeline is at its own work, or has yet to do it
  }
}
