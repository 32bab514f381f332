import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type JourneysBody, journeys } from './journeys.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const RANGE = ['2026-11-10', '2026-11-10'] as const
const START = Date.parse('2026-11-10T10:00:00Z')
const at = (second: number) => new Date(START + second * 1_000).toISOString()
/** A visit; a step that is no path is an event on the page before. */
const visit = (visitor: string, ...steps: string[]): Told[] =>
  steps.map((step, index) => ({
    ...{ visitor, at: at(index) },
    ...(step.startsWith('/') ? { path: step } : { type: step, path: '/where' }),
  }))

describe('journeys', () => {
  beforeAll(() =>
    loadHistories(clickhouse, 'a', [
      ...visit('a', '/', '/blog/one', 'engagement', '/blog/one', '/price', 'signup'),
      ...visit('b', '/', '/blog/two', '/price'),
      ...visit('c', '/price', '/'),
      ...visit('d', '/'),
    ]),
  )
  const ask = (body: Partial<JourneysBody>) =>
    asking(clickhouse, 'a')(journeys, { range: RANGE, ...body })
  const links = async (body: Partial<JourneysBody>) =>
    (await ask(body)).rows.map((row) => [row.step, row.source, row.target, row.visits])

  const GROUPS = [{ name: 'Blog', pages: ['/blog/*'] }]

  it('follow each visit from its first page', async () => {
    expect(await links({ steps: 2 })).toEqual([
      [0, '/', '/blog/one', 1],
      [0, '/', '/blog/two', 1],
      [0, '/price', '/', 1],
      [0, '/', null, 1],
      [1, '/blog/one', '/price', 1],
      [1, '/blog/two', '/price', 1],
      [1, '/', null, 1],
    ])
  })

  it('with pages in groups and from a page on', async () => {
    const body: Partial<JourneysBody> = {
      start: [['is', 'event:page', ['/']]],
      groups: GROUPS,
      steps: 2,
    }
    const { nodes, paths } = await ask(body)
    expect(await links(body)).toEqual([
      [0, '/', 'Blog', 2],
      [0, '/', null, 2],
      [1, 'Blog', '/price', 2],
    ])
    expect(nodes).toEqual([
      { step: 0, name: '/', visits: 4 },
      { step: 1, name: 'Blog', visits: 2 },
      { step: 2, name: '/price', visits: 2 },
    ])
    expect(paths).toEqual([
      { path: ['/'], visits: 2 },
      { path: ['/', 'Blog', '/price'], visits: 2 },
    ])
  })

  it('backwards from an event', async () => {
    expect(
      await links({ start: [['is', 'event:name', ['signup']]], direction: 'previous', steps: 2 }),
    ).toEqual([
      [0, 'signup', '/price', 1],
      [1, '/price', '/blog/one', 1],
    ])
  })

  it('without what fewer visits did than are wanted', async () => {
    const { rows, nodes, paths } = await ask({ steps: 2, min_visits: 2, groups: GROUPS })
    expect(rows).toEqual([
      { step: 0, source: '/', target: 'Blog', visits: 2 },
      { step: 1, source: 'Blog', target: '/price', visits: 2 },
    ])
    expect(paths).toEqual([{ path: ['/', 'Blog', '/price'], visits: 2 }])
    expect(nodes).toContainEqual({ step: 0, name: '/price', visits: 1 })
  })

  it('have "(other)" for what is seldom', async () => {
    const { rows, nodes } = await ask({ steps: 1, limit: 1 })
    expect(rows.map((row) => [row.source, row.target, row.visits])).toEqual([
      ['/', '(other)', 2],
      ['(other)', '/', 1],
      ['/', null, 1],
    ])
    expect(nodes).toContainEqual({ step: 1, name: '(other)', visits: 2 })
  })
})

describe('over random histories', () => {
  const step = fc.record({
    visitor: fc.constantFrom('v1', 'v2', 'v3'),
    what: fc.constantFrom('/', '/a', '/b', '/a.b', 'signup', 'click', 'engagement'),
    gap: fc.constantFrom(0, 1, 60),
  })
  const asked = fc.record({
    start: fc.constantFrom(undefined, '/a', 'signup'),
    direction: fc.constantFrom('next' as const, 'previous' as const),
    of: fc.constantFrom('pages' as const, 'events' as const, 'all' as const),
    steps: fc.integer({ min: 1, max: 4 }),
  })
  let sites = 0
  it('lead where a plain model says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        asked,
        async (steps, of) => {
          const site = `random${++sites}`
          let second = 0
          const events = steps.map(({ visitor, what, gap }, index): Told => {
            second += gap
            const id = `0000000${index % 4}-0000-4000-8000-${String(index).padStart(12, '0')}`
            return {
              ...{ visitor, id, at: at(second) },
              ...(what.startsWith('/') ? { path: what } : { type: what, path: '/where' }),
            }
          })
          await loadHistories(clickhouse, site, events)
          const { start, ...body } = of
          const { rows } = await asking(clickhouse, site)(journeys, {
            ...{ range: RANGE, ...body },
            ...(start && {
              start: [
                start.startsWith('/')
                  ? ['is', 'event:page', [start]]
                  : ['is', 'event:name', [start]],
              ],
            }),
          })
          const found = rows.map((row) => [row.step, row.source, row.target, row.visits].join(' '))
          expect(found.sort()).toEqual(model(events, of))
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 60), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})

const nameOf = (told: Told) => told.type ?? told.path ?? ''
const KINDS = {
  pages: (told: Told) => told.type === undefined,
  events: (told: Told) => told.type === 'signup' || told.type === 'click',
  all: (told: Told) => told.type !== 'engagement',
}

/** Each visit walked by itself; all of a visitor's events are of one visit. */
function model(
  told: readonly Told[],
  asked: { start: string | undefined; direction: string; of: keyof typeof KINDS; steps: number },
): string[] {
  const counts = new Map<string, number>()
  for (const all of Map.groupBy(told, (each) => each.visitor).values()) {
    const events = [...all].sort((a, b) =>
      a.at === b.at ? ((a.id ?? '') < (b.id ?? '') ? -1 : 1) : a.at < b.at ? -1 : 1,
    )
    if (asked.direction === 'previous') events.reverse()
    const isKind = KINDS[asked.of]
    const begun = events.findIndex((each) =>
      asked.start === undefined
        ? isKind(each)
        : asked.start.startsWith('/')
          ? each.path === asked.start
          : each.type === asked.start,
    )
    if (begun < 0) continue
    const way: string[] = []
    for (const [index, each] of events.entries()) {
      if (index < begun || (index > begun && !isKind(each))) continue
      if (way.at(-1) !== nameOf(each)) way.push(nameOf(each))
    }
    for (let step = 0; step < Math.min(way.length, asked.steps); step++) {
      const link = `${step} ${way[step]} ${way[step + 1] ?? ''}`
      counts.set(link, (counts.get(link) ?? 0) + 1)
    }
  }
  return [...counts].map(([link, visits]) => `${link} ${visits}`).sort()
}
