import { setTimeout as rest } from 'node:timers/promises'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from '../pipeline/claim.ts'
import { forget } from '../pipeline/forget.ts'
import { replayQuarantined } from '../pipeline/quarantine.ts'
import { beginRebuild, MANY_BLOCKS, rebuildStep, waitingBlocks } from '../pipeline/rebuild.ts'
import { forecast } from '../pipeline/retention.ts'
import { previewRules, type VisitTotals } from '../pipeline/rules-preview.ts'
import { type StoredRules, siteRules } from '../pipeline/site-rules.ts'
import { type Config, ConfigError } from './config.ts'
import { importEvents } from './import-events.ts'
import { withDatabase } from './with-database.ts'

/** `footfall rebuild`: processed tables and ClickHouse, from the record. */
export async function rebuild(
  config: Config,
  siteId: string,
  from: string | undefined,
  to: string | undefined,
): Promise<void> {
  const dateOf = (name: string, text: string) => {
    const at = new Date(text)
    if (Number.isNaN(at.getTime())) throw new ConfigError(`--${name} must be a date: 2026-11-01.`)
    return at
  }
  await withDatabase(config, async (pool) => {
    const id = await beginRebuild(
      pool,
      siteId,
      from ? dateOf('from', from) : '-infinity',
      to ? dateOf('to', to) : 'infinity',
    )
    await runRebuild(pool, id, console.log)
  })
}

async function runRebuild(pool: Pool, id: number, say: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  let saidAt = 0
  for (;;) {
    // The record goes on coming in meanwhile; what ClickHouse has not taken yet is not to pile up.
    while ((await waitingBlocks(pool)) > MANY_BLOCKS) {
      say('Waiting for ClickHouse to take what is done: is the app running?')
      await rest(2_000)
    }
    const progress = await rebuildStep(pool, id)
    if (!progress) {
      await rest(50) // the pipeline is at its own work
      continue
    }
    const seconds = (performance.now() - startedAt) / 1_000
    if (progress.isDone || seconds - saidAt > 2) {
      saidAt = seconds
      say(`${progress.events} events of ${progress.visitors} visitors, ${seconds.toFixed(1)} s`)
    }
    if (progress.isDone) return
  }
}

/** `footfall rules`: shows what other rules would make of the last days, and applies them. */
export async function changeRules(
  config: Config,
  siteId: string,
  change: StoredRules,
  options: { days: number; isApplied: boolean; now: Date },
): Promise<void> {
  await withDatabase(config, async (pool) => {
    const { rows } = await pool.query<{ rules: StoredRules }>(
      'select rules from sites where site_id = $1',
      [siteId],
    )
    if (!rows[0]) throw new ConfigError(`The site ${siteId} is not registered.`)
    const { rules: before } = rows[0]
    const after = { ...before, ...change }
    const from = new Date(options.now.getTime() - options.days * 24 * 3_600_000)
    const totals = await previewRules(pool, siteId, from, options.now, [
      siteRules(before),
      siteRules(after),
    ])
    const [was, will] = totals
    if (was && will) console.log(difference(was, will, options.days))
    if (!options.isApplied) {
      console.log('Nothing is changed yet. The same with --apply yes sets the rules and rebuilds.')
      return
    }
    await pool.query('update sites set rules = $2 where site_id = $1', [
      siteId,
      JSON.stringify(after),
    ])
    await runRebuild(pool, await beginRebuild(pool, siteId, '-infinity', 'infinity'), console.log)
  })
}

function difference(was: VisitTotals, will: VisitTotals, days: number): string {
  const percent = (part: number, whole: number) =>
    whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
  const seconds = ({ durationMs, visits }: VisitTotals) =>
    visits === 0 ? '–' : `${(durationMs / visits / 1_000).toFixed(0)} s`
  const lines: (readonly [string, string, string])[] = [
    ['visits', `${was.visits}`, `${will.visits}`],
    ['bounce', percent(was.bounces, was.visits), percent(will.bounces, will.visits)],
    ['duration', seconds(was), seconds(will)],
    ['visits of bots', `${was.botVisits}`, `${will.botVisits}`],
  ]
  const channels = new Set([...was.channels.keys(), ...will.channels.keys()])
  for (const channel of [...channels].sort())
    lines.push([
      `channel ${channel}`,
      `${was.channels.get(channel) ?? 0}`,
      `${will.channels.get(channel) ?? 0}`,
    ])
  const width = Math.max(...lines.map(([name]) => name.length))
  const told = lines.map(([name, before, after]) =>
    before === after
      ? `${name.padEnd(width)}  ${before}`
      : `${name.padEnd(width)}  ${before} → ${after}`,
  )
  return [`The last ${days} days:`, ...told].join('\n')
}

/** `footfall import events`. */
export async function runImport(
  config: Config,
  options: { file: string; siteId: string; rejects: string | undefined },
): Promise<void> {
  const rejects =
    options.rejects ?? `${options.file === '-' ? 'import' : options.file}.rejected.ndjson`
  await withDatabase(config, async (pool) => {
    const { rowCount } = await pool.query('select from sites where site_id = $1', [options.siteId])
    if (rowCount === 0) throw new ConfigError(`The site ${options.siteId} is not registered.`)
    const startedAt = performance.now()
    let saidAt = 0
    const done = await importEvents({
      ...{ pool, rejects, file: options.file, siteId: options.siteId, now: Date.now },
      onProgress: ({ line, accepted, duplicates, rejected }) => {
        const seconds = (performance.now() - startedAt) / 1_000
        if (seconds - saidAt < 2) return
        saidAt = seconds
        console.log(
          `line ${line}: ${accepted} accepted, ${duplicates} duplicates, ${rejected} rejected`,
        )
      },
    })
    const seconds = (performance.now() - startedAt) / 1_000
    console.log(
      `Import ${done.importId} is done: ${done.accepted} accepted, ${done.duplicates} duplicates, ${done.rejected} rejected in ${seconds.toFixed(1)} s.`,
    )
    if (done.rejected > 0) console.log(`What was rejected, and why: ${rejects}`)
  })
}

