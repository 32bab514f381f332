/** A slice of a thread’s time in Chromium’s trace, in microseconds. */
interface Slice {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Of the thread, not of the clock: what other programs take does not count, throttling does. */
  readonly tdur?: number
  readonly args?: {
    readonly data?: {
      readonly url?: string
      readonly documentLoaderURL?: string
      /** Of an event that is dispatched. */
      readonly type?: string
    }
  }
}

/** What the main thread of a page has done. */
export interface MainThread {
  readonly tasks: readonly Span[]
  /** The outermost slices in which a script ran. */
  readonly scripts: readonly (Span & { readonly url: string })[]
  /** Of events that a visitor makes. */
  readonly dispatches: readonly Span[]
  /** When the load event was over. */
  readonly loadedAtMs: number
}

export interface Span {
  readonly name: string
  readonly fromMs: number
  readonly untilMs: number
  readonly cpuMs: number
}

const LONG_MS = 50

export function readTrace(trace: Uint8Array, pageUrl: string): MainThread {
  const { traceEvents } = JSON.parse(Buffer.from(trace).toString()) as { traceEvents: Slice[] } // Chromium’s format
  const start = traceEvents.find(
    ({ name, args }) => name === 'navigationStart' && args?.data?.documentLoaderURL === pageUrl,
  )
  const loaded = traceEvents.find(
    ({ name, pid, ts }) => name === 'loadEventEnd' && pid === start?.pid && ts > start.ts,
  )
  const slices = traceEvents
    .filter(({ ph, pid, tid }) => ph === 'X' && pid === start?.pid && tid === start.tid)
    .sort((one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0))
  return {
    loadedAtMs: (loaded?.ts ?? 0) / 1_000,
    dispatches: outermost(slices.filter(isInput)).map(spanOf),
    tasks: outermost(slices.filter(({ name }) => name.endsWith('RunTask'))).map(spanOf),
    scripts: outermost(slices.filter(isScript)).map((slice) => ({
      ...spanOf(slice),
      url: slice.args?.data?.url ?? '',
    })),
  }
}

// Compiling is within the first; what a promise goes on with names no script.
const isScript = ({ name }: Slice) => /^(EvaluateScript|FunctionCall|RunMicrotasks)$/.test(name)

const isInput = ({ name, args }: Slice) =>
  name === 'EventDispatch' &&
  /^(?:click|auxclick|scroll|wheel|input|focus|(?:key|pointer|mouse|touch|focus)\w+)$/.test(
    args?.data?.type ?? '',
  )

function outermost(slices: readonly Slice[]): Slice[] {
  let end = 0
  return slices.filter(({ ts, dur = 0 }) => {
    if (ts < end) return false
    end = ts + dur
    return true
  })
}

const spanOf = ({ name, ts, dur = 0, tdur = 0 }: Slice): Span => ({
  name,
  fromMs: ts / 1_000,
  untilMs: (ts + dur) / 1_000,
  cpuMs: tdur / 1_000,
})

export const sumMs = (spans: readonly Span[]) => spans.reduce((sum, { cpuMs }) => sum + cpuMs, 0)

export const within = ({ fromMs, untilMs }: Span, spans: readonly Span[]) =>
  spans.filter((span) => span.fromMs >= fromMs && span.fromMs < untilMs)

/** The tasks of more than 50 ms, and those that are so only by the given spans’ share. */
export function longTasksOf(tasks: readonly Span[], spans: readonly Span[]) {
  const long = tasks.filter(({ cpuMs }) => cpuMs > LONG_MS)
  const added = long.filter((task) => task.cpuMs - sumMs(within(task, spans)) <= LONG_MS)
  return { long: long.length, added: added.length }
}
