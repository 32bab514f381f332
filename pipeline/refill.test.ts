import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import type { ModelEvent } from './model.fixture.ts'
import { beginRebuild, continueRebuild, rebuildStep, refillIfLost } from './rebuild.ts'
import { putIntoRecord } from './record.fixture.ts'
import { drain } from './run.ts'

let pool: Pool
let clickhouse: ClickHouse
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
})

let ids = 0

/** Visits of five minutes of 40 visitors. */
const EVENTS = (site: string) =>
  Array.from(
    { length: 200 },
    (_, n): ModelEvent => ({
      ...{ site, id: `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}` },
      ...{ visitor: `v${n % 40}`, session: null, type: 'pageview', path: `/${n % 3}`, data: {} },
      at: Date.parse('2026-11-25T12:00:00Z') + n * 1_500,
    }),
  )

const inClickHouse = async (site: string) => {
  const rows = await selectRows<{ adds: number }>(
    clickhouse,
    `select event_id, toString(session) as visit, toString(first_of) as first, utm_source, prolongs_ms as adds, ends_bounce
     from events where site_id = {site:String} order by event_id`,
    { site },
  )
  expect(rows.some(({ adds }) => adds > 0)).toBe(true)
  return rows
}

describe('a ClickHouse that has lost everything', () => {
  it('is filled again from the record', async () => {
    const site = 'refilled'
    await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
    await putIntoRecord(pool, EVENTS(site))
    await drain({ pool, clickhouse })
    const before = await inClickHouse(site)
    expect(await refillIfLost(pool, clickhouse)).toBe(0)
    await clickhouse.command({ query: 'truncate table events' })
    expect(await refillIfLost(pool, clickhouse)).toBeGreaterThan(0)
    while (await continueRebuild(pool));
    await drain({ pool, clickhouse })
    expect(await inClickHouse(site)).toEqual(before)
  })

  it('is so too where blocks of before still wait, and where it was being filled', async () => {
    const site = 'refilled-with-blocks'
    await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
    await putIntoRecord(pool, EVENTS(site))
    await drain({ pool, clickhouse })
    const before = await inClickHouse(site)
    await rebuildStep(pool, await beginRebuild(pool, site, '-infinity', 'infinity'))
    // As a version before wrote them, without the last columns.
    const { rows } = await pool.query<{ outbox_id: number; payload: Buffer }>(
      'select outbox_id, payload from clickhouse_outbox where rows > 0',
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const { outbox_id, payload } of rows) {
      const lines = zstdDecompressSync(payload).toString().split('\n')
      const shorter = lines.map((line) => JSON.stringify(JSON.parse(line).slice(0, -4)))
      await pool.query('update clickhouse_outbox set payload = $2 where outbox_id = $1', [
        outbox_id,
        zstdCompressSync(shorter.join('\n')),
      ])
    }
    await clickhouse.command({ query: 'truncate table events' })
    expect(await refillIfLost(pool, clickhouse)).toBeGreaterThan(0)
    await drain({ pool, clickhouse })
    while (await continueRebuild(pool));
    await drain({ pool, clickhouse })
    expect(await inClickHouse(site)).toEqual(before)
  })
})
