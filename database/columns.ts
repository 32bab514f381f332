// Hot path. Rows as columns for `unnest`, in PostgreSQL's binary form: in JSON or text each value would
// be quoted, and read letter by letter on the other side. Of a row of many columns it takes PostgreSQL
// about half as long as `jsonb_populate_recordset` (2026-11-30).

interface Type {
  readonly sql: string
  readonly oid: number
  /** Bytes that a value takes, or more. */
  readonly most: (value: string) => number
  /** Answers how many bytes it took. Values are of the kind that `Columns` says. */
  readonly write: (column: Buffer, at: number, value: never) => number
  /** Values become these texts first. */
  readonly text?: (value: never) => string
}

const TEXT = {
  // UTF-8 has at most three bytes a unit.
  most: (value: string) => value.length * 3,
  write: (column: Buffer, at: number, value: string) => column.write(value, at),
}

const TYPES = {
  text: { sql: 'text', oid: 25, ...TEXT },
  uuid: {
    ...{ sql: 'uuid', oid: 2950, most: () => 16 },
    write: (column, at, value: string) => column.write(value.replaceAll('-', ''), at, 'hex'),
  },
  number: {
    ...{ sql: 'float8', oid: 701, most: () => 8 },
    write: (column, at, value: number) => column.writeDoubleBE(value, at) - at,
  },
  boolean: {
    ...{ sql: 'boolean', oid: 16, most: () => 1 },
    write: (column, at, value: boolean) => column.writeUInt8(value ? 1 : 0, at) - at,
  },
  time: { sql: 'timestamptz', oid: 1184, most: () => 8, write: writeTime },
  json: {
    ...{ sql: 'jsonb', oid: 3802, text: (value: unknown) => JSON.stringify(value) },
    most: (value) => 1 + TEXT.most(value),
    write: (column, at, value: string) => 1 + TEXT.write(column, column.writeUInt8(1, at), value), // 1: the form's version
  },
  // Each row's list is of another length, which an array of arrays cannot be.
  numbers: {
    ...{ sql: 'text', oid: 25, text: (value: readonly number[]) => `{${value.join(',')}}` },
    ...TEXT,
  },
} as const satisfies Record<string, Type>

const TIMES_SINCE_MS = Date.UTC(2000, 0, 1)

/** In microseconds, as two halves: a bigint is dear. */
function writeTime(column: Buffer, at: number, value: Date | number): number {
  const micros = (Number(value) - TIMES_SINCE_MS) * 1_000
  if (Number.isNaN(micros)) throw new RangeError('The time is none that a date can have.')
  const high = Math.floor(micros / 2 ** 32)
  column.writeInt32BE(high, at)
  return column.writeUInt32BE(micros - high * 2 ** 32, at + 4) - at
}

/**
 * Names of columns with what their values are: `time`, a Date or ms since 1970; `number`, of which PostgreSQL
 * makes what the table's column is, and refuses what does not fit; `json`, any value; `numbers`, a list of integers.
 */
export type Columns<Name extends string = string> = { readonly [name in Name]: keyof typeof TYPES }

/** Rows of these columns, to select from: of the parameters that `columnsOf` makes, from `$first` on. */
export function unnested(columns: Columns, first = 1): string {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, at) => `$${first + at}::${TYPES[type].sql}[]`)
  const values = names.map((name) =>
    columns[name] === 'numbers' ? `${name}::integer[] as ${name}` : name,
  )
  return `(select ${values.join(', ')} from unnest(${arrays.join(', ')}) as r(${names.join(', ')}))`
}

/** The rows as parameters of a statement. What is undefined is null. */
export function columnsOf<Name extends string>(
  columns: Columns<Name>,
  rows: readonly { readonly [name in NoInfer<Name>]: unknown }[],
): Buffer[] {
  const names = Object.keys(columns) as Name[] // it has no other
  return names.map((name) =>
    columnOf(
      TYPES[columns[name]],
      rows.map((row) => row[name]),
    ),
  )
}

const HEAD = 20

/** An array of one dimension, counted from 1. */
function columnOf({ oid, most, write, text }: Type, values: readonly unknown[]): Buffer {
  const isNull = (value: unknown) => value === null || value === undefined
  const written = text
    ? values.map((value) => (isNull(value) ? null : text(value as never)))
    : values
  let bytes = HEAD
  for (const value of written) bytes += 4 + (isNull(value) ? 0 : most(value as string))
  const column = Buffer.allocUnsafe(bytes)
  const hasNulls = written.some(isNull) ? 1 : 0
  for (const [at, number] of [1, hasNulls, oid, values.length, 1].entries())
    column.writeInt32BE(number, at * 4)
  let at = HEAD
  for (const value of written) {
    const length = isNull(value) ? -1 : write(column, at + 4, value as never)
    column.writeInt32BE(length, at)
    at += 4 + Math.max(length, 0)
  }
  return column.subarray(0, at)
}
