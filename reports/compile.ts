import { dimensionOf } from './dimensions.ts'
import type { AggregateContext, Metric } from './metrics.ts'
import { isOneOf, type Ordering, orderingOf, pageSql, type Selection } from './order.ts'
import { type Column, groupBy, partSql } from './part-sql.ts'
import { PARTS, type Part } from './parts.ts'
import type { Plan } from './plan.ts'
import { GOAL } from './plan-goals.ts'
import { type SiteScope, type Statement, scopedSql } from './scope.ts'

/**
 * The statement that answers a plan. Columns are `d0…` for the dimensions and
 * `m0…` for the metrics, in the query's order.
 *
 * Each part that the metrics need (`parts.ts`) is a SELECT of its own, with
 * `d0…` and its aggregates as `c0…`. Those by all dimensions are put below each
 * other and gathered by the dimensions; the others are joined to that. `totals`
 * is the same without groups: over the whole set, never the sum of the rows.
 */
export function compile(
  scope: SiteScope,
  plan: Plan,
  what: 'rows' | 'totals',
  selection: Selection = {},
): Statement {
  const { query } = plan
  const sql = scopedSql(scope, plan.interval, plan.timezone, query.week_start)
  const columns = columnsOf(plan.metrics)
  const needed = PARTS.filter((part) => columns.some((column) => column.part === part))
  const keysOf = (part: Part) =>
    what === 'rows' ? keysOfPart(plan, part).map((index) => `d${index}`) : []
  const keys = keysOf('events')
  const whole = needed.filter((part) => !JOINED.includes(part))
  const sources = whole.map((part) => partSql(sql, plan, part, columns, keysOf(part), whole))
  const [first = ''] = sources
  const gathered =
    sources.length === 1
      ? first
      : `select ${[...keys, ...columns.filter(({ part }) => whole.includes(part)).map(({ name }) => `max(${name}) as ${name}`)].join(', ')}
from (${sources.join('\nunion all\n')})${groupBy(keys)}`
  const joins = needed
    .filter((part) => JOINED.includes(part))
    .map((part) => {
      const on = keysOf(part)
      const select = partSql(sql, plan, part, columns, on, [part])
      return on.length > 0
        ? `\nany left join (${select}) as of_${part} using (${on.join(', ')})`
        : `\ncross join (${select}) as of_${part}`
    })
  const metrics = plan.metrics.map((metric, index) => `${valueSql(metric, columns)} as m${index}`)
  const answer = `select ${[...keys, ...metrics].join(', ')}\nfrom (${gathered}) as gathered${joins.join('')}`
  const ordering: Ordering = what === 'rows' ? orderingOf(plan) : []
  return sql.statement(
    what === 'rows' && keys.length > 0 ? pageSql(sql, answer, ordering, selection) : answer,
  )
}

/** What a part alone has for each of its dimensions' values, or for those of `only`: `k0…`, in their order, and `n`. */
export function compilePart(
  scope: SiteScope,
  plan: Plan,
  part: Part,
  only: readonly (readonly string[])[],
): Statement {
  const sql = scopedSql(scope, plan.interval, plan.timezone, plan.query.week_start)
  const columns = columnsOf(plan.metrics).filter((column) => column.part === part)
  const keys = keysOfPart(plan, part).map((index) => `d${index}`)
  const select = partSql(sql, plan, part, columns, keys, [part])
  const values = [...keys.map((key, index) => `${key} as k${index}`), `${columns[0]?.name} as n`]
  const where = keys.length > 0 ? ` where ${isOneOf(sql, keys, only)}` : ''
  return sql.statement(`select ${values.join(', ')} from (${select})${where}`)
}

/** Which of the query's dimensions a part goes by. */
export const keysOfPart = ({ dimensions }: Plan, part: Part): readonly number[] =>
  dimensions.flatMap((name, index) => (isKeyOf(part, name) ? [index] : []))

/** Parts that have not all dimensions, or not all rows, and are joined to those that have. */
export const JOINED: readonly Part[] = ['base', 'group', 'all', 'whole', 'pages']

function isKeyOf(part: Part, name: string): boolean {
  switch (part) {
    case 'base':
      return dimensionOf(name)?.of === 'time'
    case 'group':
      return name !== GOAL
    case 'all':
    case 'whole':
      return false
    default:
      return true
  }
}

const PLAIN: AggregateContext = {
  startsHere: 's',
  isNewHere: 'n',
  goalValue: 'v',
  goalMoney: 'm',
  goalCurrencies: 'c',
}

/** Every aggregate once, however many metrics are made of it. */
function columnsOf(metrics: readonly Metric[]): readonly (Column & { readonly key: string })[] {
  const keys = new Map<string, Column & { key: string }>()
  for (const { of, needsFirst = false } of metrics)
    for (const [part, aggregate] of of) {
      const key = `${part} ${aggregate(PLAIN)}`
      if (!keys.has(key)) keys.set(key, { name: `c${keys.size}`, part, aggregate, needsFirst, key })
    }
  return [...keys.values()]
}

function valueSql(metric: Metric, columns: ReturnType<typeof columnsOf>): string {
  const names = metric.of.map(([part, aggregate]) => {
    const key = `${part} ${aggregate(PLAIN)}`
    return columns.find((column) => column.key === key)?.name ?? ''
  })
  const value = metric.formula ? metric.formula(...names) : (names[0] ?? '')
  return metric.unit === 'count' ? `ifNull(${value}, 0)` : value
}
