import type { MetricValue, Query, QueryAnswer, QueryRow } from '../contract/query.ts'
import { compile } from './compile.ts'
import { dimensionOf } from './dimensions.ts'
import { metricOf } from './metrics.ts'
import { buckets, type Interval, previousPeriod, resolveRange } from './range.ts'
import { type SiteScope, type Statement, scopedSql } from './scope.ts'

/** Runs a statement; the caller has the connection. */
export type Run = (statement: Statement) => Promise<Record<string, unknown>[]>

/** The answer to a parsed query. `run` is the only I/O, and is given. */
export async function answer(
  scope: SiteScope,
  query: Query,
  context: { timezone: string; nowMs: number; freshness: string; run: Run },
): Promise<QueryAnswer> {
  const timezone = query.timezone ?? context.timezone
  const interval = resolveRange(query.range, timezone, context.nowMs)
  const previous = query.compare && previousPeriod(interval)
  const [rows, totals, bases, previousRows, previousTotals] = await Promise.all([
    rowsOf(scope, query, interval, timezone, context.run),
    totalsOf(scope, query, interval, timezone, context.run),
    basesOf(scope, interval, context.run),
    previous && rowsOf(scope, query, previous, timezone, context.run),
    previous && totalsOf(scope, query, previous, timezone, context.run),
  ])
  const compared =
    previous && previousRows ? compare(query, rows, interval, previousRows, previous) : rows
  return {
    rows:
      previousTotals && (query.dimensions ?? []).length === 0
        ? compared.map((row) => ({ ...row, compare: previousTotals }))
        : compared,
    totals,
    meta: {
      range: [instant(interval.from), instant(interval.to)],
      ...(previous && { compare_range: [instant(previous.from), instant(previous.to)] }),
      timezone,
      uniques_basis:
        bases.length === 0 ? 'none' : bases.length === 1 && bases[0] ? bases[0] : 'mixed',
      freshness: context.freshness,
      warnings: [],
    },
  }
}

const instant = (at: Temporal.ZonedDateTime) => at.toInstant().toString()

async function rowsOf(
  scope: SiteScope,
  query: Query,
  interval: Interval,
  timezone: string,
  run: Run,
): Promise<readonly QueryRow[]> {
  const raw = await run(compile(scope, query, interval, timezone))
  const rows = raw.map((row) => ({
    dimensions: dimensionsOf(query, row),
    metrics: metricsOf(query, row),
  }))
  return query.fill === 'zero' ? filled(query, rows, interval) : rows
}

async function totalsOf(
  scope: SiteScope,
  query: Query,
  interval: Interval,
  timezone: string,
  run: Run,
) {
  const [row = {}] = await run(compile(scope, { ...query, dimensions: [] }, interval, timezone))
  return metricsOf(query, row)
}

type Basis = Exclude<QueryAnswer['meta']['uniques_basis'], 'mixed' | 'none'>

async function basesOf(scope: SiteScope, interval: Interval, run: Run): Promise<Basis[]> {
  const sql = scopedSql(scope, interval, 'UTC')
  const rows = await run(sql.statement(`select distinct visitor_basis ${sql.events()}`))
  return rows.map((row) => row.visitor_basis as Basis) // the pipeline writes only these
}

function dimensionsOf(query: Query, row: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    (query.dimensions ?? []).map((name, index) => {
      const value = String(row[`d${index}`] ?? '')
      return [name, dimensionOf(name)?.grain ? value.replace(' ', 'T') : value]
    }),
  )
}

function metricsOf(query: Query, row: Record<string, unknown>): Record<string, MetricValue> {
  return Object.fromEntries(
    query.metrics.map((name, index) => {
      const value = row[`m${index}`]
      return [name, value === null || value === undefined ? emptyValue(name) : Number(value)]
    }),
  )
}

/** What a metric is where there is nothing: a count is 0, a ratio has no value. */
const emptyValue = (metric: string): MetricValue => (metricOf(metric)?.unit === 'count' ? 0 : null)

/** Adds the buckets of time that had no event. Only for time alone: the product with other dimensions has no end. */
function filled(query: Query, rows: readonly QueryRow[], interval: Interval): readonly QueryRow[] {
  const [name = '', second] = query.dimensions ?? []
  const grain = dimensionOf(name)?.grain
  if (!grain || second !== undefined) return rows
  const byBucket = new Map(rows.map((row) => [row.dimensions[name], row]))
  const empty = Object.fromEntries(query.metrics.map((metric) => [metric, emptyValue(metric)]))
  return buckets(interval, grain).map(
    (bucket) => byBucket.get(bucket) ?? { dimensions: { [name]: bucket }, metrics: empty },
  )
}

/** Puts the previous period's numbers beside each row: by position in time, by equal values elsewhere. */
function compare(
  query: Query,
  rows: readonly QueryRow[],
  interval: Interval,
  previousRows: readonly QueryRow[],
  previous: Interval,
): readonly QueryRow[] {
  const [timeName] = (query.dimensions ?? []).filter((name) => dimensionOf(name)?.grain)
  const grain = timeName === undefined ? undefined : dimensionOf(timeName)?.grain
  const then = grain ? buckets(previous, grain) : []
  const counterpart = new Map(
    grain ? buckets(interval, grain).map((bucket, at) => [bucket, then[at]]) : [],
  )
  const key = (row: QueryRow, shift: boolean) =>
    JSON.stringify(
      (query.dimensions ?? []).map((name) => {
        const value = row.dimensions[name] ?? ''
        return shift && name === timeName ? counterpart.get(value) : value
      }),
    )
  const before = new Map(previousRows.map((row) => [key(row, false), row.metrics]))
  const none = Object.fromEntries(query.metrics.map((metric) => [metric, emptyValue(metric)]))
  return rows.map((row) => ({ ...row, compare: before.get(key(row, true)) ?? none }))
}
