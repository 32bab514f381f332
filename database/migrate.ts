import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { distributeTables } from './citus.ts'
import { type ClickHouse, selectRows } from './clickhouse.ts'
import { type Connection, inTransaction, type Pool } from './postgres.ts'

const MIGRATION_LOCK = 0x666f6f74 // "foot": any constant that nobody else locks
const LOCK_NOT_AVAILABLE = '55P03'
const LOCK_ATTEMPTS = 60
const LOCK_PAUSE_MS = 500

/**
 * Brings the record up to date, or to migration `upTo`. Safe to run from many
 * processes at once: they take turns; and beside collectors: what waits for a
 * lock makes all that come after it wait too, so it gives up after a second
 * and tries again.
 */
export async function migratePostgres(pool: Pool, upTo = Number.POSITIVE_INFINITY): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await migrateOnce(pool, upTo)
    } catch (error) {
      const isLocked = (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE // any thrown value may carry one
      if (!isLocked || attempt === LOCK_ATTEMPTS) throw error
      await setTimeout(LOCK_PAUSE_MS)
    }
  }
}

/** The number of the newest migration of the record that this Footfall has. */
export async function newestMigration(): Promise<number> {
  return Math.max(...(await readMigrations('postgres')).map(({ number }) => number))
}

async function migrateOnce(pool: Pool, upTo: number): Promise<void> {
  const migrations = await readMigrations('postgres')
  await inTransaction(pool, async (connection) => {
    await connection.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await connection.query("set local lock_timeout = '1s'")
    await connection.query(
      'create table if not exists migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())',
    )
    const applied = await appliedNumbers(connection)
    refuseNewer(applied, migrations)
    const due = migrations.filter(({ number }) => !applied.has(number) && number <= upTo)
    for (const migration of due) {
      // The bookkeeping row first: a second runner would meet it on the primary key.
      await connection.query('insert into migrations (number, name) values ($1, $2)', [
        migration.number,
        migration.name,
      ])
      await connection.query(migration.sql)
    }
    await distributeTables(connection)
  })
}

const PARTITIONED = [
  ['events_log', 'id_at'],
  ['pageviews', 'occurred_at'],
  ['user_events', 'occurred_at'],
] as const

/** Makes the partitions of last month to three months ahead. */
export async function ensurePartitions(pool: Pool, now: Date): Promise<void> {
  for (const [table, column] of PARTITIONED) {
    await pool.query(
      `/* partitions ahead */ select ensure_month_partitions($1, $2,
         ($3::timestamptz at time zone 'UTC' - interval '1 month')::date,
         ($3::timestamptz at time zone 'UTC' + interval '3 months')::date)`,
      [table, column, now],
    )
  }
}

/** Makes the partitions of the months in which the times (epoch ms) lie. */
export async function ensureMonths(pool: Pool, times: readonly number[]): Promise<void> {
  const months = new Set(times.map((ms) => `${new Date(ms).toISOString().slice(0, 7)}-01`))
  for (const [table, column] of PARTITIONED)
    await pool.query(
      `/* partitions of months */ select ensure_month_partitions($1, $2, month, month)
       from unnest($3::date[]) as month
       where to_regclass(format('%s_%s', $1, to_char(month, 'YYYY_MM'))) is null`,
      [table, column, [...months]],
    )
}

/** Brings the embedded or remote ClickHouse up to date. Statements are idempotent. */
export async function migrateClickHouse(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.command({
    query:
      'create table if not exists migrations (number UInt32, name String) engine = MergeTree order by number',
  })
  const rows = await selectRows<{ number: number }>(clickhouse, 'select number from migrations')
  const applied = new Set(rows.map((row) => row.number))
  const migrations = await readMigrations('clickhouse')
  refuseNewer(applied, migrations)
  for (const migration of migrations.filter((each) => !applied.has(each.number))) {
    await clickhouse.command({ query: migration.sql })
    await clickhouse.insert({
      table: 'migrations',
      values: [{ number: migration.number, name: migration.name }],
      format: 'JSONEachRow',
    })
  }
}

interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

async function readMigrations(engine: 'postgres' | 'clickhouse'): Promise<Migration[]> {
  const folder = join(import.meta.dirname, engine)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => ({
      number: Number.parseInt(name, 10),
      name,
      sql: await readFile(join(folder, name), 'utf8'),
    })),
  )
}

async function appliedNumbers(connection: Connection): Promise<Set<number>> {
  const { rows } = await connection.query<{ number: number }>('select number from migrations')
  return new Set(rows.map((row) => row.number))
}

function refuseNewer(applied: Set<number>, known: readonly Migration[]): void {
  const newest = Math.max(0, ...known.map((migration) => migration.number))
  const beyond = [...applied].filter((number) => number > newest)
  if (beyond.length > 0) {
    throw new Error(
      `The data was written by a newer Footfall (schema ${Math.max(...beyond)}, this one knows ${newest}). Start the newer version.`,
    )
  }
}
