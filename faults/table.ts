import type { Fault, Outcome } from './fault.ts'

export interface Row {
  readonly fault: Fault
  readonly outcome: Outcome
  readonly tookMs: number
}

export const verdictOf = ({ skipped, broken }: Outcome): string =>
  skipped ? 'skipped' : broken.length > 0 ? `FAILED: ${broken.join('; ')}` : 'OK'

/** The rows as a Markdown table. */
export function renderTable(rows: readonly Row[]): string {
  const head = [
    'id',
    'fault',
    'runs',
    'acked',
    'lost',
    'dup',
    'phantom',
    'answers',
    'measured',
    'verdict',
  ]
  const lines = rows.map(({ fault, outcome }) => [
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
    verdictOf(outcome),
  ])
  return [head, head.map(() => '---'), ...lines]
    .map(
      (cells) =>
        `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
    )
    .join('\n')
}

/** Runs, and what was asked for where that is more. */
function runsOf(fault: Fault, { runs }: Outcome): string {
  const asked = runs < fault.rounds.asked ? ` of ${fault.rounds.asked}` : ''
  return `${runs}${asked}${fault.shortened ? ` (${fault.shortened})` : ''}`
}
