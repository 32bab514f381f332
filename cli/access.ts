import { type ApiKey, createApiKey } from '../api/accounts/api-key.ts'
import { createAuth } from '../api/accounts/auth.ts'
import type { Config } from './config.ts'
import { openDataFolder } from './data-folder.ts'
import { withDatabase } from './with-database.ts'

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
