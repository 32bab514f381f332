import { DIMENSIONS } from './dimensions.ts'
import { METRICS } from './metrics.ts'

/** `docs/metrics.md`: what the endpoints `/metrics` and `/dimensions` print, to read. */
export function referenceText(): string {
  const metrics = METRICS.map(({ name, unit, definition, numerator, denominator, needs }) => [
    `\`${name}\``,
    unit,
    numerator && denominator ? `${numerator} ÷ ${denominator}` : '',
    definition + (needs ? ` Needs ${NEEDS[needs]}.` : ''),
  ])
  const dimensions = DIMENSIONS.map(({ name, of, definition, visit }) => [
    `\`${name}\``,
    of,
    visit ? 'yes' : '',
    definition,
  ])
  return `# Metrics and dimensions

Written by a test from \`reports/metrics.ts\` and \`reports/dimensions.ts\`; \`GET /api/v1/metrics\` and \`/api/v1/dimensions\` print the same.

## Metrics

${table(['metric', 'unit', 'of', 'definition'], metrics)}

## Dimensions

\`time\` is the grain that fits the range; \`event:props:NAME\` any property of the events. Metrics of visits (bounce rate, duration, engaged time, exits) go by
the dimensions with a yes.

${table(['dimension', 'of', 'visits', 'definition'], dimensions)}
`
}

const NEEDS = {
  goal: '`event:goal` in the dimensions or filters',
  dimensions: 'a dimension',
  page: '`event:page` or `visit:exit_page` among the dimensions',
}

/** Columns padded, as the formatter leaves them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
