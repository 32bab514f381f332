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
  const cell = (id: string, name: BrowserName) => {
    const found = results.filter((result) => result.id === id && result.browserName === name)
    return found.length === 0 ? '–' : found.every(({ passed }) => passed) ? 'pass' : 'FAIL'
  }
  const rows = cases.map(
    ({ id, title }) =>
      `| ${id} | ${title} | ${browsers.map((name) => cell(id, name)).join(' | ')} |`,
  )
  return [
    '# Browser cases',
    '',
    'Printed by `npm run browsers`; each is judged by what the server stored. `–`: not run in that browser.',
    '',
    `| case | what | ${versions.join(' | ')} |`,
    `| --- | --- | ${browsers.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
  ].join('\n')
}
