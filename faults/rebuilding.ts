import { rm } from 'node:fs/promises'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { openPostgres } from '../database/postgres.ts'
import { beginRebuild, rebuildStep } from '../pipeline/rebuild.ts'
import type { App } from './app-process.ts'
import type { ClickHouseProcess } from './clickhouse-process.ts'
import type { Rig } from './rig.ts'
import { sleep } from './wait.ts'

const TABLES = [
  'user_sessions',
  'pageviews',
  'user_events',
  'form_submissions',
  'daily_site_metrics',
]

/** A hash of all rows of each table, `events` being ClickHouse's: the same rows, the same hash. */
export type Hashes = ReadonlyMap<string, string>

export async function hashesOf(rig: Rig, clickhouse: ClickHouse): Promise<Hashes> {
  const hashes = new Map([['events', await hashOfEvents(clickhouse)]])
  for (const table of TABLES) {
    const [found] = await rig.query<{ hash: string }>(
      `select coalesce(md5(string_agg(row, ' ' order by row)), '') as hash
       from (select (to_jsonb(t) - 'computed_at')::text as row from ${table} t) r`,
    )
    hashes.set(table, found?.hash ?? '')
  }
  return hashes
}

/** The tables whose hashes differ. */
export const differing = (a: Hashes, b: Hashes): string[] =>
  [...a.keys()].filter((table) => a.get(table) !== b.get(table))

/**
 * Reads all there is, but for the number of the block that brought it. What a row adds to its visit is another where one
 * came late (pipeline/addition.ts): there the visits' sums count.
 */
export async function hashOfEvents(clickhouse: ClickHouse): Promise<string> {
  const [found] = await selectRows<{ hash: string }>(
    clickhouse,
    `select concat(toString(count()), ' ', toString(sum(cityHash64(toString(tuple(* except (outbox_id, first_of, prolongs_ms, ends_bounce)))))), ' ',
              (select toString(sum(cityHash64(session, prolongs_ms, bounces)))
               from (select session, sum(prolongs_ms) as prolongs_ms, sum(ends_bounce) as bounces from events group by session))) as hash
     from events`,
  )
  return found?.hash ?? ''
}

/** Makes a ClickHouse that is lost or damaged anew, as an operator does: it and the app start on an empty folder. */
export async function startEmpty(clickhouse: ClickHouseProcess, app: App): Promise<void> {
  await clickhouse.kill()
  app.signal('SIGKILL')
  await rm(clickhouse.folder, { recursive: true })
  await clickhouse.start()
  await app.becomesReady()
}

/** Rebuilds all sites of the record, while the app takes what comes of it to ClickHouse. */
export async function rebuildSites(rig: Rig): Promise<void> {
  const pool = openPostgres(rig.postgres.url, {
    ...{ max: 2, statementTimeoutMs: 60_000, onError: () => {} },
  })
  try {
    for (const site of await sitesThere(rig)) {
      const id = await beginRebuild(pool, site, '-infinity', 'infinity')
      while (!(await rebuildStep(pool, id))?.isDone) await sleep(5)
    }
  } finally {
    await pool.end()
  }
}

/** The sites of the record. */
export async function sitesThere(rig: Rig): Promise<string[]> {
  const rows = await rig.query<{ site_id: string }>('select distinct site_id from events_log')
  return rows.map(({ site_id }) => site_id)
}
