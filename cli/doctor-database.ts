import { newestMigration } from '../database/migrate.ts'
import type { Pool } from '../database/postgres.ts'
import { bad, type Finding, note, ok } from './finding.ts'

const OLDEST_POSTGRES = 150_000 // server_version_num

/** What the database tells: its version, its settings, what waits in it. */
export async function findingsOfDatabase(pool: Pool, nowMs: number): Promise<Finding[]> {
  return [
    ...(await ofServer(pool)),
    ...(await ofSchema(pool)),
    ...(await ofWork(pool, nowMs)),
    ...(await ofSize(pool)),
  ]
}

async function ofServer(pool: Pool): Promise<Finding[]> {
  const found: Finding[] = []
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `/* server settings */ select name, setting from pg_settings
     where name in ('server_version', 'server_version_num', 'fsync', 'synchronous_commit', 'full_page_writes',
                    'data_checksums', 'autovacuum', 'shared_preload_libraries', 'max_connections')`,
  )
  const of = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  found.push(
    Number(of.server_version_num) >= OLDEST_POSTGRES
      ? ok(`PostgreSQL ${of.server_version}`)
      : bad(`PostgreSQL ${of.server_version}`, 'Use 15 or newer.'),
  )
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes'])
    if (of[name] === 'off')
      found.push(bad(`PostgreSQL has ${name} = off`, 'Turn it on: confirmed events could be lost.'))
  if (of.data_checksums === 'off')
    found.push(
      note(
        'PostgreSQL has no data checksums',
        'A bad disk goes unseen. Stop it and run "pg_checksums --enable".',
      ),
    )
  if (of.autovacuum === 'off')
    found.push(bad('PostgreSQL has autovacuum = off', 'Turn it on: tables only grow without.'))
  // Not every role may see it.
  if (of.shared_preload_libraries?.includes('pg_stat_statements') === false)
    found.push(
      note(
        'pg_stat_statements is not loaded',
        'Add it to shared_preload_libraries: it tells which statement is slow.',
      ),
    )
  const { rows: use } = await pool.query<{ connections: number }>(
    'select count(*) as connections from pg_stat_activity',
  )
  const connections = use[0]?.connections ?? 0
  if (connections > 0.8 * Number(of.max_connections))
    found.push(
      bad(
        `${connections} of ${of.max_connections} connections are in use`,
        'Raise max_connections: a collector takes 8, the app 10.',
      ),
    )
  return found
}

async function ofSchema(pool: Pool): Promise<Finding[]> {
  const { rows } = await pool.query<{ schema: number }>(
    'select max(number) as schema from migrations',
  )
  const [schema, newest] = [rows[0]?.schema ?? 0, await newestMigration()]
  if (schema === newest) return [ok(`schema ${schema}`)]
  return schema < newest
    ? [bad(`schema ${schema}, this Footfall knows ${newest}`, 'Run "footfall migrate".')]
    : [bad(`schema ${schema} is newer than this Footfall (${newest})`, 'Start the newer version.')]
}

async function ofWork(pool: Pool, nowMs: number): Promise<Finding[]> {
  const { rows } = await pool.query<{
    waiting: number
    since: Date | null
    blocks: number
    blockSince: Date | null
    aside: number
    now: Date
  }>(
    `/* work */ select (select coalesce(sum(events), 0) from events_batches) as waiting,
            (select min(received_at) from events_batches) as since,
            (select count(*) from clickhouse_outbox) as blocks,
            (select min(created_at) from clickhouse_outbox) as "blockSince",
            (select count(*) from quarantine) as aside, clock_timestamp() as now`,
  )
  const work = rows[0]
  if (!work) return []
  const lagS = (since: Date | null) => (since ? (work.now.getTime() - since.getTime()) / 1_000 : 0)
  const found: Finding[] = []
  found.push(
    lagS(work.since) > 60
      ? bad(
          `${work.waiting} events wait for the pipeline, the first for ${lagS(work.since).toFixed(0)} s`,
          'Is the app running, and what does its log say? Nothing is lost meanwhile.',
        )
      : ok(`the pipeline keeps up (${work.waiting} events wait)`),
  )
  if (lagS(work.blockSince) > 60)
    found.push(
      bad(
        `${work.blocks} blocks wait for ClickHouse, the first for ${lagS(work.blockSince).toFixed(0)} s`,
        'Does ClickHouse answer, and has it room? Reports are old until then.',
      ),
    )
  if (work.aside > 0)
    found.push(
      note(
        `${work.aside} events are in quarantine`,
        'select reason, detail, count(*) from quarantine group by 1, 2: a bug of ours, please report it.',
      ),
    )
  const skewS = Math.abs(nowMs - work.now.getTime()) / 1_000
  if (skewS > 5)
    found.push(
      bad(
        `the database's clock differs by ${skewS.toFixed(0)} s`,
        'Run an NTP client on both machines.',
      ),
    )
  return found
}

async function ofSize(pool: Pool): Promise<Finding[]> {
  const { rows } = await pool.query<{ bytes: number; lastDay: number }>(
    `/* size */ select pg_database_size(current_database()) as bytes,
       (select coalesce(sum(events), 0) from event_counts where at > now() - interval '1 day') as "lastDay"`,
  )
  const { bytes = 0, lastDay = 0 } = rows[0] ?? {}
  return [
    ok(`the database takes ${(bytes / 1e9).toFixed(2)} GB; ${lastDay} events came within a day`),
  ]
}
