import type { Connection } from '../database/postgres.ts'

/** Of `erasures e`: the visitor, by text expressions for the ids of site and visitor. */
export const visitorHash = (siteId: string, visitorId: string) =>
  `sha256(convert_to(${siteId} || E'\\n' || ${visitorId}, 'UTF8'))`

/**
 * Takes out of the record what it should not have of visitors who were erased:
 * in the batches that were claimed, or wherever it lies. For a record that the
 * pipeline has made nothing of yet. Answers how many events there were.
 */
export async function takeOutErased(
  connection: Pick<Connection, 'query'>,
  batchIds?: readonly number[],
): Promise<number> {
  // Nearly always nobody was: nothing is read then.
  const { rowCount: some } = await connection.query(
    '/* some erased */ select from erasures limit 1',
  )
  if (!some) return 0
  const { rows } = await connection.query<{ events: number }>(
    `/* take out erased */
     with gone as (
       delete from events_log l using erasures e
       where ($1::bigint[] is null or l.batch_id = any($1))
         and e.site_id = l.site_id and e.visitor_hash = ${visitorHash('l.site_id', 'l.visitor_id')}
         and least(l.occurred_at, l.received_at) <= e.erased_to
       returning e.site_id, e.visitor_hash
     ), counted as (
       update erasures e set events = e.events + g.events
       from (select site_id, visitor_hash, count(*) as events from gone group by 1, 2) g
       where e.site_id = g.site_id and e.visitor_hash = g.visitor_hash
     )
     select count(*) as events from gone`,
    [batchIds ?? null],
  )
  return rows[0]?.events ?? 0
}
