import type { MetricValue, Query, QueryAnswer, QueryRow, Range } from '../contract/query.ts'
import { compile } from './compile.ts'
import { dimensionOf } from './dimensions.ts'
import { emptyRows, emptyValue, withGapsFilled } from './fill.ts'
import { population } from './filter.ts'
import { NO_NAMES, type SiteNames } from './goal.ts'
import { cursorAfter, orderingOf, type Selection, selectFrom } from './order.ts'
import { type Plan, planQuery } from './plan.ts'
import { QueryError } from './query-error.ts'
import { comparedInterval, type Interval, resolveRange } from './range.ts'
import { type SiteScope, type Statement, scopedSql } from './scope.ts'
import { buckets } from './time.ts'

/** Runs a statement; the caller has the connection. */
export type Run = (statement: Statement) => Promise<Record<string, unknown>[]>

export interface AnswerContext {
  /** The site's own zone. */
  readonly timezone: string
  readonly nowMs: number
  readonly freshness: string
  readonly run: Run
  /** The site's goals and segments. */
  readonly names?: SiteNames
}

export const MAX_LIMIT = 10_000

/** The answer to a parsed query. `run` is the only I/O, and is given. */
export async function answer(
  scope: SiteScope,
  query: Query,
  context: AnswerContext,
): Promise<QueryAnswer> {
  const { nowMs, run, names = NO_NAMES } = context
  const timezone = query.timezone ?? context.timezone
  const interval = await intervalOf(scope, query.range, timezone, context)
  const previous =
    query.compare && checked('compare', comparedInterval(query.compare, interval, timezone, nowMs))
  const plan = planQuery(query, { interval, timezone, nowMs, names })
  const before = previous && { ...plan, interval: previous }
  const [{ rows, next, warnings }, totals, bases, totalsBefore] = await Promise.all([
    pageOf(scope, plan, run),
    totalsOf(scope, plan, run),
    basesOf(scope, plan, run),
    before && totalsOf(scope, before, run),
  ])
  const all = plan.dimensions.length === 0 ? [{ dimensions: {}, metrics: totals }] : rows
  const compared =
    before && totalsBefore
      ? plan.dimensions.length === 0
        ? all.map((row) => ({ ...row, compare: totalsBefore }))
        : await compare(scope, plan, before, all, run)
      : all
  return {
    rows: compared,
    totals,
    meta: {
      range: [instant(interval.from), instant(interval.to)],
      ...(previous && { compare_range: [instant(previous.from), instant(previous.to)] }),
      timezone,
      uniques_basis:
        bases.length === 0 ? 'none' : bases.length === 1 && bases[0] ? bases[0] : 'mixed',
      freshness: context.freshness,
      warnings: [...plan.warnings, ...warnings],
      ...(next !== undefined && { next_cursor: next }),
    },
  }
}

/** The interval of a parsed range; `all` begins at the site's first event. */
export async function intervalOf(
  scope: SiteScope,
  range: Range,
  timezone: string,
  context: Pick<AnswerContext, 'nowMs' | 'run'>,
): Promise<Interval> {
  const { nowMs } = context
  const firstEventMs = range === 'all' ? await firstEvent(scope, timezone, context) : nowMs
  return checked('range', resolveRange(range, timezone, nowMs, firstEventMs))
}

const instant = (at: Temporal.ZonedDateTime) => at.toInstant().toString()

function checked(part: string, interval: Interval | undefined): Interval {
  if (!interval) throw new QueryError(part, 'must be two days or two instants that exist.')
  if (interval.from.epochMilliseconds >= interval.to.epochMilliseconds)
    throw new QueryError(part, 'must end after it begins.')
  return interval
}

/** When the site's record begins; now, where it has not begun. */
export async function firstEvent(
  scope: SiteScope,
  timezone: string,
  { nowMs, run }: Pick<AnswerContext, 'nowMs' | 'run'>,
): Promise<number> {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timezone)
  const sql = scopedSql(scope, { from: now, to: now }, timezone)
  const [row] = await run(
    sql.statement(
      `select toUnixTimestamp64Milli(min(occurred_at)) as first_ms, count() as n ${sql.history()}`,
    ),
  )
  return Number(row?.n) > 0 ? Number(row?.first_ms) : nowMs
}

