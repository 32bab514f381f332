import { AUTOMATIC_TYPES } from '../contract/event-types.ts'
import type { Filter, NumberOperator, TextOperator } from '../contract/query.ts'
import { dimensionOf, type Fact } from './dimensions.ts'
import { rowsFrom } from './rows.ts'
import type { ScopedSql } from './scope.ts'

/** How text is found; `values` is an `Array(String)`, one of which is enough. */
const FINDS: Readonly<
  Record<
    string,
    (text: string, values: readonly string[], sql: ScopedSql, folds: boolean) => string
  >
> = {
  is: (text, values, sql, folds) => {
    const list = sql.bind('Array(String)', values)
    return folds
      ? `has(arrayMap(v -> lowerUTF8(v), ${list}), lowerUTF8(${text}))`
      : `(${text} in ${list})`
  },
  contains: (text, values, sql, folds) =>
    `multiSearchAny${folds ? 'CaseInsensitive' : ''}UTF8(${text}, ${sql.bind('Array(String)', values)})`,
  matches: (text, values, sql, folds) =>
    `(${values
      .map((value) => `match(${text}, ${sql.bind('String', folds ? `(?i)${value}` : value)})`)
      .join(' or ')})`,
  starts: (text, values, sql, folds) => ends('startsWith', text, values, sql, folds),
  ends: (text, values, sql, folds) => ends('endsWith', text, values, sql, folds),
}

const ends = (
  fn: string,
  text: string,
  values: readonly string[],
  sql: ScopedSql,
  folds: boolean,
) => {
  const list = sql.bind('Array(String)', values)
  return folds
    ? `arrayExists(v -> ${fn}(lowerUTF8(${text}), lowerUTF8(v)), ${list})`
    : `arrayExists(v -> ${fn}(${text}, v), ${list})`
}

const COMPARES: Record<NumberOperator, string> = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

export const NUMBER_OPERATORS = Object.keys(COMPARES) as readonly NumberOperator[]
export const TEXT_OPERATORS = Object.keys(FINDS).flatMap((name) => [
  name,
  `${name}_not`,
]) as readonly TextOperator[]

/** A filter that the parser let through and the plan has resolved, as a condition over one row of `events`. */
export function filterCondition(filter: Filter, sql: ScopedSql): string {
  switch (filter[0]) {
    case 'and':
    case 'or': {
      const inner = filter[1].map((each) => filterCondition(each, sql))
      if (inner.length === 0) return filter[0] === 'and' ? '1' : '0'
      return `(${inner.join(` ${filter[0]} `)})`
    }
    case 'not':
      return `not (${filterCondition(filter[1], sql)})`
    case 'has_done':
    case 'has_not_done': {
      const [operator, inner, { by = 'visit' } = {}] = filter
      const [key, reach] =
        by === 'visit' ? (['session', 'eventsAround'] as const) : (['visitor', 'events'] as const)
      const done = rowsFrom(
        sql,
        reach,
        factsOf([], [inner]),
        population([], [inner]),
        filterCondition(inner, sql),
      )
      return `${key} ${operator === 'has_done' ? 'in' : 'not in'} (select ${key} ${done})`
    }
    case 'sequence':
      return sequenceCondition(filter[1], filter[2]?.next ?? false, sql)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const [operator, name, values] = filter
      const number = `toFloat64OrNull(${rowExpression(name, sql)})`
      const compared = values.map(
        (value) => `${number} ${COMPARES[operator]} ${sql.bind('Float64', value)}`,
      )
      return `ifNull(${compared.join(' or ')}, 0)`
    }
    default: {
      const [operator, name, values, { case_sensitive = true, labels } = {}] = filter
      const [positive = '', not] = operator.split('_')
      const find = FINDS[positive]
      if (!find) throw new Error(`no operator ${operator}, but it passed the parser`)
      const text = rowExpression(name, sql)
      const asked = labels ? labelled(text, labels, sql) : text
      const found = find(asked, values, sql, !case_sensitive)
      return not ? `not ${found}` : found
    }
  }
}

/** A page view, or what a site tells of its visitors beside it. */
export const IS_ACT = `not has([${AUTOMATIC_TYPES.map((name) => `'${name}'`).join(', ')}], event_type)`

/** Folds the events of each visit, in their order, into how many steps were done; and into what came next. */
function sequenceCondition(steps: readonly Filter[], isNext: boolean, sql: ScopedSql): string {
  const passes = steps.map((step) => `toUInt8(${filterCondition(step, sql)})`)
  const count = steps.length
  const rows = rowsFrom(
    sql,
    'eventsAround',
    factsOf([], steps),
    population([], steps),
    `(${[...passes, ...(isNext ? [IS_ACT] : [])].join(' or ')})`,
  )
  const events = `arraySort(groupArray((toUnixTimestamp64Milli(occurred_at), toUInt128(event_id), [${passes.join(', ')}], ${IS_ACT})))`
  if (!isNext)
    return `session in (select session ${rows} group by session
    having arrayFold((done, event) -> toUInt8(done + (done < ${count} and event.3[done + 1])), ${events}, toUInt8(0)) = ${count})`
  return `toUInt128(event_id) in (select next from (select arrayFold((done, event) -> multiIf(
      done.1 < ${count}, (toUInt8(done.1 + event.3[done.1 + 1]), done.2),
      done.2 = 0 and event.4, (done.1, event.2),
      done), ${events}, (toUInt8(0), toUInt128(0))).2 as next
    ${rows} group by session) where next != 0)`
}

function rowExpression(name: string, sql: ScopedSql): string {
  const dimension = dimensionOf(name)
  if (!dimension) throw new Error(`no dimension ${name}, but it passed the parser`)
  // LowCardinality and Nullable hide from some functions what they hold.
  return dimension.row(sql)
}

const labelled = (text: string, labels: Readonly<Record<string, string>>, sql: ScopedSql) =>
  `transform(${text}, ${sql.bind('Array(String)', Object.keys(labels))}, ${sql.bind('Array(String)', Object.values(labels))}, ${text})`

/** Whose rows an answer is of: people's, or bots' where a dimension or a filter names them. */
export function population(dimensions: readonly string[], filters: readonly Filter[]): string {
  return [...dimensions, ...filters.flatMap((filter) => namesIn(filter))].some(
    (name) => dimensionOf(name)?.ofBots,
  )
    ? 'is_bot'
    : 'not is_bot'
}

/** What the rows must be joined with for these dimensions and filters; what is inside `has_done` and `sequence` is its own. */
export function factsOf(
  dimensions: readonly string[],
  filters: readonly Filter[],
): ReadonlySet<Fact> {
  const names = [...dimensions, ...filters.flatMap((filter) => namesIn(filter, false))]
  return new Set(names.flatMap((name) => dimensionOf(name)?.needs ?? []))
}

/** Every dimension that a filter names. */
export function namesIn(filter: Filter, isInsideHasDone = true): readonly string[] {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return filter[1].flatMap((each) => namesIn(each, isInsideHasDone))
    case 'not':
      return namesIn(filter[1], isInsideHasDone)
    case 'has_done':
    case 'has_not_done':
      return isInsideHasDone ? namesIn(filter[1]) : []
    case 'sequence':
      if (isInsideHasDone) return filter[1].flatMap((each) => namesIn(each))
      // What came next is one event of its visit, however it is called.
      return filter[2]?.next ? ['event:name'] : []
    default:
      return [filter[1]]
  }
}
