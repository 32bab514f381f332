import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { App } from './app-process.ts'
import { startClickHouse } from './clickhouse-process.ts'
import type { Rig } from './rig.ts'
import { until } from './wait.ts'

/** By how much each store differs from the record. */
export interface Differences {
  /** Events that the processed tables do not have exactly once. */
  readonly processed: number
  /** Events that ClickHouse does not have exactly once. */
  readonly clickhouse: number
  /** Events by which daily metrics, ClickHouse and the record differ, over sites and days. */
  readonly days: number
  /** Visits whose sums are not those of their events, or that ClickHouse does not have. */
  readonly visits: number
}

/** What the differences break, for `judge`: nothing, or one line. */
export const differ = (found: Differences): string | false =>
  Object.values(found).some((number) => number > 0) &&
  `stores differ from the record: ${Object.entries(found)
    .map(([store, number]) => `${store} ${number}`)
    .join(', ')}`

/** Resolves when nothing is left to process, deliver, recompute or rebuild; answers how many ms that took. */
export function caughtUp(rig: Rig, withinMs = 600_000): Promise<number> {
  return until(
    'the pipeline is done',
    async () => {
      const [left] = await rig.query<{ left: boolean }>(
        `select exists (select from events_batches) or exists (select from clickhouse_outbox)
           or exists (select from changed_days) or exists (select from rebuilds where finished_at is null) as left`,
      )
      return left?.left === false
    },
    withinMs,
  )
}

/** Resolves when what was in the record at a time is in ClickHouse; answers how many ms that took. */
export function passes(rig: Rig, at: Date, withinMs = 120_000): Promise<number> {
  return until(
    'the pipeline passes',
    async () => {
      const [left] = await rig.query<{ left: boolean }>(
        `select exists (select from events_batches where received_at <= $1)
             or exists (select from clickhouse_outbox where created_at <= $1) as left`,
        [at],
      )
      return left?.left === false
    },
    withinMs,
  )
}

/** Waits for the pipeline, then compares every store with the record, but for the events of `besides`, which are in no other. */
export async function compareStores(
  rig: Rig,
  clickhouse: ClickHouse,
  besides: readonly string[] = [],
): Promise<Differences> {
  await caughtUp(rig)
  const recorded = await rig.query<{ id: string; site_day: string }>(
    `select l.event_id as id, concat_ws(' ', l.site_id, (l.occurred_at at time zone s.timezone)::date) as site_day
     from events_log l join sites s using (site_id) where l.event_id <> all($1::uuid[])`,
    [besides],
  )
  const ids = recorded.map(({ id }) => id)
  const processed = await rig.query<{ id: string }>(
    'select event_id as id from pageviews union all select event_id from user_events',
  )
  const delivered = await selectRows<{ id: string; site_day: string }>(
    clickhouse,
    `select toString(event_id) as id, concat(site_id, ' ', toString(toDate(occurred_at))) as site_day from events`,
  )
  const daily = await rig.query<{ site_day: string; events: number }>(
    `select concat_ws(' ', site_id, day) as site_day, events + bot_events as events from daily_site_metrics`,
  )
  const byDay = count(recorded.map(({ site_day }) => site_day))
  return {
    processed: notOnce(
      ids,
      processed.map(({ id }) => id),
    ),
    clickhouse: notOnce(
      ids,
      delivered.map(({ id }) => id),
    ),
    days:
      distance(byDay, new Map(daily.map(({ site_day, events }) => [site_day, events]))) +
      distance(byDay, count(delivered.map(({ site_day }) => site_day))),
    visits: await wrongVisits(rig, clickhouse),
  }
}

/** The same with the engine that is embedded in the app, which has to end for it. */
export async function compareEmbedded(
  rig: Rig,
  app: App,
  besides: readonly string[] = [],
): Promise<Differences> {
  await caughtUp(rig)
  await app.stop()
  const { client, kill } = await startClickHouse(rig, { folder: `${app.dataDir}/clickhouse` })
  try {
    return await compareStores(rig, client, besides)
  } finally {
    await kill()
  }
}

/** Events of the record that a store does not have exactly once, and those that only the store has. */
function notOnce(recorded: readonly string[], found: readonly string[]): number {
  const times = count(found)
  const known = new Set(recorded)
  return (
    recorded.filter((id) => times.get(id) !== 1).length +
    [...times.keys()].filter((id) => !known.has(id)).length
  )
}

async function wrongVisits(rig: Rig, clickhouse: ClickHouse): Promise<number> {
  const [sums] = await rig.query<{ wrong: number }>(
    `with of_events as (
       select site_id, visitor_id, session_id, count(*) as events, count(*) filter (where is_view) as pageviews,
              min(occurred_at) as first, max(occurred_at) as last
       from (select site_id, visitor_id, session_id, occurred_at, true as is_view from pageviews
             union all
             select site_id, visitor_id, session_id, occurred_at, false from user_events) e
       group by 1, 2, 3
     )
     select count(*)::integer as wrong
     from user_sessions v full join of_events e using (site_id, visitor_id, session_id)
     where (v.events, v.pageviews, v.started_at, v.last_at) is distinct from (e.events, e.pageviews, e.first, e.last)`,
  )
  const visits = await rig.query<{ site_id: string; visits: number; daily: number }>(
    `select site_id, count(*) as visits, count(*) filter (where not is_bot)
              - (select coalesce(sum(visits), 0)::bigint from daily_site_metrics d where d.site_id = v.site_id) as daily
     from user_sessions v group by site_id`,
  )
  const there = await selectRows<{ site_id: string; visits: number }>(
    clickhouse,
    'select site_id, uniqExact(session) as visits from events group by site_id',
  )
  return (
    (sums?.wrong ?? 0) +
    visits.reduce((sum, { daily }) => sum + Math.abs(daily), 0) +
    distance(
      new Map(visits.map((each) => [each.site_id, each.visits])),
      new Map(there.map((each) => [each.site_id, each.visits])),
    )
  )
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** By how much two counts of the same things differ in all. */
function distance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  return [...new Set([...a.keys(), ...b.keys()])].reduce(
    (sum, name) => sum + Math.abs((a.get(name) ?? 0) - (b.get(name) ?? 0)),
    0,
  )
}
