import type { Fault, Outcome } from './fault.ts'

export interface Row {
  readonly fault: Fault
  readonly outcome: Outcome
  readonly tookMs: number
}

export const verdictOf = ({ skipped, broken }: Outcome): string =>
  skipped ? 'skipped' : broken.length > 0 ? `FAILED: ${broken.join('; ')}` : 'OK'

const HEAD = [
  ...['id', 'fault', 'runs', 'acked', 'lost', 'dup', 'phantom', 'answers', 'measured'],
  ...['took', 'verdict'],
]

export const TABLE_HEAD = [line(HEAD), line(HEAD.map(() => '---'))].join('\n')

/** One line of a Markdown table; it begins with the fault's id. */
export function tableLine({ fault, outcome, tookMs }: Row): string {
  return line([
    fault.id,
    fault.title,
    runsOf(fault, outcome),
    String(outcome.acked),
    String(outcome.lost),
    String(outcome.dup),
    String(outcome.phantom),
    [...outcome.answers]
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
      .map(([answer, times]) => `${times} × ${answer}`)
      .join(', '),
    outcome.measured,
    `${(tookMs / 1_000).toFixed(0)} s`,
    verdictOf(outcome),
  ])
}

/** Runs, and what was asked for where that is more. */
function runsOf(fault: Fault, { runs }: Outcome): string {
  const asked = runs < fault.rounds.asked ? ` of ${fault.rounds.asked}` : ''
  return `${runs}${asked}${fault.shortened ? ` (${fault.shortened})` : ''}`
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
