import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { session } from './session.ts'
import { sessions } from './sessions.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  await loadHistories(clickhouse, 'a', [
    {
      ...{
        visitor: 'x',
        at: '2026-11-10T23:55:00Z',
        path: '/',
        query: 'utm_source=news',
        view: 'p1',
      },
      ...{ title: 'Home', id: '00000000-0000-4000-8000-000000000001' },
      derived: { country: 'DE', browser: 'Firefox', device: 'desktop' },
    },
    {
      ...{ visitor: 'x', at: '2026-11-10T23:56:00Z', type: 'engagement', path: '/', view: 'p1' },
      data: { visibleMs: 12_000, engagedMs: 9_000, scrollDepth: 80 },
    },
    {
      ...{ visitor: 'x', at: '2026-11-11T00:10:00Z', type: 'signup', path: '/join', view: 'p2' },
      ...{ data: { plan: 'pro' }, id: '00000000-0000-4000-8000-000000000002' },
    },
    { visitor: 'x', at: '2026-11-11T00:05:00Z', path: '/join', view: 'p2' },
    { visitor: 'y', at: '2026-11-10T12:00:00Z', path: '/only' },
    { visitor: 'z', at: '2026-11-12T12:00:00Z', path: '/' },
  ])
})
const ask = () => asking(clickhouse, 'a', { tabsOf: async () => TABS })
const TABS = new Map([
  ['00000000-0000-4000-8000-000000000001', 'tab-1'],
  ['00000000-0000-4000-8000-000000000002', 'tab-2'],
])
const RANGE = ['2026-11-10', '2026-11-10'] as const

describe('the list of visits', () => {
  it('has those that began in the range, whole, newest first', async () => {
    const { rows } = await ask()(sessions, { range: RANGE })
    expect(rows).toMatchObject([
      {
        ...{ started_at: '2026-11-10T23:55:00.000Z', last_at: '2026-11-11T00:10:00.000Z' },
        ...{ duration_s: 900, pageviews: 2, events: 4, engaged_s: 9, is_engaged: true },
        ...{ is_bounce: false, entry_page: '/', exit_page: '/join', source: 'news', country: 'DE' },
        ...{ browser: 'Firefox', device: 'desktop', city: null },
      },
      { entry_page: '/only', exit_page: '/only', is_bounce: true, duration_s: 0, country: null },
    ])
  })

  it('keeps a visit when one of its events passes the filters', async () => {
    const { rows } = await ask()(sessions, {
      range: RANGE,
      filters: [['is', 'event:name', ['signup']]],
    })
    expect(rows).toMatchObject([{ entry_page: '/', events: 4 }])
  })

  it('goes on where the page before ended', async () => {
    const first = await ask()(sessions, { range: RANGE, limit: 1 })
    const second = await ask()(sessions, { range: RANGE, limit: 1, before: first.rows[0].id })
    expect([first, second].map(({ rows }) => rows[0].entry_page)).toEqual(['/', '/only'])
    const third = await ask()(sessions, { range: RANGE, limit: 1, before: second.rows[0].id })
    expect(third.rows).toEqual([])
  })

  it('refuses what is no id', async () => {
    await expect(ask()(sessions, { range: RANGE, before: 'x' })).rejects.toMatchObject({
      part: 'before',
    })
  })
})

describe('one visit', () => {
  it('is told event by event and tab by tab', async () => {
    const [{ id }] = (await ask()(sessions, { range: RANGE })).rows
    const answer = await ask()(session, { id })
    expect(answer).toMatchObject({
      session: { id, entry_page: '/', events: 4 },
      rows: [
        { at: '2026-11-10T23:55:00.000Z', type: 'pageview', page: '/', title: 'Home', tab: 1 },
        { type: 'engagement', page: '/', engaged_s: 9, visible_s: 12, scroll_depth: 80, tab: 1 },
        { type: 'pageview', page: '/join', tab: 2 },
        { type: 'signup', page: '/join', properties: { plan: 'pro' }, tab: 2 },
      ],
    })
    expect(answer.rows.map((row) => row.view)).toEqual([1, 1, 2, 2])
  })

  it('of another site is not there', async () => {
    const [{ id }] = (await ask()(sessions, { range: RANGE })).rows
    await expect(asking(clickhouse, 'b')(session, { id })).rejects.toMatchObject({ part: 'id' })
  })
})
