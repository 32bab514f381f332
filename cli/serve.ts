import { join } from 'node:path'
import { Registry } from 'prom-client'
import { createAuth } from '../api/accounts/auth.ts'
import { createApp } from '../api/app.ts'
import { listenForChanges } from '../api/reports/changes.ts'
import { openClickHouse } from '../database/clickhouse.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { openPostgres } from '../database/postgres.ts'
import { runPipeline } from '../pipeline/run.ts'
import { reportToSupervisor } from './child.ts'
import { type Config, ConfigError, clickhouseOf, ROOT } from './config.ts'
import { readDataFolder } from './data-folder.ts'
import { exportOperations } from './operations.ts'

/** `footfall serve`: the app, that is the pipeline, the reports and the dashboard. Owns the embedded ClickHouse. */
export async function serve(config: Config): Promise<void> {
  if (!config.databaseUrl)
    throw new ConfigError('DATABASE_URL is required to serve; "footfall start" sets it.')
  const { authSecret } = await readDataFolder(config.dataDir)
  const warn = (error: Error) =>
    app.log.warn({ err: error }, 'a background task failed and will be tried again')
  const pool = openPostgres(config.databaseUrl, {
    max: 8,
    statementTimeoutMs: 60_000,
    onError: () => {},
  })
  const clickhouse = await openClickHouse(clickhouseOf(config))
  await migrateClickHouse(clickhouse)
  const registry = new Registry()
  exportOperations(registry, config.dataDir, Date.now)
  const { auth, newSignInLink } = createAuth({
    pool,
    secret: authSecret,
    baseUrl: config.publicUrl,
    secureCookies: config.publicUrl.startsWith('https:'),
  })
  const changes = await listenForChanges(pool, (error) => warn(error))
  const app = await createApp({
    pool,
    clickhouse,
    auth,
    changes,
    environment: config.environment,
    dashboardFolder: join(ROOT, 'dashboard/dist'),
    demoFolder: join(ROOT, 'demo'),
    registry,
    now: Date.now,
    trustProxy: ['127.0.0.1', '::1', ...config.trustProxy], // the collector in front of us
    log: { level: 'warn' },
  })
  const stopPipeline = runPipeline({
    pool,
    clickhouse,
    registry,
    now: () => new Date(),
    onError: warn,
  })
  const report = reportToSupervisor(async () => {
    changes.stop()
    await app.close()
    await stopPipeline()
    await clickhouse.close()
    await pool.end()
  })
  const { port, hostname } = new URL(config.appUrl ?? `http://${config.host}:${config.port}`)
  await app.listen({ host: hostname, port: Number(port) })
  const { rowCount } = await pool.query('select 1 from "user" limit 1')
  if (rowCount === 0) report({ kind: 'sign-in-link', url: await newSignInLink() })
  report({ kind: 'ready' })
}
