import { type Config, ConfigError } from './config.ts'
import { openDataFolder } from './data-folder.ts'
import { prepareDatabase } from './prepare-database.ts'

/** `footfall migrate`: what `footfall start` does first, for installations that start the processes by themselves. */
export async function migrate(config: Config): Promise<void> {
  if (!config.databaseUrl)
    throw new ConfigError('DATABASE_URL is required; "footfall start" migrates its own database.')
  await openDataFolder(config.dataDir)
  await prepareDatabase(config.databaseUrl)
  console.log('The data folder and the database are up to date.')
}
