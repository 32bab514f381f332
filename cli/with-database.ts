import { join } from 'node:path'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import type { Config } from './config.ts'
import { findRunning, openDataFolder } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { prepareDatabase } from './prepare-database.ts'

/** The database of this installation: given, running, or started for the moment. */
export async function withDatabase(
  config: Config,
  work: (pool: Pool) => Promise<void>,
): Promise<void> {
  const withUrl = async (url: string) => {
    const pool = openPostgres(url, { max: 2, statementTimeoutMs: 10_000, onError: () => {} })
    try {
      await work(pool)
    } finally {
      await pool.end()
    }
  }
  const url = config.databaseUrl ?? findRunning(config.dataDir)?.databaseUrl
  if (url) return withUrl(url)
  const { postgresPassword } = await openDataFolder(config.dataDir)
  const server = await startEmbeddedPostgres({
    folder: join(config.dataDir, 'postgres'),
    port: await freePort(),
    password: postgresPassword,
    logFile: join(config.dataDir, 'logs/postgres.log'),
  })
  try {
    await prepareDatabase(server.url)
    await withUrl(server.url)
  } finally {
    await server.stop()
  }
}
