/** For `max_query_size`, a quarter of a megabyte by default: a statement may be as long as its values are. */
export const ANY_LENGTH = '1000000000'

const escaped = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\0', '\\0')

/** A text as it stands in a statement of ClickHouse. */
export const quoted = (text: string) => `'${escaped(text)}'`

/** A value as ClickHouse reads it where it is bound. */
export const asBound = (value: unknown): string =>
  typeof value === 'string' ? escaped(value) : inside(value)

/** A value as it stands in a statement, in place of one that is bound as `type`. */
export const asLiteral = (value: unknown, type: string): string =>
  `cast(${quoted(typeof value === 'string' ? value : inside(value))} as ${type})`

/** A value as ClickHouse reads it in a list. */
function inside(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inside).join(',')}]`
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
  }
  throw new TypeError(`A ${typeof value} cannot be bound to a statement.`)
}
