import type { Answer, Ledger } from './ledger.ts'
import type { Comparison, Rig } from './rig.ts'

export type Size = 'small' | 'full'

/** One row of the table of faults. */
export interface Fault {
  readonly id: string
  readonly title: string
  /** What OK means beside the promises that always hold. */
  readonly ok: string
  readonly rounds: { readonly small: number; readonly full: number; readonly asked: number }
  /** How a full run is less than what was asked for, beside its rounds. */
  readonly shortened?: string
  /** It leaves the database in a state that others should not meet. */
  readonly needsOwnRig?: true
  run(rig: Rig, options: RunOptions): Promise<Outcome>
}

export interface RunOptions {
  readonly rounds: number
  readonly size: Size
}

export interface Outcome {
  readonly runs: number
  readonly acked: number
  readonly lost: number
  readonly dup: number
  readonly phantom: number
  readonly answers: ReadonlyMap<Answer, number>
  readonly measured: string
  /** Promises that did not hold; none: OK. */
  readonly broken: readonly string[]
  /** Why it could not be done here. */
  readonly skipped?: string
}

/** What always must hold, and what the fault adds to it. */
export function judge(
  ledger: Ledger,
  comparison: Comparison,
  own: {
    readonly runs: number
    readonly measured: string
    readonly broken?: readonly (string | false)[]
  },
): Outcome {
  const { lost, dup, phantom, unresolved } = comparison
  const broken = [
    lost > 0 && `${lost} lost`,
    dup > 0 && `${dup} counted twice`,
    phantom > 0 && `${phantom} phantoms`,
    unresolved > 0 && `${unresolved} never acknowledged after the fault`,
    (ledger.answers.get('none') ?? 0) > 0 && `${ledger.answers.get('none')} without an answer`,
    ledger.withoutRetryAfter.length > 0 &&
      `${ledger.withoutRetryAfter.length} 503 without Retry-After: ${ledger.withoutRetryAfter[0]}`,
    ledger.strange.length > 0 && `${ledger.strange.length} strange answers: ${ledger.strange[0]}`,
    ledger.acks.length === 0 && 'nothing was acknowledged',
    ...(own.broken ?? []),
  ].filter((each) => each !== false)
  return {
    runs: own.runs,
    acked: ledger.count('acked'),
    lost,
    dup,
    phantom,
    answers: ledger.answers,
    measured: `${own.measured}; longest answer ${seconds(ledger.longestMs)}`,
    broken,
  }
}

export const skipped = (reason: string): Outcome => ({
  runs: 0,
  acked: 0,
  lost: 0,
  dup: 0,
  phantom: 0,
  answers: new Map(),
  measured: reason,
  broken: [],
  skipped: reason,
})

export const seconds = (ms: number | undefined) =>
  ms === undefined ? 'never' : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`

export const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`

export const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0)

/** A collector to which nothing was done has no reason to end. */
export const survived = (collector: { readonly restarts: number; readonly output: string }) =>
  collector.restarts > 0 &&
  `the collector ended ${collector.restarts} times: ${collector.output.slice(0, 300)}`

/** Faults hold timings to account only in a full run: a busy machine must not fail a test. */
export const limitMs = (
  size: Size,
  what: string,
  ms: number | undefined,
  limit: number,
): string | false =>
  size === 'full' && (ms ?? Number.POSITIVE_INFINITY) > limit && `${what} took ${seconds(ms)}`
