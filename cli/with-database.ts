import { join } from 'node:path'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import type { Config } from './config.ts'
import { findRunning, openDataFolder } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { prepareDatabase } from './prepare-database.ts'

/** Work on the database of this installation: given, running, or started for the moment. */
export function withDatabase(config: Config, work: (pool: Pool) => Promise<void>): Promise<void> {
  return withDatabaseUrl(config, async (url) => {
    const pool = openPostgres(url, { max: 2, statementTimeoutMs: 60_000, onError: () => {} })
    try {
      await work(pool)
    } finally {
      await pool.end()
    }
  })
}

/** The same by its address; one that is started is brought up to date first, unless `isPrepared` is false. */
export async function withDatabaseUrl(
  config: Config,
  work: (url: string) => Promise<void>,
  { isPrepared = true } = {},
): Promise<void> {
  const url = config.databaseUrl ?? findRunning(config.dataDir)?.databaseUrl
  if (url) return work(url)
  const { postgresPassword } = await openDataFolder(config.dataDir)
  const server = await startEmbeddedPostgres({
    folder: join(config.dataDir, 'postgres'),
    port: await freePort(),
    password: postgresPassword,
    logFile: join(config.dataDir, 'logs/postgres.log'),
  })
  try {
    if (isPrepared) await prepareDatabase(server.url)
    await work(server.url)
  } finally {
    await server.stop()
  }
}
