import type { Filter, OrderBy, Query } from '../contract/query.ts'
import { DIMENSIONS, dimensionOf } from './dimensions.ts'
import { METRICS, metricOf } from './metrics.ts'
import { QueryError } from './query-error.ts'
import { RANGES } from './range.ts'

const MEMBERS = [
  'metrics',
  'dimensions',
  'range',
  'filters',
  'compare',
  'fill',
  'timezone',
  'order_by',
  'limit',
] as const
const MAX_LIMIT = 10_000
const MAX_FILTER_DEPTH = 8
const MAX_FILTER_VALUES = 200

/** A query from outside, checked whole, or a QueryError. Everything after trusts it. */
export function parseQuery(body: unknown): Query {
  if (!isObject(body)) throw new QueryError('query', 'must be a JSON object.')
  for (const member of Object.keys(body)) {
    if (!(MEMBERS as readonly string[]).includes(member)) {
      throw new QueryError(member, `is not known. Members are ${MEMBERS.join(', ')}.`)
    }
  }
  const metrics = names(body.metrics, 'metrics', (name) => metricOf(name) !== undefined, METRICS)
  if (metrics.length === 0) throw new QueryError('metrics', 'must name at least one metric.')
  const dimensions =
    body.dimensions === undefined
      ? []
      : names(body.dimensions, 'dimensions', (name) => dimensionOf(name) !== undefined, DIMENSIONS)
  return {
    metrics,
    dimensions,
    range: range(body.range),
    filters: body.filters === undefined ? [] : filters(body.filters, 'filters', 0),
    ...(body.compare !== undefined && {
      compare: oneOf(body.compare, 'compare', ['previous_period'] as const),
    }),
    ...(body.fill !== undefined && { fill: oneOf(body.fill, 'fill', ['zero'] as const) }),
    ...(body.timezone !== undefined && { timezone: timezone(body.timezone) }),
    order_by:
      body.order_by === undefined ? [] : orderBy(body.order_by, [...metrics, ...dimensions]),
    limit: body.limit === undefined ? MAX_LIMIT : limit(body.limit),
  }
}

function names(
  value: unknown,
  part: string,
  known: (name: string) => boolean,
  all: readonly { readonly name: string }[],
): string[] {
  const list = strings(value, part)
  for (const [index, name] of list.entries()) {
    if (!known(name)) {
      throw new QueryError(
        `${part}[${index}]`,
        `"${name}" is not known. Known: ${all.map((each) => each.name).join(', ')}.`,
      )
    }
    if (list.indexOf(name) !== index)
      throw new QueryError(`${part}[${index}]`, `"${name}" is named twice.`)
  }
  return list
}

function range(value: unknown): Query['range'] {
  if (typeof value === 'string') {
    if (Object.hasOwn(RANGES, value)) return value
    throw new QueryError(
      'range',
      `"${value}" is not known. Use ${Object.keys(RANGES).join(', ')} or two dates.`,
    )
  }
  const list = Array.isArray(value) ? value : []
  const [from, to] = list
  if (list.length !== 2 || !isDate(from) || !isDate(to)) {
    throw new QueryError(
      'range',
      'must be a name or two dates such as ["2026-11-01", "2026-11-30"].',
    )
  }
  if (from > to) throw new QueryError('range', 'must not end before it begins.')
  return [from, to]
}

function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

function filters(value: unknown, part: string, depth: number): Filter[] {
  if (!Array.isArray(value)) throw new QueryError(part, 'must be an array of filters.')
  return value.map((each, index) => filter(each, `${part}[${index}]`, depth))
}

function filter(value: unknown, part: string, depth: number): Filter {
  if (depth > MAX_FILTER_DEPTH)
    throw new QueryError(part, `may be nested ${MAX_FILTER_DEPTH} deep.`)
  if (!Array.isArray(value))
    throw new QueryError(part, 'must be an array such as ["is", "event:page", ["/"]].')
  const [operator, subject, values] = value
  switch (operator) {
    case 'and':
    case 'or':
      return [operator, filters(subject, `${part}[1]`, depth + 1)]
    case 'not':
      return ['not', filter(subject, `${part}[1]`, depth + 1)]
    case 'is':
    case 'is_not':
    case 'contains':
    case 'contains_not': {
      if (typeof subject !== 'string' || !dimensionOf(subject)) {
        throw new QueryError(
          `${part}[1]`,
          `is not a dimension. Known: ${DIMENSIONS.map((each) => each.name).join(', ')}.`,
        )
      }
      const list = strings(values, `${part}[2]`)
      if (list.length === 0 || list.length > MAX_FILTER_VALUES) {
        throw new QueryError(`${part}[2]`, `must have 1 to ${MAX_FILTER_VALUES} values.`)
      }
      return [operator, subject, list]
    }
    default:
      throw new QueryError(
        `${part}[0]`,
        'must be is, is_not, contains, contains_not, and, or, not.',
      )
  }
}

function orderBy(value: unknown, selected: readonly string[]): OrderBy[] {
  if (!Array.isArray(value))
    throw new QueryError('order_by', 'must be an array such as [["visitors", "desc"]].')
  return value.map((each, index) => {
    const [name, direction] = Array.isArray(each) ? each : []
    if (typeof name !== 'string' || !selected.includes(name)) {
      throw new QueryError(`order_by[${index}][0]`, `must be one of ${selected.join(', ')}.`)
    }
    return [name, oneOf(direction, `order_by[${index}][1]`, ['asc', 'desc'] as const)]
  })
}

function timezone(value: unknown): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: String(value) }).resolvedOptions().timeZone
  } catch {
    throw new QueryError('timezone', 'must be an IANA zone such as Europe/Berlin.')
  }
}

function limit(value: unknown): number {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > MAX_LIMIT) {
    throw new QueryError('limit', `must be a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return Number(value)
}

function oneOf<T extends string>(value: unknown, part: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (!found) throw new QueryError(part, `must be ${allowed.join(' or ')}.`)
  return found
}

function strings(value: unknown, part: string): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw new QueryError(part, 'must be an array of strings.')
  }
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
