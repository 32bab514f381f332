import type { OrderBy, Query, Range } from '../contract/query.ts'
import { MAX_LIMIT } from './answer.ts'
import { DIMENSIONS, dimensionOf, PROPERTY } from './dimensions.ts'
import { METRICS, metricOf } from './metrics.ts'
import { parseFilters } from './parse-filter.ts'
import { TIME } from './plan.ts'
import { QueryError } from './query-error.ts'
import { RANGES, resolveRange } from './range.ts'

const COMPARISONS = ['previous_period', 'year_before', 'year_before_by_weekday'] as const
const WEEK_STARTS = ['monday', 'saturday', 'sunday'] as const
const MAX_METRICS = 30
const MAX_DIMENSIONS = 8

/** What each member of a query may be. */
const MEMBERS = {
  metrics,
  dimensions,
  range: (value: unknown) => range(value, 'range'),
  filters: (value: unknown) => parseFilters(value),
  compare: (value: unknown) =>
    typeof value === 'string'
      ? oneOf(value, 'compare', COMPARISONS, 'or two days such as ["2025-11-01", "2025-11-30"]')
      : dates(value, 'compare'),
  fill: (value: unknown) => oneOf(value, 'fill', ['zero'] as const),
  timezone,
  week_start: (value: unknown) => oneOf(value, 'week_start', WEEK_STARTS),
  order_by: orderBy,
  limit,
  cursor,
}

/** A query from outside, checked whole, or a QueryError. Everything after trusts it. */
export function parseQuery(body: unknown): Query {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new QueryError('query', 'must be a JSON object.')
  const given = body as Record<string, unknown> // just checked
  for (const member of Object.keys(given)) {
    if (!Object.hasOwn(MEMBERS, member))
      throw new QueryError(member, `is not known. Members are ${Object.keys(MEMBERS).join(', ')}.`)
  }
  const parsed = Object.fromEntries(
    Object.entries(MEMBERS).flatMap(([name, parse]) =>
      given[name] === undefined && name !== 'metrics' && name !== 'range'
        ? []
        : [[name, parse(given[name])]],
    ),
  )
  const query = parsed as unknown as Query // each member by its own parser
  const selected = [...query.metrics, ...(query.dimensions ?? [])]
  for (const [index, [name]] of (query.order_by ?? []).entries())
    if (!selected.includes(name))
      throw new QueryError(`order_by[${index}][0]`, `must be one of ${selected.join(', ')}.`)
  return query
}

function metrics(value: unknown): string[] {
  const known = (name: string) => metricOf(name) !== undefined
  const list = names(
    value,
    'metrics',
    known,
    METRICS.map(({ name }) => name),
    MAX_METRICS,
  )
  if (list.length === 0) throw new QueryError('metrics', 'must name at least one metric.')
  return list
}

function dimensions(value: unknown): string[] {
  const known = (name: string) => name === TIME || dimensionOf(name) !== undefined
  const all = [TIME, ...DIMENSIONS.map(({ name }) => name), `${PROPERTY}NAME`]
  return names(value, 'dimensions', known, all, MAX_DIMENSIONS)
}

function names(
  value: unknown,
  part: string,
  isKnown: (name: string) => boolean,
  known: readonly string[],
  most: number,
): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw new QueryError(part, 'must be an array of strings.')
  if (value.length > most) throw new QueryError(part, `must be at most ${most}.`)
  for (const [index, name] of value.entries()) {
    if (!isKnown(name))
      throw new QueryError(
        `${part}[${index}]`,
        `"${name}" is not known. Known: ${known.join(', ')}.`,
      )
    if (value.indexOf(name) !== index)
      throw new QueryError(`${part}[${index}]`, `"${name}" is named twice.`)
  }
  return value
}

function range(value: unknown, part: string): Range {
  if (typeof value !== 'string') return dates(value, part)
  if (value === 'all' || Object.hasOwn(RANGES, value)) return value
  throw new QueryError(
    part,
    `"${value}" is not known. Use ${Object.keys(RANGES).join(', ')}, all, two days or two instants.`,
  )
}

function dates(value: unknown, part: string): readonly [string, string] {
  const [from, to] = Array.isArray(value) ? value : []
  const interval =
    Array.isArray(value) && value.length === 2 && typeof from === 'string' && typeof to === 'string'
      ? resolveRange([from, to], 'UTC', 0)
      : undefined
  if (!interval)
    throw new QueryError(
      part,
      'must be a name, two days such as ["2026-11-01", "2026-11-30"], or two instants such as ["2026-11-01T12:00:00Z", "2026-11-01T13:00:00Z"].',
    )
  if (interval.from.epochMilliseconds >= interval.to.epochMilliseconds)
    throw new QueryError(part, 'must end after it begins.')
  return [from, to]
}

function orderBy(value: unknown): OrderBy[] {
  if (!Array.isArray(value))
    throw new QueryError('order_by', 'must be an array such as [["visitors", "desc"]].')
  return value.map((each, index) => {
    const [name, direction] = Array.isArray(each) ? each : []
    if (typeof name !== 'string')
      throw new QueryError(`order_by[${index}][0]`, 'must be a metric or dimension of the query.')
    return [name, oneOf(direction, `order_by[${index}][1]`, ['asc', 'desc'] as const)]
  })
}

function timezone(value: unknown): string {
  try {
    if (typeof value !== 'string' || /^[+-]/.test(value)) throw new RangeError('an offset')
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
  } catch {
    throw new QueryError('timezone', 'must be an IANA zone such as Europe/Berlin.')
  }
}

function limit(value: unknown): number {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > MAX_LIMIT)
    throw new QueryError('limit', `must be a whole number from 1 to ${MAX_LIMIT}.`)
  return Number(value)
}

function cursor(value: unknown): string {
  if (typeof value !== 'string') throw new QueryError('cursor', 'must be a next_cursor.')
  return value
}

function oneOf<T extends string>(
  value: unknown,
  part: string,
  allowed: readonly T[],
  other = '',
): T {
  const found = allowed.find((each) => each === value)
  if (!found)
    throw new QueryError(part, `must be ${[...allowed, ...(other ? [other] : [])].join(', ')}.`)
  return found
}
