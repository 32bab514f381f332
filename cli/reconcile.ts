import { setTimeout as rest } from 'node:timers/promises'
import type { Config } from './config.ts'
import { withDatabase } from './with-database.ts'

/** `footfall reconcile`: what the app has counted, and has counted again. Answers whether all adds up. */
export async function showReconciliation(
  config: Config,
  siteId: string | undefined,
  isAgain: boolean,
): Promise<boolean> {
  let isRight = true
  await withDatabase(config, async (pool) => {
    if (isAgain) {
      await pool.query(
        `insert into reconciliations (site_id, day) select site_id, day from daily_site_metrics
         where $1::text is null or site_id = $1
         on conflict (site_id, day) do update set due_at = now()`,
        [siteId],
      )
      for (let tries = 0; tries < 600; tries++) {
        const { rowCount } = await pool.query(
          `select from reconciliations where (checked_at is null or checked_at < due_at)
             and ($1::text is null or site_id = $1) limit 1`,
          [siteId],
        )
        if (rowCount === 0) break
        await rest(1_000)
      }
    }
    const { rows } = await pool.query<{
      days: number
      record: number
      waiting: number
      wrong: number
    }>(
      `select count(*) as days, coalesce(sum(record), 0)::bigint as record,
              count(*) filter (where mismatch > 0) as wrong,
              count(*) filter (where checked_at is null or checked_at < due_at) as waiting
       from reconciliations where $1::text is null or site_id = $1`,
      [siteId],
    )
    const { days = 0, record = 0, wrong = 0, waiting = 0 } = rows[0] ?? {}
    console.log(
      `${days} days, ${record} events; ${wrong} days differ, ${waiting} wait to be counted.`,
    )
    const { rows: differing } = await pool.query(
      `select site_id, day::text, record, processed, daily, clickhouse, checked_at from reconciliations
       where mismatch > 0 and ($1::text is null or site_id = $1) order by site_id, day limit 100`,
      [siteId],
    )
    for (const row of differing) console.log(JSON.stringify(row))
    isRight = wrong === 0
  })
  return isRight
}
