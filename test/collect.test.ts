import { randomUUIDv7 } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../cli/free-port.ts'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { type CollectProcess, startCollectProcess } from './collect-process.ts'

let folder: string
let postgres: EmbeddedPostgres | undefined
let collector: CollectProcess | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footfall-collect-'))
})
afterAll(async () => {
  await collector?.stop()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('a collector that is started before PostgreSQL answers 503 until it is there, and its tables are made', async () => {
  const databasePort = await freePort()
  const password = 'collect'
  collector = await startCollectProcess(
    `postgres://footfall:${password}@127.0.0.1:${databasePort}/footfall`,
    { ENVIRONMENT: 'development', DATA_DIR: folder },
  )
  const { url } = collector
  const collect = () =>
    fetch(`${url}/collect`, {
      method: 'POST',
      body: JSON.stringify({
        ...{ siteId: 'site', eventType: 'pageview', eventId: randomUUIDv7() },
        url: 'https://a.example/',
      }),
    })
  const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status
  const isUnavailable = async () => {
    const answer = await collect()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await statusOf('/livez')).toBe(200)
    expect(await statusOf('/startupz')).toBe(503)
    expect(await statusOf('/readyz')).toBe(503)
  }
  await expect.poll(() => statusOf('/livez').catch(() => 0), { timeout: 20_000 }).toBe(200)
  await isUnavailable()

  postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: databasePort,
    password,
    logFile: join(folder, 'postgres.log'),
  })
  await isUnavailable() // there are no tables
  await prepareDatabase(postgres.url)
  await expect.poll(() => statusOf('/readyz'), { timeout: 20_000 }).toBe(200)
  expect(await statusOf('/startupz')).toBe(200)
  await expect.poll(async () => (await collect()).status, { timeout: 20_000 }).toBe(202)
  expect(collector.hasEnded()).toBe(false)
}, 120_000)
