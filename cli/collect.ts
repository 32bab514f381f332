import { randomUUIDv7 } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { inNetworks } from '../api/collect/networks.ts'
import { createCollector } from '../api/collector.ts'
import { assertDurable } from '../database/durability.ts'
import { isUnavailable, openPostgres } from '../database/postgres.ts'
import { reportToSupervisor } from './child.ts'
import { type Config, ConfigError } from './config.ts'
import { readTrackerScripts } from './tracker-scripts.ts'

/** `footfall collect`: one collector. As many as wanted may run on one database. */
export async function collect(config: Config): Promise<void> {
  if (!config.databaseUrl)
    throw new ConfigError('DATABASE_URL is required to collect; "footfall start" sets it.')
  const pool = openPostgres(config.databaseUrl, {
    max: 8,
    statementTimeoutMs: 2_000,
    onError: () => {}, // the next request meets the fault and answers 503
  })
  // Where PostgreSQL is not there yet, requests are told 503 until it is.
  await assertDurable(pool).catch((error) => {
    if (!isUnavailable(error)) throw error
  })
  let isDraining = false
  const app = await createCollector({
    pool,
    environment: config.environment,
    appUrl: config.appUrl,
    trackerScripts: readTrackerScripts(),
    trustProxy: config.trustProxy,
    limits: config.limits,
    bots: { isBotNetwork: inNetworks(config.botNetworks), spamHosts: config.spamHosts },
    geography: { databasePath: config.geoDatabase, countryHeader: config.countryHeader },
    isDraining: () => isDraining,
    now: Date.now,
    newEventId: randomUUIDv7,
    log: { level: 'warn' },
  })
  const report = reportToSupervisor(async () => {
    // A balancer that asks /readyz sends elsewhere before the door is shut.
    isDraining = true
    await setTimeout(config.drainS * 1_000)
    await app.close()
    await pool.end()
  })
  await app.listen({ host: config.host, port: config.port })
  report({ kind: 'ready' })
}
