/**
 * Rows as CSV (RFC 4180): a column for each member that is no list or object.
 * A cell that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function toCsv(rows: readonly object[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.every((row) => isScalar((row as Record<string, unknown>)[name])),
  )
  const lines = rows.map((row) =>
    columns.map((name) => cell((row as Record<string, unknown>)[name])).join(','),
  )
  return [columns.map(cell).join(','), ...lines, ''].join('\r\n')
}

const isScalar = (value: unknown) => value === null || typeof value !== 'object'

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  // As OWASP lists them, the full-width ones too, behind whatever white space.
  const text = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
