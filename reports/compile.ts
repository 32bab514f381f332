import type { Filter, Query } from '../contract/query.ts'
import { type Dimension, dimensionOf } from './dimensions.ts'
import { type Metric, metricOf } from './metrics.ts'
import type { Interval } from './range.ts'

/** The site a statement may read. Only an access check makes one, and no statement is made without it. */
export interface SiteScope {
  readonly siteId: string
}

export interface Statement {
  readonly sql: string
  /** Bound by name and type: `{name:Type}` in the text. */
  readonly params: Readonly<Record<string, unknown>>
}

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
  const params: Record<string, unknown> = {
    site: scope.siteId,
    from: interval.from.epochMilliseconds,
    to: interval.to.epochMilliseconds,
    timezone,
  }
  const dimensions = (query.dimensions ?? []).map((name) => known(dimensionOf(name)))
  const metrics = query.metrics.map((name, index) => ({
    metric: known(metricOf(name)),
    column: `m${index}`,
  }))
  const population = asksOfBots(query) ? 'is_bot' : 'not is_bot'
  const filter = `${population} and ${filterSql(['and', query.filters ?? []], params)}`
  const parts = (['event', 'session'] as const)
    .map((kind) => metrics.filter(({ metric }) => metric.scope === kind))
    .map(
      (list, index) =>
        list.length > 0 && (index === 0 ? eventPart : sessionPart)(list, dimensions, filter),
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
  return { sql: `${joined}${orderSql(query)}`, params }
}

/** Whether a dimension or a filter of the query is of bots. */
function asksOfBots({ dimensions = [], filters = [] }: Query): boolean {
  const names = (filter: Filter): readonly string[] => {
    switch (filter[0]) {
      case 'and':
      case 'or':
        return filter[1].flatMap(names)
      case 'not':
        return names(filter[1])
      default:
        return [filter[1]]
    }
  }
  return [...dimensions, ...filters.flatMap(names)].some((name) => dimensionOf(name)?.ofBots)
}

type Selected = readonly { readonly metric: Metric; readonly column: string }[]

const IN_RANGE = `site_id = {site:String}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`

function eventPart(metrics: Selected, dimensions: readonly Dimension[], filter: string): string {
  const grain = dimensions.find((dimension) => dimension.grain)
  const startsHere = grain
    ? `${grain.session} = ${grain.event}`
    : "session_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')"
  const keys = dimensions.map((dimension, index) => `${dimension.event} as d${index}`)
  const present = dimensions.flatMap((dimension) =>
    dimension.absent ? [`and not (${dimension.absent})`] : [],
  )
  return `select ${[...keys, ...metrics.map(({ metric, column }) => `${metric.sql({ startsHere })} as ${column}`)].join(', ')}
from events
where ${IN_RANGE}
  and ${filter} ${present.join(' ')}
${groupBy(dimensions)}`
}

function sessionPart(metrics: Selected, dimensions: readonly Dimension[], filter: string): string {
  const keys = dimensions.map((dimension, index) => `any(${dimension.session}) as d${index}`)
  const outerKeys = dimensions.map((_, index) => `d${index}`)
  return `select ${[...outerKeys, ...metrics.map(({ metric, column }) => `${metric.sql({ startsHere: '1' })} as ${column}`)].join(', ')}
from (
  select ${[...keys, "countIf(event_type = 'pageview') as pageviews", 'max(is_engaging) as is_engaged', 'min(occurred_at) as started_at', 'max(occurred_at) as last_at'].join(', ')}
  from events
  where site_id = {site:String}
    and session_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    and session_started_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour
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

/** A filter as a condition over one row of `events`; its values are bound into `params`. */
function filterSql(filter: Filter, params: Record<string, unknown>): string {
  switch (filter[0]) {
    case 'and':
    case 'or': {
      const inner = filter[1].map((each) => filterSql(each, params))
      if (inner.length === 0) return filter[0] === 'and' ? '1' : '0'
      return `(${inner.join(` ${filter[0]} `)})`
    }
    case 'not':
      return `not ${filterSql(filter[1], params)}`
    default: {
      const [operator, name, values] = filter
      const expression = known(dimensionOf(name)).event
      const param = `f${Object.keys(params).length}`
      params[param] = values
      const found = operator.startsWith('contains')
        ? `multiSearchAnyUTF8(${expression}, {${param}:Array(String)})`
        : `has({${param}:Array(String)}, ${expression})`
      return operator.endsWith('_not') ? `not ${found}` : found
    }
  }
}

function known<T>(entry: T | undefined): T {
  if (entry === undefined) throw new Error('a name passed the parser that has no entry')
  return entry
}
