import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { deliverNext } from './deliver.ts'
import type { ModelEvent } from './model.fixture.ts'
import { putIntoRecord, withoutCommit } from './record.fixture.ts'
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

const ids = (...numbers: number[]) => numbers.map((number) => eventAt(number, 0).id)

async function idsThere(site: string): Promise<string[]> {
  const rows = await selectRows<{ id: string }>(
    clickhouse,
    'select toString(event_id) as id from events where site_id = {site:String} order by id',
    { site },
  )
  return rows.map(({ id }) => id)
}

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
    expect(await deliverNext(pool, clickhouse)).toBe(true) // decides that the two go together
    const first = deliverNext(pool, slow)
    await asked.promise
    expect(await deliverNext(pool, clickhouse)).toBe(false)
    goOn.resolve()
    expect(await first).toBe(true)
    expect(await deliverNext(pool, clickhouse)).toBe(false)
    expect(
      await selectRows(
        clickhouse,
        `select count() as events, uniqExact(event_id) as ids, uniqExact(session) as visits from events where site_id = 'blocks'`,
      ),
    ).toEqual([{ events: 3, ids: 3, visits: 1 }])
  })

  it('go as it was decided, also when the first try was not confirmed and more have come', async () => {
    const site = 'unconfirmed'
    await putIntoRecord(pool, [{ ...eventAt(5, 0), site }])
    await transformBatch(pool)
    expect(await deliverNext(pool, clickhouse)).toBe(true)
    await putIntoRecord(pool, [{ ...eventAt(6, 1), site }])
    await transformBatch(pool)
    await expect(deliverNext(withoutCommit(pool), clickhouse)).rejects.toThrow('crash')
    expect(await idsThere(site)).toEqual(ids(5))
    while (await deliverNext(pool, clickhouse));
    expect(await idsThere(site)).toEqual(ids(5, 6))
  })

  it('replace the events of their own site, not those that have the same id in another', async () => {
    await putIntoRecord(pool, [
      { ...eventAt(7, 60), site: 'late' },
      { ...eventAt(7, 60), site: 'intime' },
      { ...eventAt(8, 90), site: 'intime' },
    ])
    await transformBatch(pool)
    while (await deliverNext(pool, clickhouse));
    await putIntoRecord(pool, [
      { ...eventAt(9, 30), site: 'late' },
      { ...eventAt(9, 95), site: 'intime' },
    ])
    await transformBatch(pool)
    while (await deliverNext(pool, clickhouse));
    expect(await idsThere('late')).toEqual(ids(7, 9))
    expect(await idsThere('intime')).toEqual(ids(7, 8, 9))
  })

  it('bring texts as they are, also those with a line of their own in them', async () => {
    const title = 'a\u2028[b\n[c'
    await putIntoRecord(pool, [
      { ...eventAt(4, 60), site: 'texts', type: 'signup', data: { title } },
    ])
    while ((await transformBatch(pool)).kind === 'processed');
    while (await deliverNext(pool, clickhouse));
    expect(
      await selectRows(
        clickhouse,
        `select properties['title'] as title from events where site_id = 'texts'`,
      ),
    ).toEqual([{ title }])
  })

  it('replace as many events as there are, on a server too', async () => {
    const server = await testClickHouse('http')
    const many = Array.from(
      { length: 9_000 },
      (_, index) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
    )
    const site = 'many'.padEnd(64, '-site')
    await server.insert({
      table: 'events',
      values: many.map((event_id) => ({
        ...{ event_id, site_id: site, occurred_at: '2026-11-25 12:00:00', outbox_id: 0 },
      })),
      format: 'JSONEachRow',
    })
    const replaced = many.slice(1)
    await pool.query(
      `insert into clickhouse_outbox (month, sites, rows, payload, replaced, replaced_sites)
       values (202611, array[$1], 0, '', $2, $3)`,
      [site, replaced, replaced.map(() => site)],
    )
    while (await deliverNext(pool, server));
    expect(
      await selectRows(
        server,
        'select toString(event_id) as id from events where site_id = {site:String}',
        { site },
      ),
    ).toEqual([{ id: many[0] }])
  })
})
