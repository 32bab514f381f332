import type { QueryRow } from '../contract/query.ts'
import { dimensionOf } from './dimensions.ts'
import type { Plan } from './plan.ts'
import { QueryError } from './query-error.ts'
import type { ScopedSql } from './scope.ts'

/** What rows are sorted by: an expression over `d0…` and `m0…`, and what it is of a row that was answered. */
interface Key {
  readonly sql: string
  readonly type: 'Float64' | 'String'
  readonly direction: 'asc' | 'desc'
  readonly of: (row: QueryRow) => string | number
}

export type Ordering = readonly Key[]

/** Which of the rows. */
export interface Selection {
  /** How many at most. */
  readonly limit?: number
  /** Those after this one. */
  readonly cursor?: string
  /** Those with these dimensions. */
  readonly only?: readonly (readonly string[])[]
}

/** Time runs forward, then lists begin with the most; then by the dimensions, so that pages of equal rows are stable. */
export function orderingOf(plan: Plan): Ordering {
  const { query, dimensions } = plan
  const time = dimensions.findIndex((name) => dimensionOf(name)?.of === 'time')
  const most = [query.metrics[0] ?? '', 'desc'] as const
  const wanted = query.order_by?.length
    ? query.order_by
    : time >= 0
      ? [[query.dimensions?.[time] ?? '', 'asc'] as const, most]
      : [most]
  const keys = wanted.flatMap(([name, direction]) => {
    const metric = query.metrics.indexOf(name)
    return metric >= 0
      ? metricKeys(name, metric, direction)
      : dimensionKey(plan, query.dimensions?.indexOf(name) ?? -1, direction)
  })
  const rest = dimensions.flatMap((_, index) => {
    const key = dimensionKey(plan, index, 'asc')
    return keys.some((other) => other.sql === key.sql) ? [] : [key]
  })
  return [...keys, ...rest]
}

/** What has no value comes last, whichever the direction. */
const metricKeys = (name: string, index: number, direction: 'asc' | 'desc'): Key[] => [
  {
    sql: `toFloat64(isNull(m${index}))`,
    type: 'Float64',
    direction: 'asc',
    of: (row) => (row.metrics[name] === null ? 1 : 0),
  },
  {
    sql: `toFloat64(ifNull(m${index}, 0))`,
    type: 'Float64',
    direction,
    of: (row) => row.metrics[name] ?? 0,
  },
]

function dimensionKey(plan: Plan, index: number, direction: 'asc' | 'desc'): Key {
  const name = plan.query.dimensions?.[index] ?? ''
  const of = (row: QueryRow) => row.dimensions[name] ?? ''
  const isNumber = dimensionOf(plan.dimensions[index] ?? '')?.isNumber
  return isNumber
    ? {
        sql: `toFloat64OrZero(d${index})`,
        type: 'Float64',
        direction,
        of: (row) => Number(of(row)),
      }
    : { sql: `d${index}`, type: 'String', direction, of }
}

/** The selected rows of a statement, in order. */
export function pageSql(
  sql: ScopedSql,
  statement: string,
  ordering: Ordering,
  { limit, cursor, only }: Selection,
): string {
  const conditions = [
    ...(cursor === undefined ? [] : [after(sql, ordering, readCursor(cursor, ordering))]),
    ...(only === undefined
      ? []
      : [isOneOf(sql, only[0]?.map((_, index) => `d${index}`) ?? [], only)]),
  ]
  const where = conditions.length > 0 ? `\nwhere ${conditions.join(' and ')}` : ''
  const order = ordering.map(({ sql: key, direction }) => `${key} ${direction}`)
  return `select * from (${statement})${where}
order by ${order.join(', ')}${limit === undefined ? '' : `\nlimit ${limit}`}`
}

/** Whether the keys have the values of one of the rows. */
export function isOneOf(
  sql: ScopedSql,
  keys: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  // One text for each row, in hexadecimal digits: no two rows make the same.
  const texts = rows.map((row) => row.map((value) => Buffer.from(value).toString('hex')).join('.'))
  const digits = keys.map((key) => `lower(hex(${key}))`)
  return `has(${sql.bind('Array(String)', texts)}, concat(${digits.join(", '.', ")}, ''))`
}

function after(sql: ScopedSql, ordering: Ordering, values: readonly (string | number)[]): string {
  const bound = ordering.map(({ type }, index) => sql.bind(type, values[index]))
  const ways = ordering.map((key, index) => {
    const equal = ordering.slice(0, index).map((before, at) => `${before.sql} = ${bound[at]}`)
    return `(${[...equal, `${key.sql} ${key.direction === 'asc' ? '>' : '<'} ${bound[index]}`].join(' and ')})`
  })
  return `(${ways.join(' or ')})`
}

/** Rows in the order. */
export const sortRows = (rows: readonly QueryRow[], ordering: Ordering): readonly QueryRow[] =>
  [...rows].sort((one, other) => {
    for (const { of, direction } of ordering) {
      const [a, b] = [of(one), of(other)]
      if (a !== b) return a < b === (direction === 'asc') ? -1 : 1
    }
    return 0
  })

/** The same as a statement with the cursor, of rows that are all there. */
export function selectFrom(
  rows: readonly QueryRow[],
  ordering: Ordering,
  { cursor }: Pick<Selection, 'cursor'>,
): readonly QueryRow[] {
  if (cursor === undefined) return rows
  const values = readCursor(cursor, ordering)
  return rows.filter((row) => {
    for (const [index, { of, direction }] of ordering.entries()) {
      const [a, b] = [of(row), values[index] ?? '']
      if (a !== b) return a > b === (direction === 'asc')
    }
    return false
  })
}

/** What to go on after a row. Holds nothing but the row's own values. */
export const cursorAfter = (row: QueryRow, ordering: Ordering): string =>
  Buffer.from(JSON.stringify(ordering.map(({ of }) => of(row)))).toString('base64url')

function readCursor(cursor: string, ordering: Ordering): readonly (string | number)[] {
  let values: unknown
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    values = undefined
  }
  const isOurs =
    Array.isArray(values) &&
    values.length === ordering.length &&
    ordering.every(
      ({ type }, index) => typeof values[index] === (type === 'String' ? 'string' : 'number'),
    )
  if (!isOurs)
    throw new QueryError('cursor', 'must be the next_cursor of an answer to this same query.')
  return values as (string | number)[] // just checked
}
