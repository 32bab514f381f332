import type { Filter } from '../contract/query.ts'
import { dimensionOf } from './dimensions.ts'
import type { ScopedSql } from './scope.ts'

/** A filter that the parser let through, as a condition over one row of `events`. */
export function filterCondition(filter: Filter, sql: ScopedSql): string {
  switch (filter[0]) {
    case 'and':
    case 'or': {
      const inner = filter[1].map((each) => filterCondition(each, sql))
      if (inner.length === 0) return filter[0] === 'and' ? '1' : '0'
      return `(${inner.join(` ${filter[0]} `)})`
    }
    case 'not':
      return `not ${filterCondition(filter[1], sql)}`
    default: {
      const [operator, name, values] = filter
      const dimension = dimensionOf(name)
      if (!dimension) throw new Error(`no dimension ${name}, but it passed the parser`)
      const list = sql.bind('Array(String)', values)
      const found = operator.startsWith('contains')
        ? `multiSearchAnyUTF8(${dimension.event}, ${list})`
        : `has(${list}, ${dimension.event})`
      return operator.endsWith('_not') ? `not ${found}` : found
    }
  }
}

/** Whose rows an answer is of: people's, or bots' where a dimension or a filter names them. */
export function population(dimensions: readonly string[], filters: readonly Filter[]): string {
  return [...dimensions, ...filters.flatMap(namesIn)].some((name) => dimensionOf(name)?.ofBots)
    ? 'is_bot'
    : 'not is_bot'
}

/** Every dimension that a filter names. */
export function namesIn(filter: Filter): readonly string[] {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return filter[1].flatMap(namesIn)
    case 'not':
      return namesIn(filter[1])
    default:
      return [filter[1]]
  }
}