/** `footfall import undo`: what an import brought is taken out of every table. */
export async function undoImport(config: Config, importId: number): Promise<void> {
  await withDatabase(config, async (pool) => {
    const { rows } = await pool.query<{ site_id: string }>(
      'update imports set undone_at = now(), finished_at = coalesce(finished_at, now()) where import_id = $1 returning site_id',
      [importId],
    )
    const siteId = rows[0]?.site_id
    if (siteId === undefined) throw new ConfigError(`There is no import ${importId}.`)
    const all = await forgetAll(
      pool,
      siteId,
      'l.batch_id in (select batch_id from import_batches where import_id = $2)',
      [importId],
    )
    console.log(`${all} events of import ${importId} are taken out.`)
  })
}

async function forgetAll(
  pool: Pool,
  siteId: string,
  which: string,
  values: readonly unknown[],
): Promise<number> {
  let all = 0
  for (;;) {
    const events = await inTransaction(pool, async (connection) =>
      (await takeLock(connection)) ? forget(connection, siteId, which, values, 5_000) : undefined,
    )
    if (events === 0) {
      const { rows } = await pool.query<{ waiting: boolean }>(
        `select exists (select from events_log l join events_batches using (batch_id) where l.site_id = $1 and ${which}) as waiting`,
        [siteId, ...values],
      )
      if (!rows[0]?.waiting) return all
    }
    all += events ?? 0
    if (!events) await rest(50) // the pipeline is at its own work, or has yet to do it
  }
}

/** `footfall quarantine`: what could not be processed, and why; and again. */
export async function quarantine(
  config: Config,
  verb: 'list' | 'replay',
  options: { siteId: string | undefined; eventId: string | undefined; event: string | undefined },
): Promise<void> {
  await withDatabase(config, async (pool) => {
    if (verb === 'replay') {
      const { siteId, eventId, event } = options
      const mended: unknown = event === undefined ? undefined : parsed(event)
      const events = await replayQuarantined(pool, { siteId, eventId, event: mended })
      console.log(`${events} events are on the pipeline's list again.`)
      return
    }
    const { rows } = await pool.query(
      `select site_id, event_id, reason, detail, created_at, event from quarantine
       where ($1::text is null or site_id = $1) and ($2::uuid is null or event_id = $2) order by created_at limit 100`,
      [options.siteId, options.eventId],
    )
    for (const row of rows) console.log(JSON.stringify(row))
    if (rows.length === 0) console.log('Nothing is in quarantine.')
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new ConfigError('--event must be JSON: the event as it is to be.')
  }
}

/** `footfall reconcile`: what the app has counted, and has counted again. Answers whether all adds up. */
export async function showReconciliation(
  config: Config,
  siteId: string | undefined,
  isAgain: boolean,
): Promise<boolean> {
  let isRight = true
  await withDatabase(config, async (pool) => {
    if (isAgain) {
      await pool.query(
        `insert into reconciliations (site_id, day) select site_id, day from daily_site_metrics
         where $1::text is null or site_id = $1
         on conflict (site_id, day) do update set due_at = now()`,
        [siteId],
      )
      for (let tries = 0; tries < 600; tries++) {
        const { rowCount } = await pool.query(
          `select from reconciliations where (checked_at is null or checked_at < due_at)
             and ($1::text is null or site_id = $1) limit 1`,
          [siteId],
        )
        if (rowCount === 0) break
        await rest(1_000)
      }
    }
    const { rows } = await pool.query<{
      days: number
      record: number
      waiting: number
      wrong: number
    }>(
      `select count(*) as days, coalesce(sum(record), 0)::bigint as record,
              count(*) filter (where mismatch > 0) as wrong,
              count(*) filter (where checked_at is null or checked_at < due_at) as waiting
       from reconciliations where $1::text is null or site_id = $1`,
      [siteId],
    )
    const { days = 0, record = 0, wrong = 0, waiting = 0 } = rows[0] ?? {}
    console.log(
      `${days} days, ${record} events; ${wrong} days differ, ${waiting} wait to be counted.`,
    )
    const { rows: differing } = await pool.query(
      `select site_id, day::text, record, processed, daily, clickhouse, checked_at from reconciliations
       where mismatch > 0 and ($1::text is null or site_id = $1) order by site_id, day limit 100`,
      [siteId],
    )
    for (const row of differing) console.log(JSON.stringify(row))
    isRight = wrong === 0
  })
  return isRight
}

/** `footfall forecast`: what the data takes, and will. */
export async function printForecast(config: Config): Promise<void> {
  const size = (bytes: number) =>
    bytes > 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
  await withDatabase(config, async (pool) => {
    console.log('table              now        rows         a day        in a month  in a year')
    for (const { table, bytes, rows, rowsADay, bytesIn } of await forecast(pool, new Date()))
      console.log(
        [
          table.padEnd(18),
          size(bytes).padEnd(10),
          `${rows}`.padEnd(12),
          `${Math.round(rowsADay)}`.padEnd(12),
          size(bytesIn.month).padEnd(11),
          size(bytesIn.year),
        ].join(' '),
      )
    console.log('As it would be if sites went on as in the last week, and nothing were deleted.')
  })
}
