import { setTimeout as rest } from 'node:timers/promises'
import type { Pool } from '../database/postgres.ts'
import { beginRebuild, MANY_BLOCKS, rebuildStep, waitingBlocks } from '../pipeline/rebuild.ts'
import { type Config, ConfigError } from './config.ts'
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

/** Goes on with a rebuild to its end, and says how far it is. */
export async function runRebuild(
  pool: Pool,
  id: number,
  say: (line: string) => void,
): Promise<void> {
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
