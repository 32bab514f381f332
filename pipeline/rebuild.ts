import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'
import { processAgain } from './process.ts'
import { NO_NAMES, type Stretch } from './reopen.ts'

/** How far a rebuild is. */
export interface RebuildProgress {
  readonly visitors: number
  readonly events: number
  readonly isDone: boolean
}

/**
 * Begins to make a site's processed tables, and its part of ClickHouse, anew
 * from the record between two times; one of the same times that was not
 * finished goes on. What retention has deleted from the record stays as it is.
 * Answers its id.
 */
export async function beginRebuild(
  pool: Pool,
  siteId: string,
  from: Date | '-infinity',
  to: Date | 'infinity',
): Promise<number> {
  const { rows } = await pool.query<{ rebuild_id: number }>(
    `/* begin rebuild */
     with wanted as (
       select site_id, greatest($2::timestamptz, record_since) as from_at, $3::timestamptz as to_at
       from sites where site_id = $1
     ), going as (
       select rebuild_id from rebuilds join wanted using (site_id, from_at, to_at)
       where finished_at is null order by rebuild_id desc limit 1
     ), begun as (
       insert into rebuilds (site_id, from_at, to_at)
       select site_id, from_at, to_at from wanted where not exists (select from going)
       returning rebuild_id
     )
     select rebuild_id from going union all select rebuild_id from begun`,
    [siteId, from, to],
  )
  if (!rows[0]) throw new Error(`The site ${siteId} is not registered.`)
  return rows[0].rebuild_id
}

const MAX_EVENTS = 5_000
const MAX_VISITORS = 2_000

/**
 * The next visitors of a rebuild, in one transaction with how far it is.
 * Undefined while the pipeline is at its own work, which goes first.
 */
export function rebuildStep(pool: Pool, rebuildId: number): Promise<RebuildProgress | undefined> {
  return inTransaction(pool, async (connection) => {
    if (!(await takeLock(connection))) return undefined
    const { rows } = await connection.query<{
      site_id: string
      visitor_id: string
    }>(
      // Whoever sends it back to its beginning waits for the end of the step.
      'select site_id, visitor_id from rebuilds where rebuild_id = $1 for update',
      [rebuildId],
    )
    const [rebuild] = rows
    if (!rebuild) throw new Error(`There is no rebuild ${rebuildId}.`)
    const { rows: next } = await connection.query<Next>(
      `/* next visitors */
       select visitor_id, sum(events)::integer as events, min(first) as first, max(last) as last
       from (
         (select l.visitor_id, count(*) as events, min(l.occurred_at) as first, max(l.occurred_at) as last
          from events_log l, rebuilds r
          where r.rebuild_id = $1 and l.site_id = $2 and l.visitor_id > $3
            and l.occurred_at between r.from_at and r.to_at
          group by 1 order by 1 limit $4)
         union all
         (select s.visitor_id, 0, min(s.started_at), max(s.last_at)
          from user_sessions s, rebuilds r
          where r.rebuild_id = $1 and s.site_id = $2 and s.visitor_id > $3
            and s.started_at between r.from_at and r.to_at
          group by 1 order by 1 limit $4)
       ) v group by 1 order by 1 limit $4`,
      [rebuildId, rebuild.site_id, rebuild.visitor_id, MAX_VISITORS],
    )
    const chunk = upTo(next, MAX_EVENTS)
    const stretches = chunk.map(
      ({ visitor_id, first, last }): Stretch => ({
        ...{ siteId: rebuild.site_id, visitorId: visitor_id, names: NO_NAMES },
        ...{ fromMs: first.getTime(), toMs: last.getTime() },
      }),
    )
    const events = stretches.length > 0 ? await processAgain(connection, stretches) : 0
    const done = await connection.query<{ visitors: number; events: number }>(
      `/* rebuild progress */
       update rebuilds set visitor_id = coalesce($2, visitor_id), visitors = visitors + $3, events = events + $4,
                           finished_at = case when $2::text is null then now() end
       where rebuild_id = $1 returning visitors, events`,
      [rebuildId, chunk.at(-1)?.visitor_id ?? null, chunk.length, events],
    )
    const { visitors = 0, events: total = 0 } = done.rows[0] ?? {}
    return { visitors, events: total, isDone: chunk.length === 0 }
  })
}

