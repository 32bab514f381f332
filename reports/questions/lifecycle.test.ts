import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type LifecycleBody, lifecycle } from './lifecycle.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const at = (day: string, type = 'pageview') => ({ at: `2026-11-${day}T12:00:00Z`, type })
const KINDS = ['new', 'returning', 'resurrecting', 'dormant'] as const

describe('a lifecycle', () => {
  beforeAll(() =>
    loadHistories(clickhouse, 'life', [
      ...['01', '02', '03', '05'].map((day) => ({ visitor: 'old', ...at(day) })),
      ...['02', '05'].map((day) => ({ visitor: 'fresh', ...at(day) })),
      { visitor: 'buyer', ...at('02') },
      { visitor: 'buyer', ...at('04', 'purchase') },
    ]),
  )
  const ask = (body: Partial<LifecycleBody>) =>
    asking(clickhouse, 'life')(lifecycle, {
      ...{ range: ['2026-11-02', '2026-11-05'], period: 'day', ...body },
    })
  const table = async (body: Partial<LifecycleBody>) =>
    (await ask(body)).rows.map((row) => KINDS.map((kind) => row[kind]))

  it('tells by day who is new, returns, is back after a while, and stays away', async () => {
    expect((await ask({})).rows[1]).toEqual({
      ...{ period: '2026-11-03', new: 0, returning: 1, resurrecting: 0, dormant: 2 },
    })
    expect(await table({})).toEqual([
      [2, 1, 0, 0],
      [0, 1, 0, 2],
      [0, 0, 1, 1],
      [0, 0, 2, 1],
    ])
  })

  it('of one thing, has those who were here before for something else as back', async () => {
    const active: LifecycleBody['active'] = [['is', 'event:name', ['purchase']]]
    expect(await table({ active })).toEqual([
      ...[0, 1].map(() => [0, 0, 0, 0]),
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ])
    expect(await table({ filters: active })).toEqual(await table({ active }))
  })

  it('has weeks from the day that they are asked from', async () => {
    const weeks = async (week_start: 'monday' | 'sunday') =>
      (await ask({ period: 'week', week_start })).rows
    expect(await weeks('monday')).toEqual([
      { period: '2026-11-02', new: 2, returning: 1, resurrecting: 0, dormant: 0 },
    ])
    expect(await weeks('sunday')).toEqual([
      { period: '2026-11-01', new: 3, returning: 0, resurrecting: 0, dormant: 0 },
    ])
  })

  it('names the part that is wrong', async () => {
    await expect(ask({ active: [['is', 'event:nam', ['a']]] })).rejects.toMatchObject({
      part: 'active[0][1]',
    })
    await expect(
      ask({ period: 'hour', range: ['2026-11-01', '2026-11-30'] }),
    ).rejects.toMatchObject({ part: 'range' })
  })

  it('of a site without events is all zero', async () => {
    const { rows } = await asking(clickhouse, 'nobody')(lifecycle, {
      ...{ range: ['2026-11-02', '2026-11-03'], period: 'day' },
    })
    expect(rows.map((row) => KINDS.map((kind) => row[kind]))).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })
})

describe('over random histories', () => {
  const event = fc.record({
    visitor: fc.constantFrom('v1', 'v2', 'v3'),
    hours: fc.integer({ min: -24 * 12, max: 24 * 12 }),
    type: fc.constantFrom('pageview', 'pageview', 'signup'),
  })
  let sites = 0
  it('counts what a plain model does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 25 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        async (steps, timezone, period) => {
          const site = `random${++sites}`
          // Around the change of both zones' clocks.
          const start = Date.parse('2026-10-28T00:30:00Z')
          const events = steps.map(({ hours, ...each }) => ({
            ...each,
            at: new Date(start + hours * 3_600_000).toISOString(),
          }))
          await loadHistories(clickhouse, site, events)
          const { rows } = await asking(clickhouse, site)(lifecycle, {
            ...{ range: ['2026-10-22', '2026-11-04'], timezone, period },
            active: [['is', 'event:name', ['pageview']]],
          })
          expect(rows).toEqual(
            rows.map((row) => expectedRow(events, row.period, { timezone, period })),
          )
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 60), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})

/** Every visitor asked of one period. */
function expectedRow(
  events: readonly Told[],
  name: string,
  { timezone, period }: { timezone: string; period: 'day' | 'week' | 'month' },
) {
  const bucket = ({ at: instant }: Told) => {
    const day = Temporal.Instant.from(instant).toZonedDateTimeISO(timezone).toPlainDate()
    if (period === 'month') return day.with({ day: 1 }).toString()
    return (period === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day).toString()
  }
  const before = Temporal.PlainDate.from(name)
    .subtract({ [`${period}s`]: 1 })
    .toString()
  const row = { period: name, new: 0, returning: 0, resurrecting: 0, dormant: 0 }
  for (const all of Map.groupBy(events, (each) => each.visitor).values()) {
    const isActive = (when: string) =>
      all.some((each) => each.type === 'pageview' && bucket(each) === when)
    const first = all.map(bucket).sort()[0]
    if (isActive(name))
      row[first === name ? 'new' : isActive(before) ? 'returning' : 'resurrecting']++
    else if (isActive(before)) row.dormant++
  }
  return row
}
