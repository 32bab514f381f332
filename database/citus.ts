import type { Connection } from './postgres.ts'

/** What grows with the events, and what is looked up for each. The others stay on the coordinator, which joins them. */
export const DISTRIBUTED = [
  'events_log',
  'user_sessions',
  'pageviews',
  'user_events',
  'form_submissions',
  'quarantine', // is left out of the record wherever that is read
  'erasures', // is taken out of it
] as const

/**
 * On a Citus cluster (the database has the extension citus): puts each site's
 * rows of these tables on one node, those of all tables on the same. What the
 * tables hold moves with them; a table that is distributed already stays as it
 * is. In the caller's transaction.
 */
export async function distributeTables(connection: Connection): Promise<void> {
  const { rows: extension } = await connection.query(
    "select from pg_extension where extname = 'citus'",
  )
  if (extension.length === 0) return
  for (const table of DISTRIBUTED)
    await connection.query(
      `/* distribute */ select create_distributed_table(t, 'site_id', colocate_with => $2)
       from to_regclass($1) as t
       where t is not null and not exists (select from pg_dist_partition where logicalrelid = t)`,
      [table, table === DISTRIBUTED[0] ? 'none' : DISTRIBUTED[0]],
    )
}
