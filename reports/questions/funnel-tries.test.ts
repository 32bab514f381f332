import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Filter } from '../../contract/query.ts'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type FunnelBody, funnel } from './funnel.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const page = (...paths: string[]): { filters: Filter[] } => ({
  filters: [['is', 'event:page', paths]],
})
const event = (name: string): { filters: Filter[] } => ({ filters: [['is', 'event:name', [name]]] })
const RANGE = ['2026-11-01', '2026-11-30'] as const

// Masks that overlap, and events at one instant: what is easily wrong.
const history = fc.array(
  fc.record({
    visitor: fc.constantFrom('v1', 'v1', 'v2'),
    gap: fc.constantFrom(0, 0, 1, 30, 60, 61, 125),
    type: fc.constantFrom('pageview', 'pageview', 'signup', 'engagement'),
    path: fc.constantFrom('/a', '/b', '/c'),
    plan: fc.constantFrom('', 'free', 'pro'),
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
  steps: fc.array(fc.nat(STEPS.length - 1), { minLength: 1, maxLength: 4 }),
  exclusions: fc.array(
    fc.record({ is: fc.constantFrom(1, 2, 4), from: fc.nat(2), to: fc.nat(2) }),
    {
      maxLength: 2,
    },
  ),
  attribution: fc.constantFrom(...(['step', 'first_touch', 'last_touch', 'all_steps'] as const)),
  nth: fc.nat(3),
  order: fc.constantFrom('ordered' as const, 'strict' as const, 'any' as const),
  window_s: fc.constantFrom(60, 200, 86_400),
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
              data: { plan: each.plan },
              id,
              at: new Date(Date.parse(RANGE[0]) + seconds * 1_000).toISOString(),
            }
          })
          await loadHistories(clickhouse, site, events)
          for (const { steps: chosen, exclusions, nth, ...how } of all) {
            const body = {
              ...how,
              nth: Math.min(nth + 1, chosen.length),
              exclusions:
                chosen.length < 2
                  ? []
                  : exclusions.map((each) => between(each, how.order, chosen.length)),
            }
            const ask = asking(clickhouse, site)
            const { rows, total, drop_offs } = await ask(funnel, {
              ...{ range: RANGE, limit: 100, breakdown: 'event:props:plan' },
              ...{ order: body.order, window_s: body.window_s, by: body.by },
              steps: chosen.map((each) => STEPS[each] ?? page()),
              exclusions: body.exclusions.map(({ is, from, to }) => ({
                ...(STEPS[is] ?? page()),
                from,
                to,
              })),
              attribution: body.attribution,
              ...(body.attribution === 'step' && { attribution_step: body.nth }),
            })
            const conditions = chosen.map((each) => IS_STEP[each] ?? (() => false))
            const tries = model(events, conditions, { ...body, attribution: undefined })
            expect(total.map(countsOf)).toEqual(chosen.map((_, index) => expectedRow(tries, index)))
            expect(drop_offs).toHaveLength(dropOffs(tries, chosen.length).size)
            for (const { step, page: to, count } of drop_offs)
              expect([to, count]).toEqual([to, dropOffs(tries, chosen.length).get(`${step} ${to}`)])
            const groups = Map.groupBy(model(events, conditions, body), ({ value }) => value)
            groups.delete(null)
            expect(
              new Map(
                [...Map.groupBy(rows, ({ value }) => value)].map(([value, group]) => [
                  value,
                  group.map(countsOf),
                ]),
              ),
            ).toEqual(
              new Map(
                [...groups].map(([value, group]) => [
                  value,
                  chosen.map((_, index) => expectedRow(group, index)),
                ]),
              ),
            )
          }
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 20), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})

interface Exclusion {
  readonly is: number
  readonly from: number
  readonly to: number
}
type Model = Required<Pick<FunnelBody, 'order' | 'window_s' | 'by'>> & {
  readonly exclusions: readonly Exclusion[]
  readonly attribution: FunnelBody['attribution'] | undefined
  readonly nth: number
}

const countsOf = ({ count, mean_s, mean_from_first_s }: Record<string, unknown>) => ({
  ...{ count, mean_s, mean_from_first_s },
})

