import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { eraseVisitor } from './erase-visitor.ts'
import { type ModelEvent, model } from './model.fixture.ts'
import { beginRebuild, rebuildStep } from './rebuild.ts'
import { mismatch, reconcile } from './reconcile.ts'
import { putIntoRecord, tablesOf } from './record.fixture.ts'
import { drain } from './run.ts'

let pool: Pool
let clickhouse: ClickHouse
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
})

const NOW = Date.parse('2026-11-25T12:00:00Z')
let ids = 0
const event = (site: string, visitor: string, minutes: number, type = 'pageview'): ModelEvent => ({
  ...{ site, visitor, session: null, at: NOW + minutes * 60_000, type, path: '/', data: {} },
  id: `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`,
})

async function siteWith(site: string, events: readonly ModelEvent[]): Promise<void> {
  await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
  await putIntoRecord(pool, events)
  await drain({ pool, clickhouse })
}

const inClickHouse = (site: string) =>
  selectRows<{ event_id: string }>(
    clickhouse,
    'select event_id, visitor from events where site_id = {site:String} order by event_id',
    { site },
  )

async function expectOnly(site: string, events: readonly ModelEvent[]): Promise<void> {
  expect(await tablesOf(pool, site)).toEqual(model(events))
  expect((await inClickHouse(site)).map((row) => row.event_id)).toEqual(
    events.map(({ id }) => id).sort(),
  )
  const { rows } = await pool.query('select events from event_totals where site_id = $1', [site])
  expect(rows[0]?.events).toBe(events.length)
}

describe('a visitor who is erased', () => {
  it('is in no table, and the others are as they were', async () => {
    const site = 'erased'
    const others = [event(site, 'b', 0), event(site, 'b', 3, 'click'), event(site, 'c', 90)]
    const own = [event(site, 'a', 0), event(site, 'a', 2, 'click'), event(site, 'a', -900)]
    await siteWith(site, [...others, ...own])
    const receipt = await eraseVisitor(pool, site, 'a')
    expect(receipt).toMatchObject({ siteId: site, events: 3 })
    expect(receipt.visitorHash).toMatch(/^[\da-f]{64}$/)
    await drain({ pool, clickhouse })
    await expectOnly(site, others)
    await reconcile(pool, clickhouse)
    expect(await mismatch(pool)).toEqual({ days: 0, events: 0 })
    // Once more is nothing new.
    expect((await eraseVisitor(pool, site, 'a')).events).toBe(3)
  })

  it('stays away when events come late, wait for the pipeline, or the record is gone through again', async () => {
    const site = 'late'
    const others = [event(site, 'b', 0)]
    await siteWith(site, [...others, event(site, 'a', 0)])
    await putIntoRecord(pool, [event(site, 'a', 1)])
    let isErased = false
    const erasing = eraseVisitor(pool, site, 'a').finally(() => {
      isErased = true
    })
    while (!isErased) await drain({ pool, clickhouse })
    expect((await erasing).events).toBe(2)
    // A queue in the browser is emptied days later.
    await putIntoRecord(pool, [event(site, 'a', -60)])
    const more = event(site, 'b', 1)
    await putIntoRecord(pool, [event(site, 'a', -30), more])
    await drain({ pool, clickhouse })
    await expectOnly(site, [...others, more])
    const rebuild = await beginRebuild(pool, site, '-infinity', 'infinity')
    while (!(await rebuildStep(pool, rebuild))?.isDone);
    await drain({ pool, clickhouse })
    await expectOnly(site, [...others, more])
    const { rows } = await pool.query('select events from erasures where site_id = $1', [site])
    expect(rows[0]?.events).toBe(4)
  })

  it('is a new visitor afterwards, and one of the same id on another site is left alone', async () => {
    const site = 'again'
    await siteWith(site, [event(site, 'a', 0)])
    const elsewhere = event('elsewhere', 'a', 0)
    await siteWith('elsewhere', [elsewhere])
    const { erasedTo } = await eraseVisitor(pool, site, 'a')
    const { rows } = await pool.query<{ at: Date }>(
      "select greatest(now(), $1::timestamptz) + interval '1 day' as at",
      [erasedTo],
    )
    const later = { ...event(site, 'a', 0), at: Number(rows[0]?.at) }
    await putIntoRecord(pool, [later])
    await drain({ pool, clickhouse })
    await expectOnly(site, [later])
    await expectOnly('elsewhere', [elsewhere])
  })

  it('of a site that nobody registered is an error', async () => {
    await expect(eraseVisitor(pool, 'nowhere', 'a')).rejects.toThrow('not registered')
  })
})