async function pageOf(
  scope: SiteScope,
  plan: Plan,
  run: Run,
): Promise<{ rows: readonly QueryRow[]; next?: string; warnings: readonly string[] }> {
  const { query, dimensions } = plan
  if (dimensions.length === 0) return { rows: [], warnings: [] }
  const limit = query.limit ?? MAX_LIMIT
  const ordering = orderingOf(plan)
  const ask = async (selection: Selection) =>
    (await run(compile(scope, plan, 'rows', selection))).map((row) => rowOf(plan, row))
  const cursor = query.cursor === undefined ? {} : { cursor: query.cursor }
  const filled =
    query.fill === 'zero'
      ? await withGapsFilled(scope, plan, (most) => ask({ limit: most }), run)
      : { warnings: [] }
  const raw = filled.rows
    ? selectFrom(filled.rows, ordering, cursor)
    : await ask({ limit: limit + 1, ...cursor }) // one more: whether there are more
  const rows = raw.slice(0, limit)
  const last = raw.length > limit ? rows.at(-1) : undefined
  return {
    rows,
    warnings: filled.warnings,
    ...(last && { next: cursorAfter(last, ordering) }),
  }
}

async function totalsOf(scope: SiteScope, plan: Plan, run: Run) {
  const [row = {}] = await run(compile(scope, plan, 'totals'))
  return metricsOf(plan, row)
}

type Basis = Exclude<QueryAnswer['meta']['uniques_basis'], 'mixed' | 'none'>

/** What ids visitors have in the range, whatever is asked of them. */
async function basesOf(scope: SiteScope, plan: Plan, run: Run): Promise<Basis[]> {
  const sql = scopedSql(scope, plan.interval, 'UTC')
  const events = sql.events(sql.firsts('stretch'), population(plan.dimensions, plan.filters))
  const rows = await run(sql.statement(`select distinct visitor_basis ${events}`))
  return rows.map((row) => row.visitor_basis as Basis) // the pipeline writes only these
}

const rowOf = (plan: Plan, row: Record<string, unknown>): QueryRow => ({
  dimensions: Object.fromEntries(
    (plan.query.dimensions ?? []).map((name, index) => [name, String(row[`d${index}`] ?? '')]),
  ),
  metrics: metricsOf(plan, row),
})

function metricsOf(plan: Plan, row: Record<string, unknown>): Record<string, MetricValue> {
  return Object.fromEntries(
    plan.query.metrics.map((name, index) => {
      const value = row[`m${index}`]
      return [name, value === null || value === undefined ? emptyValue(name) : Number(value)]
    }),
  )
}

/** Puts the other period's numbers beside each row: by position in time, by equal values elsewhere. */
async function compare(
  scope: SiteScope,
  plan: Plan,
  before: Plan,
  rows: readonly QueryRow[],
  run: Run,
): Promise<readonly QueryRow[]> {
  if (rows.length === 0) return rows
  const at = plan.dimensions.findIndex((name) => dimensionOf(name)?.grain)
  const grain = dimensionOf(plan.dimensions[at] ?? '')?.grain
  const of = ({ interval }: Plan) => (grain ? buckets(interval, grain, plan.query.week_start) : [])
  const then = of(before)
  const counterpart = new Map(of(plan).map((bucket, index) => [bucket, then[index]]))
  const keyOf = (row: QueryRow) =>
    (plan.query.dimensions ?? []).map((name) => row.dimensions[name] ?? '')
  const keyThen = (row: QueryRow) =>
    keyOf(row).map((value, index) => (index === at ? (counterpart.get(value) ?? '') : value))
  const raw = await run(compile(scope, before, 'rows', { only: rows.map(keyThen) }))
  const metrics = new Map(
    raw.map((each) => {
      const row = rowOf(before, each)
      return [JSON.stringify(keyOf(row)), row.metrics]
    }),
  )
  // Where the other range has no such bucket there is nothing to compare with, which is not 0.
  const isThere = (row: QueryRow) => at < 0 || counterpart.get(keyOf(row)[at] ?? '') !== undefined
  const nothing = Object.fromEntries(plan.query.metrics.map((metric) => [metric, null]))
  const names = plan.query.dimensions ?? []
  const missing = rows
    .filter((row) => isThere(row) && !metrics.has(JSON.stringify(keyThen(row))))
    .map((row) =>
      Object.fromEntries(keyThen(row).map((value, index) => [names[index] ?? '', value])),
    )
  for (const row of await emptyRows(scope, before, missing, run))
    metrics.set(JSON.stringify(keyOf(row)), row.metrics)
  return rows.map((row) => ({
    ...row,
    compare: (isThere(row) && metrics.get(JSON.stringify(keyThen(row)))) || nothing,
  }))
}
