import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { until } from '../faults/wait.ts'
import { migratePostgres, newestMigration } from './migrate.ts'
import { openPostgres, type Pool } from './postgres.ts'

const name = `test_${randomBytes(6).toString('hex')}`
let admin: pg.Client
let pool: Pool

beforeAll(async () => {
  const url = new URL(inject('templateUrl'))
  url.pathname = '/postgres'
  admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  await admin.query(`create database ${name}`)
  url.pathname = `/${name}`
  pool = openPostgres(url.href, { max: 8, statementTimeoutMs: 60_000, onError: () => {} })
})
afterAll(async () => {
  await pool?.end()
  await admin.query(`drop database if exists ${name} with (force)`)
  await admin.end()
})

const waiting = async () => {
  const { rows } = await admin.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = $1 and wait_event_type = 'Lock' and query like '%alter table sites%'`,
    [name],
  )
  return rows[0]?.n === 1
}

it('a migration gives up a lock that it does not get, lets others pass, and tries again', async () => {
  await migratePostgres(pool, 3)
  const reader = await pool.connect()
  await reader.query('begin')
  await reader.query('select from sites')
  const migrating = migratePostgres(pool)
  await until('it waits for the lock', waiting)
  // It would wait behind the migration, which waits for the reader.
  await pool.query('select from sites')
  await until('it has given up', async () => !(await waiting()))
  await reader.query('commit')
  reader.release()
  await migrating
  const { rows } = await pool.query('select max(number) as number from migrations')
  expect(rows).toEqual([{ number: await newestMigration() }])
})

it('twenty that start at once take turns', async () => {
  await pool.query('drop schema public cascade; create schema public')
  await Promise.all(Array.from({ length: 20 }, () => migratePostgres(pool)))
  const { rows } = await pool.query('select count(*) as n from migrations')
  expect(rows).toEqual([{ n: await newestMigration() }])
})
