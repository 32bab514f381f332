import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type ClickHouse, openClickHouse } from '../database/clickhouse.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'

/** A migrated PostgreSQL database of this test file's own. */
export async function testPostgres(): Promise<{ pool: Pool; url: string }> {
  const template = new URL(inject('templateUrl'))
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = new URL(template)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  await client.query(`create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const pool = openPostgres(url.href, { max: 8, statementTimeoutMs: 10_000, onError: () => {} })
  afterAll(async () => {
    await pool.end()
    await client.query(`drop database if exists ${name} with (force)`)
    await client.end()
  })
  return { pool, url: url.href }
}

/** A migrated ClickHouse of this test file's own. */
export async function testClickHouse(): Promise<ClickHouse> {
  const path = await mkdtemp(join(tmpdir(), 'footfall-clickhouse-'))
  const clickhouse = await openClickHouse({ path })
  await migrateClickHouse(clickhouse)
  afterAll(async () => {
    await clickhouse.close()
    await rm(path, { recursive: true, force: true })
  })
  return clickhouse
}
