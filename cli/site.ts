import { type Config, ConfigError } from './config.ts'
import { siteColumns } from './site-settings.ts'
import { withDatabase } from './with-database.ts'

/** `footfall site create` and `footfall site set`: collectors follow within a moment. */
export async function writeSite(
  config: Config,
  verb: 'create' | 'set',
  siteId: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i.test(siteId)) {
    throw new ConfigError('A site id has 1 to 64 letters, digits, dots, dashes or underscores.')
  }
  const { name, timezone, status, allowed_hosts, exclude, retention } = siteColumns(given)
  await withDatabase(config, async (pool) => {
    if (verb === 'create') {
      const { rowCount } = await pool.query(
        'insert into sites (site_id, name) values ($1, $1) on conflict do nothing',
        [siteId],
      )
      if (rowCount === 0) throw new ConfigError(`The site ${siteId} is registered already.`)
    }
    const { rows } = await pool.query(
      `update sites
       set name = coalesce($2, name), timezone = coalesce($3, timezone), status = coalesce($4, status),
           allowed_hosts = coalesce($5, allowed_hosts), exclude = exclude || $6::jsonb,
           retention = retention || $7::jsonb
       where site_id = $1
       returning site_id, name, timezone, status, allowed_hosts, exclude, retention`,
      [
        ...[siteId, name, timezone, status, allowed_hosts],
        ...[JSON.stringify(exclude), JSON.stringify(retention)],
      ],
    )
    if (rows.length === 0) throw new ConfigError(`The site ${siteId} is not registered.`)
    console.log(`${verb === 'create' ? 'Registered' : 'Changed'} ${JSON.stringify(rows[0])}`)
  })
}
