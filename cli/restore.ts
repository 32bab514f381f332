import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { from as copyFrom } from 'pg-copy-streams'
import { openClickHouse, selectRows } from '../database/clickhouse.ts'
import { assertDurable } from '../database/durability.ts'
import { ensurePartitions, migratePostgres, newestMigration } from '../database/migrate.ts'
import { type Connection, inTransaction, openPostgres, type Pool } from '../database/postgres.ts'
import type { Receipt } from '../pipeline/erase-visitor.ts'
import { takeOutErased } from '../pipeline/erasures.ts'
import { BACKUP_FORMAT, backupsIn, MANIFEST, type Manifest, type TableFile } from './backup.ts'
import { digestOf, quoted } from './backup-tables.ts'
import { type Config, ConfigError, clickhouseOf } from './config.ts'
import { findRunning, openDataFolder, replaceAuthSecret } from './data-folder.ts'
import { noteOperation } from './operations.ts'
import { withDatabaseUrl } from './with-database.ts'

export interface Restored {
  readonly createdAt: string
  /** Events of the record, all of which wait for the pipeline. */
  readonly events: number
  /** Events of the backup that are not in the record, as their visitors were erased since. */
  readonly erased: number
  readonly seconds: number
}

/**
 * `footfall restore`: a backup into an installation that has nothing yet.
 * Collecting can begin at once; the pipeline makes visits, days and ClickHouse
 * again from the record. Every row is compared with what the backup says. Who
 * was erased since is erased again: by the backups of the same folder that are
 * newer, and by the receipts in a file of a line each.
 */
export async function restore(
  config: Config,
  folder: string,
  receipts?: string,
): Promise<Restored> {
  const startedAt = performance.now()
  const running = findRunning(config.dataDir)
  if (running)
    throw new ConfigError(
      `DATA_DIR ${config.dataDir} is in use by process ${running.pid}: stop it first.`,
    )
  const manifest = await readBackup(folder)
  const newer = await newerErasures(folder, manifest.createdAt)
  const erasures = receipts === undefined ? [] : await readReceipts(receipts)
  await openDataFolder(config.dataDir)
  await assertNoReports(config)
  let events = 0
  let erased = 0
  await withDatabaseUrl(
    config,
    async (url) => {
      const pool = openPostgres(url, { max: 2, statementTimeoutMs: 0, onError: () => {} })
      try {
        await assertDurable(pool)
        await migratePostgres(pool, manifest.schema)
        events = await load(pool, manifest, resolve(folder))
        await migratePostgres(pool)
        await ensurePartitions(pool, new Date())
        erased = await inTransaction(pool, (connection) => eraseAgain(connection, newer, erasures))
      } finally {
        await pool.end()
      }
    },
    { isPrepared: false },
  )
  await replaceAuthSecret(config.dataDir, manifest.authSecret)
  const seconds = (performance.now() - startedAt) / 1_000
  return { createdAt: manifest.createdAt, events: events - erased, erased, seconds }
}

/** The same into a database of its own that is thrown away: proof that the backup is one. */
export async function drill(config: Config, folder: string, receipts?: string): Promise<Restored> {
  const dataDir = await mkdtemp(join(tmpdir(), 'footfall-drill-'))
  try {
    const restored = await restore(
      { ...config, dataDir, databaseUrl: undefined, clickhouseUrl: undefined },
      folder,
      receipts,
    )
    await openDataFolder(config.dataDir)
    await noteOperation(config.dataDir, 'drill', Date.now())
    return restored
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function readBackup(folder: string): Promise<Manifest> {
  let manifest: Manifest
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest // our own; its files are hashed below
  } catch (error) {
    throw new ConfigError(`${folder} is not a whole backup: ${(error as Error).message}`) // fs and JSON throw Errors
  }
  if (manifest.format !== BACKUP_FORMAT)
    throw new ConfigError(
      `${folder} has format ${manifest.format}; this Footfall reads ${BACKUP_FORMAT}.`,
    )
  const newest = await newestMigration()
  if (manifest.schema > newest)
    throw new ConfigError(
      `${folder} is of a newer Footfall (schema ${manifest.schema}, this one knows ${newest}).`,
    )
  for (const table of manifest.tables) await assertAsWritten(folder, table)
  return manifest
}

async function assertAsWritten(folder: string, { file, sha256 }: TableFile): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, file)), hash)
  if (hash.digest('hex') !== sha256)
    throw new ConfigError(`${join(folder, file)} is not as it was written: use another backup.`)
}

/** Backups beside one that are newer, whatever that is called now, by where each keeps who was erased. */
async function newerErasures(
  folder: string,
  createdAt: string,
): Promise<{ folder: string; table: TableFile }[]> {
  const beside = dirname(resolve(folder))
  const found = []
  for (const name of await backupsIn(beside)) {
    const other = join(beside, name)
    const manifest = JSON.parse(await readFile(join(other, MANIFEST), 'utf8')) as Manifest // our own
    const table = manifest.tables.find((each) => each.name === 'erasures')
    if (!table || manifest.createdAt <= createdAt) continue
    await assertAsWritten(other, table)
    found.push({ folder: other, table })
  }
  return found
}

