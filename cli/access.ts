import { join } from 'node:path'
import { type ApiKey, createApiKey } from '../api/accounts/api-key.ts'
import { createAuth } from '../api/accounts/auth.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { type Config, ConfigError } from './config.ts'
import { findRunning, openDataFolder } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { prepareDatabase } from './prepare-database.ts'

/** `footfall key create` */
export async function printKey(config: Config, key: ApiKey): Promise<void> {
  await withDatabase(config, async (pool) => {
    if (key.siteId !== null) {
      const { rowCount } = await pool.query('select 1 from sites where site_id = $1', [key.siteId])
      // It may be made later, or by its first event; a typing error would go unseen.
      if (rowCount === 0) console.error(`Note: there is no site ${key.siteId} yet.`)
    }
    console.log(await createApiKey(pool, key))
  })
}

/** `footfall sign-in-link` */
export async function printSignInLink(config: Config): Promise<void> {
  const { authSecret } = await openDataFolder(config.dataDir)
  await withDatabase(config, async (pool) => {
    const { newSignInLink } = createAuth({
      pool,
      secret: authSecret,
      baseUrl: config.publicUrl,
      secureCookies: config.publicUrl.startsWith('https:'),
    })
    console.log(await newSignInLink())
  })
}

/** `footfall site create` */
export async function createSite(
  config: Config,
  site: { siteId: string; name: string; timezone: string },
): Promise<void> {
  if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i.test(site.siteId)) {
    throw new ConfigError('A site id has 1 to 64 letters, digits, dots, dashes or underscores.')
  }
  if (!Intl.supportedValuesOf('timeZone').includes(site.timezone) && site.timezone !== 'UTC') {
    throw new ConfigError('--timezone must be an IANA zone such as Europe/Berlin.')
  }
  await withDatabase(config, async (pool) => {
    const { rowCount } = await pool.query(
      'insert into sites (site_id, name, timezone) values ($1, $2, $3) on conflict do nothing',
      [site.siteId, site.name, site.timezone],
    )
    if (rowCount === 0) throw new ConfigError(`The site ${site.siteId} is registered already.`)
    console.log(`Registered ${site.siteId}.`)
  })
}

/** The database of this installation: given, running, or started for the moment. */
async function withDatabase(config: Config, work: (pool: Pool) => Promise<void>): Promise<void> {
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
