import type { Query, QueryAnswer } from '../contract/query.ts'

/** The rows as CSV (RFC 4180): dimensions, metrics, and those of the compared range as `before_…`. */
export function asCsv(query: Query, { rows }: QueryAnswer): string {
  const { dimensions = [], metrics } = query
  const isCompared = rows.some(({ compare }) => compare)
  const head = [
    ...dimensions,
    ...metrics,
    ...(isCompared ? metrics.map((name) => `before_${name}`) : []),
  ]
  const lines = rows.map((row) => [
    ...dimensions.map((name) => row.dimensions[name] ?? ''),
    ...metrics.map((name) => row.metrics[name] ?? null),
    ...(isCompared ? metrics.map((name) => row.compare?.[name] ?? null) : []),
  ])
  return csv([head, ...lines])
}

/** What such rows have no room for, as headers. */
export const headersOf = ({ meta }: QueryAnswer): Record<string, string> => ({
  'x-freshness': meta.freshness,
  ...(meta.warnings.length > 0 && { 'x-warnings': asciiJson(meta.warnings) }),
  ...(meta.next_cursor !== undefined && { 'x-next-cursor': meta.next_cursor }),
})

/** A header is ASCII; names of properties are any text. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Any rows as CSV: a column for each member that is no list or object; nothing, not even a head, where there is no row. */
export function rowsAsCsv(rows: readonly object[]): string {
  if (rows.length === 0) return ''
  const entries = rows.map((row) => new Map<string, unknown>(Object.entries(row)))
  const head = [...new Set(entries.flatMap((row) => [...row.keys()]))].filter((name) =>
    entries.every((row) => isScalar(row.get(name))),
  )
  return csv([head, ...entries.map((row) => head.map((name) => row.get(name)))])
}

const isScalar = (value: unknown) => value === null || typeof value !== 'object'

const csv = (lines: readonly (readonly unknown[])[]) =>
  lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')

/** Text that a spreadsheet would run as a formula, behind whatever white space, begins with an apostrophe. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const text = /^\s*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The rows as JSON, one a line. */
export const asLines = ({ rows }: { readonly rows: readonly object[] }): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')
