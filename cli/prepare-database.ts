import { assertDurable } from '../database/durability.ts'
import { ensurePartitions, migratePostgres } from '../database/migrate.ts'
import { openPostgres } from '../database/postgres.ts'

/** Checks the database at `url` and brings it up to date: what every start does first. */
export async function prepareDatabase(url: string): Promise<void> {
  const pool = openPostgres(url, { max: 2, statementTimeoutMs: 600_000, onError: () => {} })
  try {
    await assertDurable(pool)
    await migratePostgres(pool)
    await ensurePartitions(pool, new Date())
  } finally {
    await pool.end()
  }
}
