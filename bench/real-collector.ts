import { randomUUIDv7 } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollector } from '../api/collector.ts'
import { freePort } from '../cli/free-port.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { ensurePartitions, migratePostgres } from '../database/migrate.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'

export interface RealCollector {
  readonly url: string
  readonly pool: Pool
  /** Stops it and its database, and removes what they wrote. */
  close(): Promise<void>
}

/** A collector in this process, on a PostgreSQL of its own in a temporary folder. */
export async function startRealCollector(): Promise<RealCollector> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-bench-'))
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    password: 'bench',
    logFile: join(folder, 'postgres.log'),
  })
  const pool = openPostgres(server.url, { max: 8, statementTimeoutMs: 60_000, onError: () => {} })
  await migratePostgres(pool)
  await ensurePartitions(pool, new Date())
  const collector = await createCollector({
    pool,
    environment: 'development',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: ['127.0.0.1'],
    now: Date.now,
    newEventId: randomUUIDv7,
    log: false,
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
  const { port } = collector.server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    pool,
    async close() {
      await collector.close()
      await pool.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
