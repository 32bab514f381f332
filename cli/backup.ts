import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import { to as copyTo } from 'pg-copy-streams'
import { inTransaction, openPostgres } from '../database/postgres.ts'
import { type Digest, digestOf, type KeptTable, keptTables, quoted } from './backup-tables.ts'
import { type Config, ConfigError } from './config.ts'
import { openDataFolder } from './data-folder.ts'
import { noteOperation } from './operations.ts'
import { withDatabaseUrl } from './with-database.ts'

export const MANIFEST = 'manifest.json'
export const BACKUP_FORMAT = 1

export interface TableFile extends KeptTable, Digest {
  readonly file: string
  readonly sha256: string
}

/** What a backup says of itself: `manifest.json`, written last. */
export interface Manifest {
  readonly format: number
  readonly createdAt: string
  /** The highest migration of the database: tables are as that one left them. */
  readonly schema: number
  readonly tables: readonly TableFile[]
  /** The months of the record, for its partitions. */
  readonly record: { readonly from: string; readonly to: string } | undefined
  /** The key of sessions and links. The database's password is not here: a restore makes its own. */
  readonly authSecret: string
}

/**
 * `footfall backup`: the record, the sites, the accounts and the keys, of one
 * instant, into a folder of its own below `folder`. Runs beside everything
 * else. A backup without a manifest was interrupted.
 */
export async function backup(config: Config, folder: string, keep: number): Promise<string> {
  const createdAt = new Date().toISOString()
  const name = `footfall-${createdAt.replace(/[-:]|\.\d+/g, '')}`
  const target = join(resolve(folder), name)
  const partial = `${target}.partial`
  await mkdir(resolve(folder), { recursive: true, mode: 0o700 })
  await removeInterrupted(resolve(folder), Date.parse(createdAt))
  await mkdir(partial, { mode: 0o700 })
  try {
    await write(config, partial, createdAt)
    await rename(partial, target)
  } catch (error) {
    // What is tried again each hour would else fill the disk.
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  await flush(resolve(folder))
  if (keep > 0) await removeOlder(resolve(folder), keep)
  await noteOperation(config.dataDir, 'backup', Date.now())
  return target
}

/** Writes all of a backup into a folder. */
async function write(config: Config, partial: string, createdAt: string): Promise<void> {
  const { authSecret } = await openDataFolder(config.dataDir)
  await withDatabaseUrl(config, async (url) => {
    const pool = openPostgres(url, { max: 1, statementTimeoutMs: 0, onError: () => {} })
    try {
      const manifest = await inTransaction(pool, async (connection): Promise<Manifest> => {
        // Every table as of the same instant, whatever is written meanwhile.
        await connection.query('set transaction isolation level repeatable read, read only')
        await connection.query("set local time zone 'UTC'")
        const { rows } = await connection.query<{
          schema: number
          from: string | null
          to: string | null
        }>(
          `select (select max(number) from migrations) as schema,
                  min(id_at)::date::text as from, max(id_at)::date::text as to
           from events_log where id_at > '1970-01-02'`,
        )
        const { schema = 0, from, to } = rows[0] ?? {}
        const tables: TableFile[] = []
        for (const table of await keptTables(connection)) {
          const file = `${table.name}.copy.zst`
          const columns = table.columns.map(quoted).join(', ')
          const rowsOut = connection.query(
            copyTo(`copy (select ${columns} from ${quoted(table.name)}) to stdout`),
          )
          const sha256 = await writeCompressed(rowsOut, join(partial, file))
          tables.push({ ...table, ...(await digestOf(connection, table)), file, sha256 })
        }
        const record = from && to ? { from, to } : undefined
        return { format: BACKUP_FORMAT, createdAt, schema, tables, record, authSecret }
      })
      await writeFile(join(partial, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600 })
    } finally {
      await pool.end()
    }
  })
  for (const file of await readdir(partial)) await flush(join(partial, file))
}

/** Writes a stream, compressed; answers the hash of the file. */
async function writeCompressed(source: NodeJS.ReadableStream, path: string): Promise<string> {
  const hash = createHash('sha256')
  const seen = new PassThrough()
  seen.on('data', (chunk: Buffer) => hash.update(chunk))
  await pipeline(source, createZstdCompress(), seen, createWriteStream(path, { mode: 0o600 }))
  return hash.digest('hex')
}

/** To the disk itself: a backup that a power cut takes is none. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const NAME = /^footfall-\d{8}T\d{6}Z$/

/** The names of the whole backups of a folder, the oldest first. */
export const backupsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => NAME.test(name)).sort()

const DAY_MS = 86_400_000

/** What was killed in the middle; a backup takes less than a day. */
async function removeInterrupted(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^footfall-\d{8}T\d{6}Z\.partial$/.test(name)) continue
    const { mtimeMs } = await stat(join(folder, name))
    if (nowMs - mtimeMs > DAY_MS) await rm(join(folder, name), { recursive: true })
  }
}

async function removeOlder(folder: string, keep: number): Promise<void> {
  const names = await backupsIn(folder)
  for (const name of names.slice(0, Math.max(names.length - keep, 0)))
    await rm(join(folder, name), { recursive: true })
}

/** The number of backups to keep, as it was given. */
export function keepOf(value: string | undefined): number {
  if (value === undefined) return 0
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new ConfigError('--keep must be a number from 1.')
  return Number(value)
}
