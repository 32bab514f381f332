import { forgetAll } from '../pipeline/forget.ts'
import { type Config, ConfigError } from './config.ts'
import { importEvents } from './import-events.ts'
import { withDatabase } from './with-database.ts'

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
