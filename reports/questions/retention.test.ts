import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type RetentionBody, retention } from './retention.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const RANGE = ['2026-10-19', '2026-11-08'] as const
const triangle = (rows: readonly { cohort: string; visitors: number }[]) =>
  [...Map.groupBy(rows, (row) => row.cohort).values()].map((row) =>
    row.map((each) => each.visitors),
  )

describe('retention', () => {
  beforeAll(() =>
    loadHistories(clickhouse, 'a', [
      // Here before the range: new in none of its weeks.
      { visitor: 'old', at: '2026-10-01T12:00:00Z' },
      { visitor: 'old', at: '2026-10-20T12:00:00Z' },
      { visitor: 'loyal', at: '2026-10-20T12:00:00Z' },
      { visitor: 'loyal', at: '2026-10-27T12:00:00Z' },
      { visitor: 'loyal', at: '2026-11-03T12:00:00Z', type: 'signup' },
      { visitor: 'once', at: '2026-10-21T12:00:00Z' },
      // Sunday evening in Berlin is still Sunday in New York an hour before midnight UTC.
      { visitor: 'edge', at: '2026-10-25T23:30:00Z' },
    ]),
  )
  const ask = (body: Partial<RetentionBody>) =>
    asking(clickhouse, 'a')(retention, { range: RANGE, ...body })

  it('follows those who were new in a week', async () => {
    const { rows } = await ask({})
    expect(rows).toMatchObject([
      { cohort: '2026-10-19', size: 3, period: 0, visitors: 3, percent: 100 },
      { cohort: '2026-10-19', period: 1, visitors: 1, percent: 33.3 },
      { period: 2, visitors: 1 },
      { cohort: '2026-10-26', size: 0, period: 0, visitors: 0, percent: null },
      { period: 1 },
      { cohort: '2026-11-02', size: 0, period: 0 },
    ])
  })

  it('has the weeks of the time zone, and of who begins them on Sunday', async () => {
    expect(triangle((await ask({ timezone: 'Europe/Berlin' })).rows)).toEqual([
      [2, 1, 1],
      [1, 0],
      [0],
    ])
    const { rows } = await ask({ week_start: 'sunday' })
    expect([rows[0].cohort, triangle(rows)]).toEqual([
      '2026-10-18',
      [[2, 1, 1, 0], [1, 0, 0], [0, 0], [0]],
    ])
  })

  it('of those who were there at all', async () => {
    expect(triangle((await ask({ cohort: 'active' })).rows)).toEqual([[4, 1, 1], [1, 1], [1]])
  })

  it('from one thing to another', async () => {
    const { rows } = await ask({
      start: [['is', 'event:name', ['pageview']]],
      returning: [['is', 'event:name', ['signup']]],
    })
    expect(triangle(rows)).toEqual([[0, 0, 1], [0, 0], [0]])
    expect(rows[0].size).toBe(3)
  })

  it('refuses more periods than can be read', async () => {
    await expect(ask({ period: 'hour' })).rejects.toMatchObject({ part: 'range' })
  })
})

describe('over random histories', () => {
  const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu']
  const event = fc.record({
    visitor: fc.constantFrom('v1', 'v2', 'v3'),
    // Around the clock change of both zones, and some weeks about.
    hours: fc.integer({ min: -24 * 30, max: 24 * 30 }),
    minutes: fc.constantFrom(0, 29, 31, 59),
    type: fc.constantFrom('pageview', 'pageview', 'signup'),
  })
  let sites = 0
  it('counts what a plain model does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(...ZONES),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.constantFrom('first' as const, 'active' as const),
        async (steps, timezone, period, cohort) => {
          const site = `random${++sites}`
          const events = steps.map(({ hours, minutes, ...each }) => ({
            ...each,
            at: new Date(
              Date.parse('2026-10-25T00:00:00Z') + (hours * 60 + minutes) * 60_000,
            ).toISOString(),
          }))
          await loadHistories(clickhouse, site, events)
          const { rows } = await asking(clickhouse, site)(retention, {
            ...{ range: RANGE, timezone, period, cohort },
            returning: [['is', 'event:name', ['signup']]],
          })
          const of = { timezone, period, cohort }
          expect(
            rows.map(({ cohort: name, size, period: later, visitors }) => [
              name,
              later,
              size,
              visitors,
            ]),
          ).toEqual(model(events, of, [...new Set(rows.map((row) => row.cohort))]))
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 60), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})

/** Every visitor, cohort and period asked one by one. */
function model(
  events: readonly Told[],
  { timezone, period, cohort }: { timezone: string; period: string; cohort: string },
  cohorts: readonly string[],
) {
  const bucket = ({ at }: Told) => {
    const day = Temporal.Instant.from(at).toZonedDateTimeISO(timezone).toPlainDate()
    if (period === 'month') return day.with({ day: 1 }).toString()
    return (period === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day).toString()
  }
  const inRange = (each: Told) => cohorts.includes(bucket(each))
  const visitors = [...Map.groupBy(events, (each) => each.visitor).values()]
  const isOf = (name: string) => (all: readonly Told[]) =>
    (cohort === 'first' ? [...all].sort((a, b) => (a.at < b.at ? -1 : 1)).slice(0, 1) : all).some(
      (each) => inRange(each) && bucket(each) === name,
    )
  return cohorts.flatMap((name, index) =>
    cohorts.slice(index).map((then, later) => {
      const members = visitors.filter(isOf(name))
      const back = members.filter((all) =>
        all.some((each) => each.type === 'signup' && inRange(each) && bucket(each) === then),
      )
      return [name, later, members.length, back.length]
    }),
  )
}
