import type { Query } from '../contract/query.ts'
import { type Dimension, dimensionOf } from './dimensions.ts'
import { filterCondition, population } from './filter.ts'
import { type Metric, metricOf } from './metrics.ts'
import type { Interval } from './range.ts'
import {
  type ScopedSql,
  type SiteScope,
  STARTED_IN_RANGE,
  type Statement,
  scopedSql,
} from './scope.ts'

/**
 * The statement that answers a parsed query over one interval. Columns are
 * `d0…` for the dimensions and `m0…` for the metrics, in the query's order.
 *
 * Event metrics are read from the events of the interval; visit metrics from
 * the visits that started in it, each kept when one of its events passes the
 * filters. Where a query has both, the two are joined on the dimensions.
 */
export function compile(
  scope: SiteScope,
  query: Query,
  interval: Interval,
  timezone: string,
): Statement {
  const sql = scopedSql(scope, interval, timezone)
  const { dimensions: names = [], filters = [] } = query
  const dimensions = names.map((name) => known(dimensionOf(name)))
  const metrics = query.metrics.map((name, index) => ({
    metric: known(metricOf(name)),
    column: `m${index}`,
  }))
  const filter = `${population(names, filters)} and ${filterCondition(['and', filters], sql)}`
  const parts = (['event', 'session'] as const)
    .map((kind) => metrics.filter(({ metric }) => metric.scope === kind))
    .map(
      (list, index) =>
        list.length > 0 && (index === 0 ? eventPart : sessionPart)(sql, list, dimensions, filter),
    )
    .filter((part) => part !== false)
  const [first = '', second] = parts
  const keys = dimensions.map((_, index) => `d${index}`)
  const joined =
    second === undefined
      ? `select * from (${first})`
      : keys.length > 0
        ? `select * from (${first}) as e left join (${second}) as s using (${keys.join(', ')})`
        : `select * from (${first}) as e cross join (${second}) as s`
  return sql.statement(`${joined}${orderSql(query)}`)
}

type Selected = readonly { readonly metric: Metric; readonly column: string }[]

function eventPart(
  sql: ScopedSql,
  metrics: Selected,
  dimensions: readonly Dimension[],
  filter: string,
): string {
  const grain = dimensions.find((dimension) => dimension.grain)
  const startsHere = grain ? `${grain.session} = ${grain.event}` : STARTED_IN_RANGE
  const keys = dimensions.map((dimension, index) => `${dimension.event} as d${index}`)
  const present = dimensions.flatMap((dimension) =>
    dimension.absent ? [`not (${dimension.absent})`] : [],
  )
  return `select ${[...keys, ...metrics.map(({ metric, column }) => `${metric.sql({ startsHere })} as ${column}`)].join(', ')}
${sql.events(filter, ...present)}
${groupBy(dimensions)}`
}

function sessionPart(
  sql: ScopedSql,
  metrics: Selected,
  dimensions: readonly Dimension[],
  filter: string,
): string {
  const keys = dimensions.map((dimension, index) => `any(${dimension.session}) as d${index}`)
  const outerKeys = dimensions.map((_, index) => `d${index}`)
  return `select ${[...outerKeys, ...metrics.map(({ metric, column }) => `${metric.sql({ startsHere: '1' })} as ${column}`)].join(', ')}
from (
  select ${[...keys, "countIf(event_type = 'pageview') as pageviews", 'max(is_engaging) as is_engaged', 'min(occurred_at) as started_at', 'max(occurred_at) as last_at'].join(', ')}
  ${sql.eventsOfVisits()}
  group by session
  having countIf(${filter}) > 0
)
${groupBy(dimensions)}`
}

const groupBy = (dimensions: readonly Dimension[]) =>
  dimensions.length === 0 ? '' : `group by ${dimensions.map((_, index) => `d${index}`).join(', ')}`

function orderSql(query: Query): string {
  const dimensions = query.dimensions ?? []
  if (dimensions.length === 0) return ''
  const column = (name: string) => {
    const at = query.metrics.indexOf(name)
    return at >= 0 ? `m${at}` : `d${dimensions.indexOf(name)}`
  }
  const time = dimensions.find((name) => dimensionOf(name)?.grain)
  // Time runs forward, lists begin with the most; then by name, so that pages of equal rows are stable.
  const wanted = query.order_by?.length
    ? query.order_by
    : time
      ? []
      : [[query.metrics[0] ?? '', 'desc'] as const]
  const order = [
    ...wanted.map(([name, direction]) => `${column(name)} ${direction}`),
    ...dimensions.map((_, index) => `d${index} asc`),
  ]
  return `\norder by ${order.join(', ')}\nlimit ${query.limit ?? 10_000}`
}

function known<T>(entry: T | undefined): T {
  if (entry === undefined) throw new Error('a name passed the parser that has no entry')
  return entry
}
