import { inTransaction, type Pool } from '../database/postgres.ts'

/**
 * Puts events from quarantine on the work list again, the one with `eventId`
 * as `event` has it from now on. Answers how many.
 */
export function replayQuarantined(
  pool: Pool,
  which: {
    readonly siteId: string | undefined
    readonly eventId: string | undefined
    readonly event?: unknown
  },
): Promise<number> {
  return inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{ site_id: string; events: number }>(
      `/* replay quarantine */
       with freed as (
         delete from quarantine
         where ($1::text is null or site_id = $1) and ($2::uuid is null or event_id = $2)
         returning site_id, event_id
       ), batch as (
         insert into events_batches (events) select count(*) from freed having count(*) > 0 returning batch_id
       ), moved as (
         update events_log l
         set batch_id = batch.batch_id, event = coalesce($3::jsonb, l.event)
         from freed, batch where l.site_id = freed.site_id and l.event_id = freed.event_id
         returning l.site_id
       )
       select site_id, count(*)::integer as events from moved group by 1`,
      [
        which.siteId ?? null,
        which.eventId ?? null,
        which.event === undefined || which.eventId === undefined
          ? null
          : JSON.stringify(which.event),
      ],
    )
    // They were counted when they were claimed first.
    for (const { site_id, events } of rows)
      await connection.query('update event_totals set events = events - $2 where site_id = $1', [
        site_id,
        events,
      ])
    return rows.reduce((sum, { events }) => sum + events, 0)
  })
}