type Erasure = Pick<Receipt, 'siteId' | 'visitorHash' | 'erasedTo'>

async function readReceipts(path: string): Promise<Erasure[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, at) => {
    try {
      const { siteId, visitorHash, erasedTo } = JSON.parse(line)
      const isReceipt = typeof siteId === 'string' && Date.parse(erasedTo) > 0
      if (isReceipt && /^[\da-f]{64}$/.test(visitorHash)) return { siteId, visitorHash, erasedTo }
    } catch {
      // Said below.
    }
    throw new ConfigError(`${path}: line ${at + 1} is no receipt of "footfall visitor erase".`)
  })
}

/** Erases who was erased since the backup, before anybody can look. Answers how many events. */
async function eraseAgain(
  connection: Connection,
  newer: Awaited<ReturnType<typeof newerErasures>>,
  receipts: readonly Erasure[],
): Promise<number> {
  await connection.query('create temporary table erased_since (like erasures) on commit drop')
  for (const { folder, table } of newer)
    await copyIn(connection, { ...table, name: 'erased_since' }, folder)
  await connection.query(
    `insert into erased_since (site_id, visitor_hash, erased_to, events)
     select r."siteId", decode(r."visitorHash", 'hex'), r."erasedTo", 0
     from jsonb_to_recordset($1::jsonb) as r("siteId" text, "visitorHash" text, "erasedTo" timestamptz)`,
    [JSON.stringify(receipts)],
  )
  await connection.query(
    `insert into erasures (site_id, visitor_hash, erased_to, finished_at)
     select site_id, visitor_hash, max(erased_to), now() from erased_since group by 1, 2
     on conflict (site_id, visitor_hash) do update set erased_to = greatest(erasures.erased_to, excluded.erased_to)`,
  )
  return takeOutErased(connection)
}

const copyIn = (connection: Connection, { name, columns, file }: TableFile, folder: string) =>
  pipeline(
    createReadStream(join(folder, file)),
    createZstdDecompress(),
    connection.query(
      copyFrom(`copy ${quoted(name)} (${columns.map(quoted).join(', ')}) from stdin`),
    ),
  )

/** Rows of another life would be taken for the restored ones. */
async function assertNoReports(config: Config): Promise<void> {
  if (!config.clickhouseUrl) {
    const folder = join(config.dataDir, 'clickhouse')
    const found = await readdir(folder).catch(() => [])
    if (found.length > 0)
      throw new ConfigError(
        `${folder} holds reports of another database: move it away, it is made again from the record.`,
      )
    return
  }
  const clickhouse = await openClickHouse(clickhouseOf(config))
  try {
    const tables = await selectRows(
      clickhouse,
      "select name from system.tables where database = currentDatabase() and name = 'events'",
    )
    const [event] =
      tables.length > 0 ? await selectRows(clickhouse, 'select 1 from events limit 1') : []
    if (event)
      throw new ConfigError(
        'The ClickHouse at CLICKHOUSE_URL holds reports already: name an empty database.',
      )
  } finally {
    await clickhouse.close()
  }
}

async function load(pool: Pool, manifest: Manifest, folder: string): Promise<number> {
  return inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{ has: boolean }>(
      'select exists (select from sites) or exists (select from events_log) as has',
    )
    if (rows[0]?.has)
      throw new ConfigError('The database has sites or events already: restore into an empty one.')
    await connection.query("set local time zone 'UTC'")
    if (manifest.record)
      for (const [table, column] of [
        ['events_log', 'id_at'],
        ['pageviews', 'occurred_at'],
        ['user_events', 'occurred_at'],
      ])
        await connection.query('select ensure_month_partitions($1, $2, $3::date, $4::date)', [
          table,
          column,
          manifest.record.from,
          manifest.record.to,
        ])
    for (const table of manifest.tables) {
      await copyIn(connection, table, folder)
      const { rows: count, digest } = await digestOf(connection, table)
      if (count !== table.rows || digest !== table.digest)
        throw new Error(`${table.name} is not what was backed up (${count} of ${table.rows} rows).`)
    }
    // The whole record is work to do, in the order in which it came.
    await connection.query(
      `insert into events_batches (batch_id, received_at, events) overriding system value
       select batch_id, min(received_at), count(*) from events_log group by batch_id`,
    )
    await connection.query(
      `select setval(pg_get_serial_sequence('events_batches', 'batch_id'),
                     greatest((select max(batch_id) from events_log), 1))`,
    )
    const { rows: events } = await connection.query<{ events: number }>(
      'select count(*) as events from events_log',
    )
    return events[0]?.events ?? 0
  })
}
