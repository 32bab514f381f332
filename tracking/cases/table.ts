import type { BrowserName } from './browsers.ts'
import type { Case } from './world.ts'

export interface Result {
  readonly id: string
  readonly browserName: BrowserName
  readonly version: string
  readonly passed: boolean
}

/** Cases that no machine of ours can run, or not as they stand. */
const NOT_COVERED = [
  'B02 and E03 in Firefox and WebKit: their drivers end no process; the page is silenced instead.',
  'B07, B02 and E12: whether a page can be seen is told to it where a driver hides none.',
  'B14: fetch, sendBeacon, toJSON and histories are patched, JSON.stringify and Promise are not.',
  'B18: ten minutes offline are seconds here; the events carry their own times either way.',
  'B19: a collector that hangs is given up after 30 s; a hang of 60 s is not waited for.',
  'B21: a link that opens another tab and one that is opened with a key held; they are clicks like others.',
  'B23: a frame of another site with storage of its own, and a browser that blocks all of it.',
  'B34: eight hours of sleep are a clock that jumps; no machine is put to sleep.',
  'B35: the time of a handler on a large page is measured by `npm run bench tracker`.',
  'B36: 1 000 routes, 120 of them in `npm test`.',
  'B38: the size is a test, the time at the start is measured by `npm run bench tracker`.',
  'B37: the difference of INP is measured by `npm run bench tracker`, not judged by a test.',
  'B43: picture-in-picture, the keyboard of a phone and pinch zoom are no gestures of these drivers; resize and zoom stand for them.',
  'B45: Android’s and iOS’s web views, reader modes and translators are not to be had; the document is replaced as they do.',
  'Safari itself: WebKitGTK is the same engine with another network and storage; its seven-day erasure is B46.',
]

/** Which case was seen in which browser, as a page. */
export function caseTable(cases: readonly Case[], results: readonly Result[]): string {
  const browsers = [...new Set(results.map(({ browserName }) => browserName))].sort()
  const versions = browsers.map(
    (name) => results.find(({ browserName }) => browserName === name)?.version ?? name,
  )
  const cell = ({ id, not }: Case, name: BrowserName) => {
    const reason = not?.[name]
    if (reason !== undefined) return `– ${reason}`
    const last = results.findLast((result) => result.id === id && result.browserName === name)
    return last === undefined ? '–' : last.passed ? 'pass' : 'FAIL'
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
    '## Not covered',
    '',
    ...NOT_COVERED.map((line) => `- ${line}`),
    '',
  ].join('\n')
}
