import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Filter } from '../../contract/query.ts'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { type FunnelTimesBody, funnelTimes } from './funnel-times.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const page = (path: string): { filters: Filter[] } => ({ filters: [['is', 'event:page', [path]]] })
const RANGE = ['2026-11-01', '2026-11-30'] as const
const steps = [page('/'), page('/cart'), page('/paid')]
const START = Date.parse('2026-11-10T10:00:00Z')

/** Somebody who is at the cart and has paid so many milliseconds after the beginning. */
const buyer = (visitor: string, cartMs?: number, paidMs?: number) =>
  [['/', 0] as const, ['/cart', cartMs] as const, ['/paid', paidMs] as const].flatMap(
    ([path, ms]) =>
      ms === undefined ? [] : [{ visitor, path, at: new Date(START + ms).toISOString() }],
  )

describe('times of a funnel', () => {
  beforeAll(() =>
    loadHistories(clickhouse, 'times', [
      ...buyer('quick', 10_400, 20_000),
      ...buyer('slow', 99_600, 200_000),
      ...buyer('looker', 40_000),
      ...buyer('gone'),
    ]),
  )
  const ask = (body: Partial<FunnelTimesBody>) =>
    asking(clickhouse, 'times')(funnelTimes, { range: RANGE, steps, ...body })
  const bins = async (body: Partial<FunnelTimesBody>) =>
    (await ask(body)).rows.map((row) => [row.from_s, row.to_s, row.count])

  it('are of those who got there, in bins of one width and one more for the longest', async () => {
    expect(await ask({ to_step: 2 })).toMatchObject({ samples: 3, mean_s: 50, median_s: 40 })
    expect(await bins({ to_step: 2 })).toEqual([
      [10, 40, 1],
      [40, 70, 1],
      [70, 100, 1],
      [100, 130, 0],
    ])
    expect(await bins({ bins: 1 })).toEqual([
      [20, 200, 1],
      [200, 380, 1],
    ])
    expect(await bins({ from_step: 2, bins: 2 })).toEqual([
      [9, 55, 1],
      [55, 101, 1],
      [101, 147, 0],
    ])
  })

  it('of one sample have bins of a minute, and of none no bins', async () => {
    const filters: Filter[] = [['is', 'event:page', ['/', '/cart', '/paid']]]
    expect(await bins({ window_s: 20, bins: 1, filters })).toEqual([
      [20, 80, 1],
      [80, 140, 0],
    ])
    expect(await ask({ window_s: 5 })).toMatchObject({ rows: [], samples: 0, mean_s: null })
  })

  it('name the part that is wrong', async () => {
    await expect(ask({ to_step: 4 })).rejects.toMatchObject({ part: 'to_step' })
    await expect(ask({ from_step: 2, to_step: 2 })).rejects.toMatchObject({ part: 'from_step' })
    await expect(ask({ steps: [page('/')] })).rejects.toMatchObject({ part: 'from_step' })
  })
})

describe('over random times', () => {
  let sites = 0
  it('the bins are those of a plain model', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 70 }),
        fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
        async (times, count) => {
          const site = `random${++sites}`
          await loadHistories(
            clickhouse,
            site,
            times.flatMap((ms, index) => buyer(`v${index}`, ms)),
          )
          const { rows, mean_s } = await asking(clickhouse, site)(funnelTimes, {
            ...{ range: RANGE, steps, to_step: 2 },
            ...(count !== undefined && { bins: count }),
          })
          const seconds = times.map((ms) => ms / 1_000)
          const many = count ?? Math.min(60, Math.max(3, Math.ceil(Math.cbrt(times.length))))
          const least = Math.floor(Math.min(...seconds))
          const width = Math.ceil((Math.ceil(Math.max(...seconds)) - least) / many) || 60
          expect(rows).toEqual(
            Array.from({ length: many + 1 }, (_, bin) => {
              const [from_s, to_s] = [least + bin * width, least + (bin + 1) * width]
              return {
                ...{ from_s, to_s },
                count: seconds.filter((each) => each >= from_s && each < to_s).length,
              }
            }),
          )
          expect(mean_s).toBeCloseTo(seconds.reduce((sum, each) => sum + each, 0) / times.length, 2)
        },
      ),
      { numRuns: Number(process.env.HISTORIES ?? 40), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})
