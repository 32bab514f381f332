import type { Pool } from '../../database/postgres.ts'

/** Every event acknowledged before this instant is in the reports. */
export async function freshness({
  pool,
  now,
}: {
  readonly pool: Pool
  readonly now: () => number
}): Promise<string> {
  const asked = now()
  const { rows } = await pool.query<{ waiting: Date | null }>(
    `/* freshness */ select least((select min(received_at) from events_batches),
                                  (select min(created_at) from clickhouse_outbox)) as waiting`,
  )
  return (rows[0]?.waiting ?? new Date(asked)).toISOString()
}
