/** A figure, what it may be, and whether it is. */
export interface Row {
  readonly what: string
  readonly figure: string
  /** Absent: a figure to read the others by. */
  readonly budget?: string
  readonly isWithin?: boolean
}

export interface Table {
  readonly title: string
  /** How it was measured, in a sentence or two. */
  readonly method: string
  readonly rows: readonly Row[]
}

/** The table as text, its columns aligned. */
export function textOf({ title, method, rows }: Table): string {
  const cells = [
    ['what', 'figure', 'budget', 'verdict'],
    ...rows.map(({ what, figure, budget = '', isWithin }) => [
      what,
      figure,
      budget,
      isWithin === undefined ? '' : isWithin ? 'within' : 'OVER',
    ]),
  ]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => width(row[column]))))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [title, method, '', ...lines, ''].join('\n')
}

const width = (cell = '') => cell.length
