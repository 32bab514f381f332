import { beforeAll, describe, expect, it } from 'vitest'
import type { Filter } from '../../contract/query.ts'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type FunnelBody, funnel } from './funnel.ts'
import { funnelSessions } from './funnel-sessions.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const page = (...paths: string[]): { filters: Filter[] } => ({
  filters: [['is', 'event:page', paths]],
})
const _event = (name: string): { filters: Filter[] } => ({
  filters: [['is', 'event:name', [name]]],
})
const RANGE = ['2026-11-01', '2026-11-30'] as const
const at = (minute: number) => new Date(Date.parse('2026-11-10T10:00:00Z') + minute * 60_000)

describe('a funnel', () => {
  beforeAll(() =>
    loadHistories(clickhouse, 'shop', [
      ...visit('buyer', [0, '/'], [1, '/cart'], [4, '/paid']),
      ...visit('wanderer', [0, '/'], [1, '/help'], [2, '/cart']),
      ...visit('backwards', [0, '/cart'], [1, '/']),
      // Twice at the start: the second try is the one that gets further.
      ...visit('again', [0, '/'], [60 * 24 * 3, '/'], [60 * 24 * 3 + 2, '/cart']),
      ...visit('bot', [0, '/'], [1, '/cart']).map((each) => ({
        ...each,
        derived: { isBot: true as const, botName: 'Bot' },
      })),
    ]),
  )
  const steps = [page('/'), page('/cart'), page('/paid')]
  const ask = (body: Partial<FunnelBody>) =>
    asking(clickhouse, 'shop')(funnel, { range: RANGE, steps, ...body })
  const counts = async (body: Partial<FunnelBody>) => (await ask(body)).rows.map((row) => row.count)

  it('counts who got how far in order, with their times', async () => {
    const { rows, ...rest } = await ask({})
    expect(rows).toMatchObject([
      { step: 1, name: 'Step 1', count: 4, dropped: 1, from_first_percent: 100, mean_s: null },
      { count: 3, dropped: 2, from_previous_percent: 75, mean_s: 100, median_s: 120 },
      { count: 1, dropped: 0, from_previous_percent: 33.3, from_first_percent: 25, mean_s: 180 },
    ])
    expect(rows[2]).toMatchObject({ mean_from_first_s: 240, median_from_first_s: 240 })
    expect(rest).toMatchObject({
      drop_offs: [
        { step: 1, page: null, count: 1 },
        { step: 2, page: null, count: 2 },
      ],
    })
  })

  it('lets nothing lie between strict steps but what a page measures by itself', async () => {
    expect(await counts({ order: 'strict' })).toEqual([4, 2, 1])
    expect(await ask({ order: 'strict' })).toMatchObject({
      drop_offs: [{ step: 1, page: '/help' }, { step: 1, page: null }, { step: 2 }],
    })
  })

  it('counts steps in any order', async () => {
    expect(await counts({ order: 'any' })).toEqual([4, 4, 1])
  })

  it('ends when the window is over', async () => {
    expect(await counts({ window_s: 119 })).toEqual([4, 1, 0])
    expect(await counts({ window_s: 120 })).toEqual([4, 3, 0])
    expect(await counts({ window_s: 240 })).toEqual([4, 3, 1])
  })

  it('by visit, asks of each visit alone', async () => {
    const apart = [page('/'), page('/paid', '/cart')]
    expect(await counts({ by: 'visit', steps: apart })).toEqual([5, 3])
  })

  it('by a dimension, has each visitor once, under the value at the first step', async () => {
    const { rows } = await ask({ breakdown: 'visit:entry_page', steps: steps.slice(0, 2) })
    expect(rows.map((row) => [row.value, row.step, row.count])).toEqual([
      ['/', 1, 3],
      ['/', 2, 3],
      ['/cart', 1, 1],
      ['/cart', 2, 0],
    ])
  })

  it('does not count who did what is excluded between two steps, or in the window of the first', async () => {
    const help = page('/help')
    expect(await counts({ exclusions: [help] })).toEqual([3, 2, 1])
    expect(await counts({ exclusions: [{ ...help, from: 2 }] })).toEqual([4, 3, 1])
    expect(await counts({ exclusions: [{ ...help, from: 1, to: 2 }], window_s: 59 })).toEqual([
      4, 0, 0,
    ])
    expect(await counts({ order: 'any', exclusions: [help] })).toEqual([4, 3, 1])
  })

  it('may have one step', async () => {
    expect(await counts({ steps: [page('/cart')] })).toEqual([4])
  })

  it('by a dimension, has the value of the touch that is asked for', async () => {
    const values = async (body: Partial<FunnelBody>) =>
      (await ask({ breakdown: 'event:page', steps: [page('/'), page('/cart')], ...body })).rows.map(
        (row) => `${row.value} ${row.count}`,
      )
    expect(await values({ attribution: 'first_touch' })).toEqual([
      '/ 3',
      '/ 3',
      '/cart 1',
      '/cart 0',
    ])
    expect(await values({ attribution: 'last_touch' })).toEqual([
      '/cart 3',
      '/cart 3',
      '/ 1',
      '/ 0',
    ])
    expect(await values({ attribution: 'step', attribution_step: 2 })).toEqual([
      '/cart 3',
      '/cart 3',
    ])
    expect(await values({ attribution: 'all_steps' })).toEqual(['/ 4', '/ 0'])
  })

  it('has the further values of a breakdown together', async () => {
    const { rows } = await ask({ breakdown: 'visit:exit_page', limit: 1, steps: steps.slice(0, 2) })
    expect(rows.map((row) => [row.value, row.step, row.count])).toEqual([
      ['/cart', 1, 2],
      ['/cart', 2, 2],
      ['(other)', 1, 2],
      ['(other)', 2, 1],
    ])
  })

  it('asks about bots when a filter names them', async () => {
    expect(await counts({ filters: [['is', 'visit:bot', ['Bot']]] })).toEqual([1, 1, 0])
  })

  it('names the visits behind a step, and those that ended there', async () => {
    const behind = async (step: number, outcome: 'reached' | 'dropped') =>
      (await asking(clickhouse, 'shop')(funnelSessions, { range: RANGE, steps, step, outcome }))
        .rows
    expect(await behind(3, 'reached')).toMatchObject([{ exit_page: '/paid', pageviews: 3 }])
    expect((await behind(2, 'reached')).map((row) => row.entry_page)).toEqual(['/', '/', '/'])
    expect(await behind(1, 'dropped')).toMatchObject([{ entry_page: '/cart', exit_page: '/' }])
    expect(await behind(3, 'dropped')).toHaveLength(1)
  })

  it('has goals, segments and what a visit has done for steps and filters', async () => {
    const names = {
      goals: [{ name: 'Bought', reached: ['is', 'event:page', ['/paid']] as Filter, value: 0 }],
      segments: { Cart: ['is', 'event:page', ['/cart']] as Filter },
    }
    const asked = (body: Partial<FunnelBody>) =>
      asking(clickhouse, 'shop', { names })(funnel, { range: RANGE, steps, ...body })
    const goal = { filters: [['is', 'event:goal', ['Bought']]] as Filter[] }
    const { rows } = await asked({ steps: [page('/'), goal] })
    expect(rows.map((row) => row.count)).toEqual([4, 1])
    const only = async (...filters: Filter[]) =>
      (await asked({ filters, steps: [page('/'), page('/cart')] })).rows.map((row) => row.count)
    expect(await only(['has_done', ['is', 'segment', ['Cart']]])).toEqual([4, 3])
    expect(await only(['is', 'visit:exit_page', ['/cart']])).toEqual([2, 2])
    await expect(
      asked({ steps: [page('/'), { filters: [['is', 'event:goal', ['None']]] }] }),
    ).rejects.toMatchObject({ part: 'steps[1].filters', message: /no goal "None"/ })
  })

  it('names the part that is wrong', async () => {
    await expect(
      ask({ steps: [page('/'), { filters: [['is', 'event:pag', ['/']]] }] }),
    ).rejects.toMatchObject({ part: 'steps[1].filters[0][1]', message: /dimension/ })
    await expect(ask({ breakdown: 'nothing' })).rejects.toMatchObject({ part: 'breakdown' })
    for (const [body, part] of [
      [{ exclusions: [{ ...page('/x'), from: 3 }] }, 'exclusions[0].from'],
      [{ exclusions: [page('/x'), { ...page('/x'), from: 2, to: 2 }] }, 'exclusions[1].to'],
      [{ exclusions: [{ ...page('/x'), to: 4 }] }, 'exclusions[0].to'],
      [{ order: 'any', exclusions: [{ ...page('/x'), to: 2 }] }, 'exclusions[0]'],
      [{ steps: [page('/')], exclusions: [page('/x')] }, 'exclusions[0]'],
      [{ attribution: 'first_touch' }, 'attribution'],
      [{ breakdown: 'event:page', attribution_step: 4 }, 'attribution_step'],
    ] as const)
      await expect(ask(body as Partial<FunnelBody>)).rejects.toMatchObject({ part })
  })
})

function visit(visitor: string, ...views: [minute: number, path: string][]): Told[] {
  return views.map(([minute, path]) => ({ visitor, path, at: at(minute).toISOString() }))
}
