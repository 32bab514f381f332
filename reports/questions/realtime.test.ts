import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { realtime } from './realtime.ts'

const NOW = Date.parse('2026-11-25T12:00:30Z')
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString()

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  await loadHistories(clickhouse, 'a', [
    {
      visitor: 'here',
      at: ago(400),
      path: '/',
      query: 'utm_source=news',
      derived: { country: 'DE' },
    },
    { visitor: 'here', at: ago(20), path: '/price' },
    { visitor: 'here', at: ago(10), type: 'engagement', path: '/price' },
    // Five minutes to the millisecond: no longer there.
    { visitor: 'gone', at: ago(300), path: '/', derived: { country: 'FR' } },
    { visitor: 'just', at: ago(299), path: '/', derived: { country: 'FR' } },
    { visitor: 'long', at: ago(29 * 60 + 30), path: '/' },
    { visitor: 'longer', at: ago(29 * 60 + 31), path: '/' },
    { visitor: 'bot', at: ago(5), path: '/', derived: { isBot: true, botName: 'Bot' } },
  ])
})

describe('realtime', () => {
  const ask = (body = {}) => asking(clickhouse, 'a', { nowMs: NOW })(realtime, body)

  it('tells who is there, where, and from where', async () => {
    expect(await ask()).toMatchObject({
      current_visitors: 2,
      pages: [
        { path: '/', visitors: 1 },
        { path: '/price', visitors: 1 },
      ],
      sources: [
        { source: 'Direct / None', channel: 'Direct', visitors: 1 },
        { source: 'news', visitors: 1 },
      ],
      places: [
        { country: 'DE', visitors: 1 },
        { country: 'FR', visitors: 1 },
      ],
    })
  })

  it('has each of the last thirty minutes', async () => {
    const { rows } = await ask()
    expect(rows).toHaveLength(30)
    expect(rows[0]).toEqual({
      minute: '2026-11-25T11:31:00Z',
      visitors: 1,
      pageviews: 1,
      events: 1,
    })
    expect(rows[1]).toMatchObject({ visitors: 0, events: 0 })
    expect(rows[24]).toMatchObject({ visitors: 2 })
    expect(rows[29]).toEqual({
      minute: '2026-11-25T12:00:00Z',
      visitors: 1,
      pageviews: 1,
      events: 2,
    })
  })

  it('names what was done last, not what a page measured', async () => {
    const { events } = await ask()
    expect(events.slice(0, 2)).toMatchObject([
      { at: '2026-11-25T12:00:10.000Z', type: 'pageview', page: '/price', country: 'DE' },
      { page: '/', country: 'FR' },
    ])
  })

  it('respects filters', async () => {
    expect(await ask({ filters: [['is', 'visit:country', ['DE']]] })).toMatchObject({
      current_visitors: 1,
      pages: [{ path: '/price' }],
    })
  })
})