interface Next {
  readonly visitor_id: string
  readonly events: number
  readonly first: Date
  readonly last: Date
}

/** The first of them that have so many events together; at least one. */
function upTo(visitors: readonly Next[], maxEvents: number): readonly Next[] {
  const chunk: Next[] = []
  let events = 0
  for (const visitor of visitors) {
    events += visitor.events
    if (chunk.length > 0 && events > maxEvents) break
    chunk.push(visitor)
  }
  return chunk
}

/**
 * Goes one step on with the oldest rebuild that is not finished, whoever began
 * it. False when there is none, or ClickHouse has to catch up first.
 */
export async function continueRebuild(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ rebuild_id: number }>(
    `/* rebuild to do */ select rebuild_id from rebuilds where finished_at is null
       and (select count(*) from clickhouse_outbox) < ${MANY_BLOCKS} order by rebuild_id limit 1`,
  )
  return rows[0] ? (await rebuildStep(pool, rows[0].rebuild_id)) !== undefined : false
}

/**
 * Begins to fill a ClickHouse that has nothing, as it has lost everything or a
 * migration has made the table anew: all sites, from the record. Answers how
 * many. It has lost nothing while the very first block still waits for it.
 */
export async function refillIfLost(
  pool: Pool,
  clickhouse: ClickHouse,
  signal?: AbortSignal,
): Promise<number> {
  const [there] = await selectRows<{ rows: number }>(
    clickhouse,
    'select count() as rows from events',
    {},
    signal,
  )
  if (there?.rows !== 0) return 0
  return refill(
    pool,
    `select site_id, record_since as from_at, 'infinity'::timestamptz as to_at from sites s
     where exists (select from event_totals t where t.site_id = s.site_id and t.events > 0)
       and not exists (select from clickhouse_outbox where outbox_id = 1)`,
  )
}

/** Begins to make months of ClickHouse (202611, in UTC) anew from what the record has of them. */
export async function refillMonths(pool: Pool, months: readonly number[]): Promise<void> {
  const startOf = (month: number, ahead = 0) =>
    new Date(Date.UTC(Math.floor(month / 100), (month % 100) - 1 + ahead))
  await refill(
    pool,
    // A cluster could not be asked which sites the record has in a month; without any, there is nothing to be done.
    `select site_id, greatest(m.from_at, record_since) as from_at, m.to_at
     from sites s, unnest($1::timestamptz[], $2::timestamptz[]) as m(from_at, to_at)
     where exists (select from event_totals t where t.site_id = s.site_id and t.events > 0)
       and record_since < m.to_at`,
    [months.map((month) => startOf(month)), months.map((month) => startOf(month, 1))],
  )
}

/**
 * Begins the rebuilds of what ClickHouse has lost (site_id, from_at, to_at), or
 * has lost once this is committed. One that is at it goes back to its beginning:
 * what it has brought may be lost too. Answers how many there are.
 */
async function refill(pool: Pool, lost: string, values: readonly unknown[] = []): Promise<number> {
  // One statement: once some rows are there, nobody would see that other sites have none.
  const { rows } = await pool.query<{ lost: number }>(
    `/* refill */
     with lost as (${lost}), again as (
       update rebuilds r set visitor_id = '', visitors = 0, events = 0
       from lost l
       where l.site_id = r.site_id and r.finished_at is null and r.from_at <= l.from_at and r.to_at >= l.to_at
       returning r.site_id, r.from_at, r.to_at
     ), begun as (
       insert into rebuilds (site_id, from_at, to_at)
       select site_id, from_at, to_at from lost l
       where not exists (
         select from again a where a.site_id = l.site_id and a.from_at <= l.from_at and a.to_at >= l.to_at)
       order by site_id, from_at
     )
     select count(*) as lost from lost`,
    [...values],
  )
  return rows[0]?.lost ?? 0
}

/** So many blocks may wait for ClickHouse while more are made. */
export const MANY_BLOCKS = 200

/** Blocks that ClickHouse does not have yet. */
export async function waitingBlocks(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*) as n from clickhouse_outbox')
  return rows[0]?.n ?? 0
}
