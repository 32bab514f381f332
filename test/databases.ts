import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { type ClickHouse, openClickHouse } from '../database/clickhouse.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { startClickHouse } from '../faults/clickhouse-process.ts'
import { createOnCitus } from './citus-database.ts'

// Of the test file that imports this: Vitest does not hear of hooks that a hook asks for.
const undo: (() => unknown)[] = []
const after = (step: () => unknown) => void undo.unshift(step)
afterAll(async () => {
  for (const step of undo.splice(0)) await step()
})

/**
 * A migrated PostgreSQL database of this test file's own, with the environment
 * variable TEST_CITUS_URL on the Citus cluster whose coordinator is there.
 */
export async function testPostgres(): Promise<{ pool: Pool; url: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const cluster = process.env.TEST_CITUS_URL
  const { url, drop } = await (cluster ? createMigrated(cluster, name) : cloneTemplate(name))
  const pool = openPostgres(url, { max: 8, statementTimeoutMs: 10_000, onError: () => {} })
  after(async () => {
    await pool.end()
    await drop()
  })
  return { pool, url }
}

async function createMigrated(cluster: string, name: string) {
  const created = await createOnCitus(cluster, name)
  await prepareDatabase(created.url)
  return created
}

async function cloneTemplate(name: string) {
  const template = new URL(inject('templateUrl'))
  const admin = new URL(template)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  await client.query(`create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const drop = async () => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.end()
  }
  return { url: url.href, drop }
}

/**
 * A migrated ClickHouse of this test file's own: embedded, or with the
 * environment variable TEST_CLICKHOUSE=http behind HTTP in a process of its
 * own, or a database of the server whose address stands there, of the cluster
 * that TEST_CLICKHOUSE_CLUSTER names.
 */
export async function testClickHouse(where = process.env.TEST_CLICKHOUSE): Promise<ClickHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-clickhouse-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const clickhouse = await openTestClickHouse(where, folder)
  await migrateClickHouse(clickhouse)
  return clickhouse
}

async function openTestClickHouse(where: string | undefined, folder: string): Promise<ClickHouse> {
  if (where === 'http') return (await startClickHouse({ folder, after })).client
  if (where === undefined) {
    const clickhouse = await openClickHouse({ path: folder })
    after(() => clickhouse.close())
    return clickhouse
  }
  const cluster = process.env.TEST_CLICKHOUSE_CLUSTER
  const on = cluster === undefined ? '' : ` on cluster '${cluster}'`
  const server = await openClickHouse({ url: where })
  const name = `test_${randomBytes(6).toString('hex')}`
  await server.command({ query: `create database ${name}${on}` })
  const url = new URL(where)
  url.pathname = `/${name}`
  const clickhouse = await openClickHouse({ url: url.href, cluster })
  after(async () => {
    await clickhouse.close()
    await server.command({ query: `drop database ${name}${on}` })
    await server.close()
  })
  return clickhouse
}
