import { type Config, ConfigError } from './config.ts'
import { prepareDatabase } from './prepare-database.ts'

/** `footfall migrate`: for installations that start collectors by themselves. */
export async function migrate(config: Config): Promise<void> {
  if (!config.databaseUrl)
    throw new ConfigError('DATABASE_URL is required; "footfall start" migrates its own database.')
  await prepareDatabase(config.databaseUrl)
  console.log('The database is up to date.')
}
