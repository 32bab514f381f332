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
  return [head, ...lines].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')
}

/** Text that a spreadsheet would run as a formula begins with an apostrophe. */
function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r\n|%]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The rows as JSON, one a line. */
export const asLines = ({ rows }: QueryAnswer): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')
