import type { BrowserName } from './browsers.ts'
import type { Case } from './world.ts'

export interface Result {
  readonly id: string
  readonly browserName: BrowserName
  readonly version: string
  readonly passed: boolean
}

/** Which case was seen in which browser, as a page. */
export function caseTable(cases: readonly Case[], results: readonly Result[]): string {
  const browsers = [...new Set(results.map(({ browserName }) => browserName))]
  const versions = browsers.map(
    (name) => results.find(({ browserName }) => browserName === name)?.version ?? name,
  )
  const cell = ({ id, not }: Case, name: BrowserName) => {
    const reason = not?.[name]
    if (reason !== undefined) return `– ${reason}`
    const found = results.filter((result) => result.id === id && result.browserName === name)
    return found.length === 0 ? '–' : found.every(({ passed }) => passed) ? 'pass' : 'FAIL'
  }
  const rows = cases.map(
    (row) =>
      `| ${row.id} | ${row.title} | ${browsers.map((name) => cell(row, name)).join(' | ')} |`,
  )
  return [
    '# Browser cases',
    '',
    'Printed by `npm run browsers`; each is judged by what the server stored. `–`: not run in that browser, and why.',
    '',
    `| case | what | ${versions.join(' | ')} |`,
    `| --- | --- | ${browsers.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
  ].join('\n')
}
