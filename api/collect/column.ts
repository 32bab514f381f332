// Hot path. Columns for `unnest`, in PostgreSQL's binary form: as text each
// value would be quoted, and read letter by letter on the other side. Beside one
// JSON text of all rows it saves PostgreSQL a fifth of an insert (2026-11-25).

const HEAD = 20
const OID = { text: 25, uuid: 2950, float8: 701 } as const

/** A text[]. */
export function textColumn(values: readonly (string | null)[]): Buffer {
  let most = HEAD
  for (const value of values) most += 4 + (value?.length ?? 0) * 3 // UTF-8 has at most three bytes a unit
  const column = begin(OID.text, values.length, most)
  let at = HEAD
  for (const value of values) {
    const bytes = value === null ? -1 : column.write(value, at + 4)
    column.writeInt32BE(bytes, at)
    at += 4 + Math.max(bytes, 0)
    if (value === null) column.writeInt32BE(1, 4) // it has nulls
  }
  return column.subarray(0, at)
}

/** A uuid[]. */
export function uuidColumn(values: readonly string[]): Buffer {
  const column = begin(OID.uuid, values.length, HEAD + 20 * values.length)
  let at = HEAD
  for (const value of values) {
    column.writeInt32BE(16, at)
    column.write(value.replaceAll('-', ''), at + 4, 'hex')
    at += 20
  }
  return column
}

/** A float8[]. */
export function numberColumn(values: readonly number[]): Buffer {
  const column = begin(OID.float8, values.length, HEAD + 12 * values.length)
  let at = HEAD
  for (const value of values) {
    column.writeInt32BE(8, at)
    column.writeDoubleBE(value, at + 4)
    at += 12
  }
  return column
}

/** Of one dimension, counted from 1, without nulls as yet. */
function begin(oid: number, length: number, bytes: number): Buffer {
  const column = Buffer.allocUnsafe(bytes)
  for (const [at, value] of [1, 0, oid, length, 1].entries()) column.writeInt32BE(value, at * 4)
  return column
}