/** A range of steps that a funnel may have: all of it, where steps have no order. */
function between({ is, from, to }: Exclusion, order: string, steps: number): Exclusion {
  const first = order === 'any' ? 1 : 1 + (from % (steps - 1))
  return { is, from: first, to: order === 'any' ? steps : first + 1 + (to % (steps - first)) }
}

/** The times of its steps, the page that was seen next, and what it is broken down by. */
interface Try {
  readonly times: readonly number[]
  readonly next: string | null
  readonly value: string | null
}

/** The try of each visitor or visit that counts, as the definition of a funnel says it. */
function model(told: readonly Told[], steps: ((told: Told) => boolean)[], asked: Model): Try[] {
  const ordered = [...told].sort((a, b) =>
    a.at === b.at ? ((a.id ?? '') < (b.id ?? '') ? -1 : 1) : a.at < b.at ? -1 : 1,
  )
  const { attribution, nth } = asked
  // All within half an hour: a visitor has one visit (pipeline/SPEC.md, S4).
  const actors = Map.groupBy(ordered, (each) =>
    attribution === 'all_steps' ? `${each.visitor} ${planOf(each)}` : each.visitor,
  )
  return [...actors.values()].flatMap((events) => {
    const tries = events.flatMap((_, first) => [tryFrom(events, first, steps, asked)])
    const best = tries
      .filter((each) => each.length > 0 && !isSpoiled(each, events, steps.length, asked))
      .sort((a, b) => b.length - a.length || (b[0] ?? 0) - (a[0] ?? 0))[0]
    if (!best) return []
    const then = events.slice((best.at(-1) ?? 0) + 1).find((each) => each.type === 'pageview')
    const touches = events.filter((each) => planOf(each) !== '' && steps.some((is) => is(each)))
    const valued = {
      step: events[best[nth - 1] ?? -1],
      first_touch: touches[0] ?? NO_PLAN,
      last_touch: touches.at(-1) ?? NO_PLAN,
      all_steps: events[0],
    }[attribution ?? 'step']
    return [
      {
        times: best.map((index) => Date.parse(events[index]?.at ?? '')),
        next: then?.path ?? null,
        value: valued ? planOf(valued) : null,
      },
    ]
  })
}

const NO_PLAN: Told = { visitor: '', at: '', data: { plan: '' } }
const planOf = ({ data }: Told) => String(data?.plan)

function isSpoiled(done: readonly number[], events: readonly Told[], steps: number, asked: Model) {
  const { exclusions, window_s } = asked
  const at = (index: number) => Date.parse(events[index]?.at ?? '')
  return (
    exclusions.some(({ is, from, to }) =>
      events.some((each, index) => {
        const since = done[from - 1]
        if (since === undefined || index <= since || !IS_STEP[is]?.(each)) return false
        const until = done[to - 1]
        return until === undefined
          ? at(index) - at(done[0] ?? 0) <= window_s * 1_000
          : index < until
      }),
    ) && steps > 1
  )
}

function tryFrom(
  events: readonly Told[],
  first: number,
  steps: ((told: Told) => boolean)[],
  { order, window_s }: Pick<Model, 'order' | 'window_s'>,
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

/** The steps that are done from the first on, each for the first time. */
function anyFrom(
  events: readonly Told[],
  first: number,
  steps: unknown[],
  is: (step: number, index: number) => boolean,
  within: (index: number, since: number) => boolean,
): number[] {
  const doneAt = steps.map(() => Number.POSITIVE_INFINITY)
  for (let index = events.length - 1; index >= first; index--) {
    const could = [...steps.keys()].filter((step) => is(step, index))
    const latest = could.sort((a, b) =>
      doneAt[b] === doneAt[a] ? a - b : (doneAt[b] ?? 0) > (doneAt[a] ?? 0) ? 1 : -1,
    )[0]
    if (latest !== undefined) doneAt[latest] = index
  }
  const done = doneAt.filter((index) => within(index, first)).sort((a, b) => a - b)
  return done[0] === first ? done : []
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
