import fc from 'fast-check'
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
const event = (name: string): { filters: Filter[] } => ({ filters: [['is', 'event:name', [name]]] })
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
  })
})

// Masks that overlap, and events at one instant: what is easily wrong.
const history = fc.array(
  fc.record({
    visitor: fc.constantFrom('v1', 'v1', 'v2'),
    gap: fc.constantFrom(0, 0, 1, 30, 60, 61, 600),
    type: fc.constantFrom('pageview', 'pageview', 'signup', 'engagement'),
    path: fc.constantFrom('/a', '/b', '/c'),
  }),
  { minLength: 1, maxLength: 14 },
)
const STEPS = [page('/a'), page('/b'), page('/c'), page('/a', '/b'), event('signup')]
const IS_STEP = [
  (told: Told) => told.path === '/a',
  (told: Told) => told.path === '/b',
  (told: Told) => told.path === '/c',
  (told: Told) => told.path === '/a' || told.path === '/b',
  (told: Told) => told.type === 'signup',
]
const asked = fc.record({
  steps: fc.array(fc.nat(STEPS.length - 1), { minLength: 2, maxLength: 4 }),
  order: fc.constantFrom('ordered' as const, 'strict' as const, 'any' as const),
  window_s: fc.constantFrom(60, 3_600, 86_400),
  by: fc.constantFrom('visitor' as const, 'visit' as const),
})

describe('over random histories', () => {
  let sites = 0
  it('counts and times what a plain model does', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(asked, { minLength: 4, maxLength: 4 }),
        async (steps, all) => {
          const site = `random${++sites}`
          let seconds = 0
          const events = steps.map(({ gap, ...each }, index) => {
            seconds += gap
            const id = `0000000${index % 3}-0000-4000-8000-${String(index).padStart(12, '0')}`
            return {
              ...each,
              id,
              at: new Date(Date.parse(RANGE[0]) + seconds * 1_000).toISOString(),
            }
          })
          await loadHistories(clickhouse, site, events)
          for (const { steps: chosen, ...body } of all) {
            const { rows, drop_offs } = await asking(clickhouse, site)(funnel, {
              ...body,
              range: RANGE,
              steps: chosen.map((each) => STEPS[each] ?? page()),
            })
            const tries = model(
              events,
              chosen.map((each) => IS_STEP[each] ?? (() => false)),
              body,
            )
            expect(
              rows.map(({ count, mean_s, mean_from_first_s }) => ({
                count,
                mean_s,
                mean_from_first_s,
              })),
            ).toEqual(chosen.map((_, index) => expectedRow(tries, index)))
            expect(drop_offs).toHaveLength(dropOffs(tries, chosen.length).size)
            for (const { step, page: to, count } of drop_offs)
              expect([to, count]).toEqual([to, dropOffs(tries, chosen.length).get(`${step} ${to}`)])
          }
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 30), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})

function visit(visitor: string, ...views: [minute: number, path: string][]): Told[] {
  return views.map(([minute, path]) => ({ visitor, path, at: at(minute).toISOString() }))
}

type Model = Required<Pick<FunnelBody, 'order' | 'window_s' | 'by'>>

/** The times of its steps, and the page that was seen next. */
interface Try {
  readonly times: readonly number[]
  readonly next: string | null
}

/** The times of the steps of each visitor's or visit's try, as the definition of a funnel says it. */
function model(told: readonly Told[], steps: ((told: Told) => boolean)[], asked: Model): Try[] {
  const ordered = [...told].sort((a, b) =>
    a.at === b.at ? ((a.id ?? '') < (b.id ?? '') ? -1 : 1) : a.at < b.at ? -1 : 1,
  )
  // All within half an hour of the one before: a visitor has one visit (pipeline/SPEC.md, S4).
  const actors = Map.groupBy(ordered, (each) => each.visitor)
  return [...actors.values()].flatMap((events) => {
    const tries = events.flatMap((_, first) => [tryFrom(events, first, steps, asked)])
    const best = tries
      .filter((each) => each.length > 0)
      .sort((a, b) => b.length - a.length || (b[0] ?? 0) - (a[0] ?? 0))[0]
    if (!best) return []
    const then = events.slice((best.at(-1) ?? 0) + 1).find((each) => each.type === 'pageview')
    return [
      { times: best.map((index) => Date.parse(events[index]?.at ?? '')), next: then?.path ?? null },
    ]
  })
}

function tryFrom(
  events: readonly Told[],
  first: number,
  steps: ((told: Told) => boolean)[],
  { order, window_s }: Model,
): number[] {
  const within = (index: number, since: number) =>
    Date.parse(events[index]?.at ?? '') - Date.parse(events[since]?.at ?? '') <= window_s * 1_000
  const is = (step: number, index: number) => {
    const each = events[index]
    return each !== undefined && steps[step]?.(each) === true
  }
  if (order === 'any') return anyFrom(events, first, steps, is, within)
  if (!is(0, first)) return []
  const done = [first]
  for (let index = first + 1; index < events.length && done.length < steps.length; index++) {
    if (is(done.length, index) && within(index, first)) done.push(index)
    else if (
      order === 'strict' &&
      (events[index]?.type !== 'engagement' || steps.some((_, step) => is(step, index)))
    )
      break
  }
  return done
}

/** The steps that are done, each for the last time, when `last` happens. */
function anyFrom(
  events: readonly Told[],
  last: number,
  steps: unknown[],
  is: (step: number, index: number) => boolean,
  within: (index: number, since: number) => boolean,
): number[] {
  const doneAt = steps.map(() => -1)
  for (let index = 0; index <= last && index < events.length; index++) {
    const could = [...steps.keys()].filter((step) => is(step, index))
    const oldest = could.sort((a, b) => (doneAt[a] ?? 0) - (doneAt[b] ?? 0) || a - b)[0]
    if (oldest !== undefined) doneAt[oldest] = index
  }
  return doneAt.filter((index) => index >= 0 && within(last, index)).sort((a, b) => a - b)
}

function dropOffs(tries: readonly Try[], steps: number): Map<string, number> {
  const dropped = tries.filter(({ times }) => times.length < steps)
  const groups = Map.groupBy(dropped, ({ times, next }) => `${times.length} ${next}`)
  return new Map([...groups].map(([key, group]) => [key, group.length]))
}

function expectedRow(all: readonly Try[], step: number) {
  const tries = all.map(({ times }) => times)
  const there = tries.filter((each) => each.length > step)
  const mean = (from: number) =>
    step === 0 || there.length === 0
      ? null
      : there.reduce((sum, each) => sum + (each[step] ?? 0) - (each[from] ?? 0), 0) /
        there.length /
        1_000
  return { count: there.length, mean_s: mean(step - 1), mean_from_first_s: mean(0) }
}
