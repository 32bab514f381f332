import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../cli/free-port.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { ensurePartitions, migratePostgres } from '../database/migrate.ts'
import { openPostgres } from '../database/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database that nobody writes to: tests clone it. */
    templateUrl: string
    /** Requests to a collector go through the shipped nginx: `npm run test:deploy`. */
    isBehindNginx: boolean
  }
}

/** One real PostgreSQL for the whole run. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-test-'))
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    password: 'test',
    logFile: join(folder, 'postgres.log'),
  })
  const pool = openPostgres(server.url, { max: 1, statementTimeoutMs: 60_000, onError: () => {} })
  await migratePostgres(pool)
  await ensurePartitions(pool, new Date())
  await pool.end()
  project.provide('templateUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
