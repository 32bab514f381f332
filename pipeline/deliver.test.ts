import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { deliverBlock } from './deliver.ts'
import type { ModelEvent } from './model.fixture.ts'
import { putIntoRecord } from './record.fixture.ts'
import { transformBatch } from './transform.ts'

let pool: Pool
let clickhouse: ClickHouse
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
})

const eventAt = (id: number, minutes: number): ModelEvent => ({
  ...{
    site: 'blocks',
    id: `00000000-0000-4000-8000-00000000000${id}`,
    visitor: 'v',
    session: null,
  },
  ...{ at: Date.parse('2026-11-25T12:00:00Z') + minutes * 60_000, type: 'pageview', path: '/' },
  data: {},
})

describe('blocks', () => {
  it('go in their order, also when two workers take them: a later one replaces what an earlier brought', async () => {
    await pool.query(`insert into sites (site_id, name) values ('blocks', 'blocks')`)
    await putIntoRecord(pool, [eventAt(1, 0), eventAt(2, 50)])
    await transformBatch(pool)
    await putIntoRecord(pool, [eventAt(3, 25)]) // makes one visit of the two
    await transformBatch(pool)
    const asked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const slow = new Proxy(clickhouse, {
      get(target, name) {
        if (name === 'exec')
          return async (...given: Parameters<ClickHouse['exec']>) => {
            asked.resolve()
            await goOn.promise
            return target.exec(...given)
          }
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const first = deliverBlock(pool, slow)
    await asked.promise
    expect(await deliverBlock(pool, clickhouse)).toBe(false)
    goOn.resolve()
    expect(await first).toBe(true)
    expect(await deliverBlock(pool, clickhouse)).toBe(true)
    expect(await deliverBlock(pool, clickhouse)).toBe(false)
    expect(
      await selectRows(
        clickhouse,
        `select count() as events, uniqExact(event_id) as ids, uniqExact(session) as visits from events where site_id = 'blocks'`,
      ),
    ).toEqual([{ events: 3, ids: 3, visits: 1 }])
  })

  it('bring texts as they are, also those with a line of their own in them', async () => {
    const title = 'a\u2028[b\n[c'
    await putIntoRecord(pool, [
      { ...eventAt(4, 60), site: 'texts', type: 'signup', data: { title } },
    ])
    while ((await transformBatch(pool)).kind === 'processed');
    while (await deliverBlock(pool, clickhouse));
    expect(
      await selectRows(
        clickhouse,
        `select properties['title'] as title from events where site_id = 'texts'`,
      ),
    ).toEqual([{ title }])
  })
})
