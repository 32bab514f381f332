import { type ClickHouse, type Reports, selectRows } from '../../database/clickhouse.ts'
import type { SiteScope, Statement } from '../../reports/scope.ts'
import { Problem } from '../errors.ts'
import type { Changes } from './changes.ts'
import { createFairQueue } from './fair-queue.ts'

export interface ReportLimits {
  /** Statements that run at the same time, and of them of one site. */
  readonly running: number
  readonly runningOfSite: number
  /** Statements of one site that may wait. */
  readonly waitingOfSite: number
  readonly seconds: number
  readonly memoryBytes: number
  /** Rows of answers that are kept. */
  readonly keptRows: number
}

export const REPORT_LIMITS: ReportLimits = {
  running: 4,
  runningOfSite: 2,
  waitingOfSite: 200,
  seconds: 30,
  memoryBytes: 2_000_000_000,
  keptRows: 500_000,
}

/** Where few are answered at once, a site leaves one for the others, however heavy its own are. */
const limitsOf = ({ atOnce }: Reports): ReportLimits =>
  atOnce === undefined
    ? REPORT_LIMITS
    : { ...REPORT_LIMITS, running: atOnce, runningOfSite: atOnce - 1 }

type Rows = Record<string, unknown>[]

interface Entry {
  readonly rows: Promise<Rows>
  /** Everything acknowledged before this instant is in the rows. */
  readonly freshness: string
  readonly abort: AbortController
  waiting: number
  isDone: boolean
  size: number
}

/** One request's way to the engine. */
export interface Asking {
  readonly run: (statement: Statement) => Promise<Rows>
  /** Of the oldest answer that was used. */
  readonly freshness: () => string
}

export interface ReportEngine {
  /** `freshness`: as it is now, read before anything is run. `signal`: the client has gone. */
  ask(scope: SiteScope, freshness: string, signal: AbortSignal): Asking
  /** How many answers are kept. */
  readonly kept: number
}

/**
 * Runs statements: those of one site in turn with those of the others, an equal
 * one that runs or has run only once. An answer is kept until the site has new
 * numbers, and keeps the freshness that it had: the notice of new numbers comes
 * some milliseconds after them.
 */
export function createReportEngine(
  { reports }: Pick<ClickHouse, 'reports'>,
  changes: Pick<Changes, 'subscribe'>,
  limits: ReportLimits = limitsOf(reports),
): ReportEngine {
  const queue = createFairQueue(limits)
  const sites = new Map<string, Map<string, Entry>>()
  let keptRows = 0

  const forget = (siteId: string) => {
    for (const { size } of sites.get(siteId)?.values() ?? []) keptRows -= size
    sites.delete(siteId)
  }
  const entriesOf = (siteId: string) => {
    const known = sites.get(siteId)
    if (known) return known
    const unsubscribe = changes.subscribe(siteId, () => {
      unsubscribe()
      forget(siteId)
    })
    const entries = new Map<string, Entry>()
    sites.set(siteId, entries)
    return entries
  }

  const start = (siteId: string, statement: Statement, freshness: string): Entry => {
    const abort = new AbortController()
    const { sql, params } = statement
    const run = () =>
      selectRows<Record<string, unknown>>(
        reports,
        `${sql}\nsettings max_execution_time = ${limits.seconds}, max_memory_usage = ${limits.memoryBytes}`,
        params,
        // Embedded, it runs to its end all the same, and is its site's turn until then.
        reports.atOnce === undefined ? abort.signal : undefined,
      )
    const entry: Entry = {
      rows: queue.enter(siteId, run, abort.signal),
      freshness,
      abort,
      waiting: 0,
      isDone: false,
      size: 0,
    }
    return entry
  }

  return {
    get kept() {
      return [...sites.values()].reduce((sum, entries) => sum + entries.size, 0)
    },
    ask(scope, freshness, signal) {
      let oldest = freshness
      return {
        freshness: () => oldest,
        async run(statement) {
          if (signal.aborted) throw new Problem('unavailable', 'Nobody waits for it any more.')
          const key = JSON.stringify([statement.sql, statement.params])
          // What is over many sites is not kept: any of them may change.
          const entries = scope.groupOf ? new Map<string, Entry>() : entriesOf(scope.siteId)
          let entry = entries.get(key)
          if (!entry) {
            const started = start(scope.siteId, statement, freshness)
            entries.set(key, started)
            started.rows.then(
              (rows) => {
                started.isDone = true
                started.size = rows.length + 1
                // Forgotten meanwhile: it answers those who wait, and nobody after.
                if (sites.get(scope.siteId)?.get(key) === started) keptRows += started.size
                if (keptRows > limits.keptRows)
                  for (const siteId of [...sites.keys()]) forget(siteId)
              },
              () => {
                started.isDone = true
                if (entries.get(key) === started) entries.delete(key)
              },
            )
            entry = started
          }
          if (entry.freshness < oldest) oldest = entry.freshness
          const used = entry
          used.waiting += 1
          const leave = () => {
            used.waiting -= 1
            if (used.waiting > 0 || used.isDone) return
            used.abort.abort()
            if (entries.get(key) === used) entries.delete(key)
          }
          signal.addEventListener('abort', leave, { once: true })
          try {
            return await used.rows
          } catch (error) {
            throw asProblem(error, limits)
          } finally {
            signal.removeEventListener('abort', leave)
          }
        },
      }
    },
  }
}

/** What the engine refuses, in our terms. */
function asProblem(error: unknown, { seconds, memoryBytes }: ReportLimits): unknown {
  switch (errorCode(error)) {
    case '159':
      return new Problem(
        'query_too_heavy',
        `It took longer than ${seconds} s: ask for a shorter range or fewer dimensions.`,
      )
    case '241':
      return new Problem(
        'query_too_heavy',
        `It took more than ${Math.round(memoryBytes / 1e9)} GB of memory: ask for a shorter range or fewer dimensions.`,
      )
    case '427':
      return new Problem(
        'invalid_query',
        `filters: ${PATTERN.exec(String(error))?.groups?.told ?? 'a pattern'} is not one of RE2 (github.com/google/re2/wiki/Syntax).`,
        { part: 'filters' },
      )
    default:
      return error
  }
}

/** The pattern, and what is wrong with it. */
const PATTERN = /cannot compile re2: (?<told>.*?, error: .*?)\. Look/s

const errorCode = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
