import { randomUUID } from 'node:crypto'
import { mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { selectRows } from '../database/clickhouse.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { type ClickHouseProcess, startClickHouse } from '../faults/clickhouse-process.ts'
import { until } from '../faults/wait.ts'
import { testPostgres } from '../test/databases.ts'
import { takeLock } from './claim.ts'
import { mender } from './mend.ts'
import type { ModelEvent } from './model.fixture.ts'
import { beginRebuild, continueRebuild, rebuildStep, refillMonths } from './rebuild.ts'
import { mismatch, reconcile } from './reconcile.ts'
import { putIntoRecord } from './record.fixture.ts'
import { drain, runPipeline } from './run.ts'

const undo: (() => unknown)[] = []
const after = (step: () => unknown) => void undo.unshift(step)
afterAll(async () => {
  for (const step of undo.splice(0)) await step()
})

const SITE = 'mended'
const MONTH = 202611

let pool: Pool
let engine: ClickHouseProcess
let mend: ReturnType<typeof mender>
beforeAll(async () => {
  pool = (await testPostgres()).pool
  const folder = await mkdtemp(join(tmpdir(), 'footfall-mend-'))
  after(() => rm(folder, { recursive: true, force: true }))
  // What is damaged stays until we look.
  engine = await startClickHouse({ folder, after }, { statements: ['system stop merges'] })
  await migrateClickHouse(engine.client)
  await pool.query('insert into sites (site_id, name) values ($1, $1)', [SITE])
  for (const day of ['2026-10-20', '2026-11-20', '2026-11-25']) await arrive(day)
  mend = mender(pool, engine.client)
})

// A day of two is gone through again, so that the newest part has its rows and the newest patch deletes those of before.
beforeEach(async () => {
  const id = await beginRebuild(pool, SITE, new Date('2026-11-22Z'), 'infinity')
  while (!(await rebuildStep(pool, id))?.isDone);
  await drain({ pool, clickhouse: engine.client })
})

/** Visits of ten minutes of 20 visitors. */
async function arrive(day: string): Promise<void> {
  const events = Array.from(
    { length: 100 },
    (_, n): ModelEvent => ({
      ...{ site: SITE, id: randomUUID(), visitor: `v${n % 20}`, session: null },
      ...{ type: 'pageview', path: `/${n % 3}`, data: {} },
      at: Date.parse(`${day}T12:00:00Z`) + n * 6_000,
    }),
  )
  await putIntoRecord(pool, events)
  await drain({ pool, clickhouse: engine.client })
}

const query = <Row>(sql: string) => selectRows<Row>(engine.client, sql)

const rowsOf = (month: number, columns = '* except (outbox_id)') =>
  query<object>(
    `select ${columns} from events where toYYYYMM(occurred_at) = ${month} order by event_id, outbox_id`,
  )

/** What is there, and of the month that nothing happens to, also which block brought it. */
const all = async () => [await rowsOf(202610, '*'), await rowsOf(MONTH)]

/** Works off what mending began. */
async function heal(): Promise<void> {
  do await drain({ pool, clickhouse: engine.client })
  while (await continueRebuild(pool))
}

const rebuilds = async () =>
  (
    await pool.query(
      'select site_id, visitor_id, from_at, to_at from rebuilds where finished_at is null order by 1, 3',
    )
  ).rows

/** The folder of the month's newest part, or patch. */
async function partOf(month: number, isPatch = false): Promise<string> {
  const [part] = await query<{ path: string }>(
    `select path from system.parts where table = 'events' and active and rows > 0
       and match(partition_id, '^${isPatch ? 'patch-.*-' : ''}${month}$') order by max_block_number desc limit 1`,
  )
  if (!part) throw new Error('there is no such part')
  return part.path
}

const emptyAll = async (part: string) => {
  for (const file of await readdir(part)) await truncate(join(part, file), 0)
}

async function flipABit(part: string): Promise<void> {
  const path = join(part, 'data.bin')
  const at = Math.floor((await stat(path)).size / 2)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 16
  await file.write(byte, 0, 1, at)
  await file.close()
}

/** So that files are read. */
async function forgetFiles(): Promise<void> {
  for (const cache of ['mark', 'index mark', 'uncompressed', 'index uncompressed', 'page'])
    await engine.client.command({ query: `system drop ${cache} cache` })
}

const DAMAGE_MET = /CORRUPTED_DATA|CHECKSUM_DOESNT_MATCH|Empty marks file|Checksum doesn't match/

describe('a ClickHouse with damaged files', () => {
  it.each([
    ['all files of a part are empty', false, emptyAll],
    ['a bit of a part is flipped', false, flipABit],
    ['a bit of a patch is flipped', true, flipABit],
  ])('is made anew where %s', async (_, isPatch, damage) => {
    const before = await all()
    await damage(await partOf(MONTH, isPatch))
    await forgetFiles()
    await expect(rowsOf(MONTH)).rejects.toThrow(DAMAGE_MET)
    expect(await mend()).toEqual([MONTH])
    expect(await mend()).toEqual([])
    await heal()
    expect(await all()).toEqual(before)
    expect(await mend()).toEqual([])
  })

  it('is made anew where a part was set aside at its start, and can be read meanwhile', async () => {
    const before = await all()
    const part = await partOf(MONTH)
    await engine.kill()
    await emptyAll(part)
    await engine.start()
    const left = (await rowsOf(MONTH)).length
    expect(left).toBeLessThan(before[1]?.length ?? 0)
    expect(await mend()).toEqual([MONTH])
    expect((await rowsOf(MONTH)).length).toBe(left)
    await heal()
    expect(await all()).toEqual(before)
    expect(await mend()).toEqual([])
  })

  it('shows nothing of what a patch deleted that was set aside at its start', async () => {
    const before = await all()
    const part = await partOf(MONTH, true)
    await engine.kill()
    await emptyAll(part)
    await engine.start()
    expect((await rowsOf(MONTH)).length).toBeGreaterThan(before[1]?.length ?? 0)
    expect(await mend()).toEqual([MONTH])
    expect(await rowsOf(MONTH)).toEqual([])
    await heal()
    expect(await all()).toEqual(before)
  })

  it('is reconciled when it is whole again', async () => {
    await emptyAll(await partOf(MONTH))
    await forgetFiles()
    await expect(rowsOf(MONTH)).rejects.toThrow(DAMAGE_MET)
    await mend()
    await pool.query('update reconciliations set due_at = now()')
    expect(await reconcile(pool, engine.client)).toBe(0)
    await heal()
    expect(await reconcile(pool, engine.client)).toBeGreaterThan(0)
    expect(await mismatch(pool)).toEqual({ days: 0, events: 0 })
  })

  it('starts and is mended however much of it is broken', async () => {
    const before = await all()
    await engine.client.command({
      query: `insert into events (site_id, occurred_at)
              select '${SITE}', addMonths(toDateTime64('2000-01-01 00:00:00', 3, 'UTC'), number) from numbers(101)
              settings max_partitions_per_insert_block = 0`,
    })
    const parts = await query<{ path: string }>(
      `select path from system.parts where table = 'events' and active and partition_id < '201001'`,
    )
    await engine.kill()
    for (const { path } of parts) await emptyAll(path)
    await engine.start()
    expect(await mend()).toHaveLength(101)
    await heal()
    expect(await all()).toEqual(before)
    expect(await mend()).toEqual([])
  })

  it('is mended by the pipeline, which says so, and takes new events there', async () => {
    await emptyAll(await partOf(MONTH))
    await forgetFiles()
    await arrive('2026-11-26').catch(() => {}) // nothing can be delivered
    const errors: string[] = []
    const stop = runPipeline({
      ...{ pool, clickhouse: engine.client, registry: new Registry() },
      now: () => new Date(Date.parse('2026-11-30T12:00:00Z') + 60 * performance.now()), // its pauses end
      onError: ({ message }) => errors.push(message),
    })
    await until('it is whole', async () => (await rowsOf(MONTH).catch(() => [])).length === 300)
    await stop()
    expect(errors).toContainEqual(expect.stringContaining(`damaged: ${MONTH} `))
    await heal()
    expect(new Set((await rowsOf(MONTH, 'event_id')).map((row) => JSON.stringify(row))).size).toBe(
      300,
    )
  })
})

describe('mending', () => {
  it('does nothing where nothing is damaged, whatever else fails', async () => {
    await mend()
    const tooMuch = query(
      'select groupArray(number) from numbers(10000000) settings max_memory_usage = 1000000',
    )
    await expect(tooMuch).rejects.toThrow('memory limit')
    expect(await mend()).toEqual([])
    expect(await rebuilds()).toEqual([])
  })

  it('leaves alone what somebody has detached himself', async () => {
    await arrive('2026-09-20')
    await engine.client.command({ query: "alter table events detach partition id '202609'" })
    expect(await mend()).toEqual([])
    expect(await rebuilds()).toEqual([])
    await engine.client.command({ query: "alter table events attach partition id '202609'" })
    expect((await rowsOf(202609)).length).toBe(100)
  })

  it('is done again after a crash before anything was dropped', async () => {
    const before = await all()
    await flipABit(await partOf(MONTH))
    await forgetFiles()
    await expect(rowsOf(MONTH)).rejects.toThrow(DAMAGE_MET)
    const crashing = new Proxy(engine.client, {
      get: (target, name) =>
        name === 'command'
          ? () => Promise.reject(new Error('crashed'))
          : Reflect.get(target, name).bind(target),
    })
    await expect(mender(pool, crashing)()).rejects.toThrow('crashed')
    // The rebuild has begun, and would be lost with the month.
    await rebuildStep(pool, (await pool.query(UNFINISHED)).rows[0].rebuild_id)
    expect(await rebuilds()).toMatchObject([{ site_id: SITE, visitor_id: 'v9' }])
    expect(await mend()).toEqual([MONTH])
    expect(await rebuilds()).toMatchObject([{ site_id: SITE, visitor_id: '' }])
    await heal()
    expect(await all()).toEqual(before)
  })

  it('waits for who delivers', async () => {
    const before = await all()
    await emptyAll(await partOf(MONTH))
    await forgetFiles()
    await expect(rowsOf(MONTH)).rejects.toThrow(DAMAGE_MET)
    await inTransaction(pool, async (connection) => {
      await takeLock(connection, 'blocks')
      expect(await mend()).toEqual([])
    })
    expect(await rebuilds()).toEqual([])
    expect(await mend()).toEqual([MONTH])
    await heal()
    expect(await all()).toEqual(before)
  })

  it('is of what the record has of the months, by every site', async () => {
    for (const [site, since] of [
      ['kept-a-part', '2026-11-10T00:00:00Z'],
      ['kept-less', '2026-12-01T00:00:00Z'],
      ['without-events', '-infinity'],
    ])
      await pool.query('insert into sites (site_id, name, record_since) values ($1, $1, $2)', [
        site,
        since,
      ])
    await pool.query(
      `insert into event_totals (site_id, events) values ('kept-a-part', 1), ('kept-less', 1)`,
    )
    await refillMonths(pool, [MONTH, 202612])
    await refillMonths(pool, [MONTH])
    const [november, december, january] = ['2026-11-01Z', '2026-12-01Z', '2027-01-01Z'].map(
      (at = '') => new Date(at),
    )
    expect(await rebuilds()).toMatchObject([
      { site_id: 'kept-a-part', from_at: new Date('2026-11-10Z'), to_at: december },
      { site_id: 'kept-a-part', from_at: december, to_at: january },
      { site_id: 'kept-less', from_at: december, to_at: january },
      { site_id: SITE, from_at: november, to_at: december },
      { site_id: SITE, from_at: december, to_at: january },
    ])
    await heal()
  })
})

const UNFINISHED = 'select rebuild_id from rebuilds where finished_at is null'
