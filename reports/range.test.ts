import { describe, expect, it } from 'vitest'
import { comparedInterval, previousPeriod, resolveRange } from './range.ts'
import { buckets } from './time.ts'

const NOON = Date.parse('2026-11-24T12:00:00Z')
const resolve = (...given: Parameters<typeof resolveRange>) => {
  const interval = resolveRange(...given)
  if (!interval) throw new Error('no interval')
  return interval
}
const compared = (
  compare: 'year_before' | 'year_before_by_weekday',
  interval: ReturnType<typeof resolve>,
) => {
  const before = comparedInterval(compare, interval, interval.from.timeZoneId, NOON)
  if (!before) throw new Error('no interval')
  return before
}
const instants = (interval: ReturnType<typeof resolve>) => [
  interval.from.toInstant().toString(),
  interval.to.toInstant().toString(),
]

describe('a range', () => {
  it.each([
    ['day', 'UTC', ['2026-11-24T00:00:00Z', '2026-11-25T00:00:00Z']],
    ['day', 'Asia/Kathmandu', ['2026-11-23T18:15:00Z', '2026-11-24T18:15:00Z']],
    ['7d', 'Europe/Berlin', ['2026-11-17T23:00:00Z', '2026-11-24T23:00:00Z']],
    ['realtime', 'UTC', ['2026-11-24T11:55:00Z', '2026-11-24T12:01:00Z']],
    ['12mo', 'UTC', ['2025-12-01T00:00:00Z', '2026-11-25T00:00:00Z']],
  ])('%s in %s begins and ends with local time', (range, zone, expected) => {
    expect(instants(resolve(range, zone, NOON))).toEqual(expected)
  })

  it('of two days has both of them', () => {
    expect(instants(resolve(['2026-10-24', '2026-10-25'], 'Europe/Berlin', NOON))).toEqual([
      '2026-10-23T22:00:00Z',
      '2026-10-25T23:00:00Z',
    ])
  })

  it('is compared with as many whole days before, over a clock change', () => {
    const interval = resolve(['2026-10-25', '2026-10-26'], 'Europe/Berlin', NOON)
    expect(instants(previousPeriod(interval))).toEqual([
      '2026-10-22T22:00:00Z',
      '2026-10-24T22:00:00Z',
    ])
  })

  it.each([
    // The last day of February is not always the same.
    [['2028-02-28', '2028-02-28'], 'year_before', ['2027-02-28', '2027-02-28']],
    [['2028-02-01', '2028-02-28'], 'year_before', ['2027-02-01', '2027-02-28']],
    [['2028-02-29', '2028-02-29'], 'year_before', ['2027-02-28', '2027-02-28']],
    [['2028-02-01', '2028-02-29'], 'year_before', ['2027-02-01', '2027-02-28']],
    [['2028-02-29', '2028-03-02'], 'year_before', ['2027-02-28', '2027-03-02']],
    [['2029-02-01', '2029-02-28'], 'year_before', ['2028-02-01', '2028-02-28']],
    [['2028-12-31', '2028-12-31'], 'year_before', ['2027-12-31', '2027-12-31']],
    // A day of 25 hours, and one of 23.
    [['2026-10-25', '2026-10-25'], 'year_before', ['2025-10-25', '2025-10-25']],
    [['2026-10-26', '2026-10-26'], 'year_before', ['2025-10-26', '2025-10-26']],
    [['2026-03-29', '2026-03-30'], 'year_before', ['2025-03-29', '2025-03-30']],
    // Sundays, on which clocks change too.
    [['2026-10-25', '2026-10-25'], 'year_before_by_weekday', ['2025-10-26', '2025-10-26']],
    [['2028-02-28', '2028-02-28'], 'year_before_by_weekday', ['2027-03-01', '2027-03-01']],
    [['2028-02-29', '2028-02-29'], 'year_before_by_weekday', ['2027-03-02', '2027-03-02']],
  ] as const)('%j is compared by %s with %j', (range, compare, expected) => {
    const zone = 'Europe/Berlin'
    const before = compared(compare, resolve(range, zone, NOON))
    expect(instants(before)).toEqual(instants(resolve(expected, zone, NOON)))
  })

  it('begins and ends with days of the year before where midnight does not exist', () => {
    const zone = 'America/Santiago' // 2024-09-08 begins at 01:00
    const interval = resolve(['2025-09-08', '2025-09-08'], zone, NOON)
    expect(instants(compared('year_before', interval))).toEqual([
      '2024-09-08T04:00:00Z',
      '2024-09-09T03:00:00Z',
    ])
  })

  it('of instants is compared with as long a time, over the end of February', () => {
    const interval = resolve(['2028-02-28T12:00:00Z', '2028-02-29T12:00:00Z'], 'UTC', NOON)
    expect(instants(compared('year_before', interval))).toEqual([
      '2027-02-28T12:00:00Z',
      '2027-03-01T12:00:00Z',
    ])
  })

  it('has a bucket for each day, and one label for an hour that comes twice', () => {
    const interval = resolve(['2026-10-25', '2026-10-25'], 'Europe/Berlin', NOON)
    expect(buckets(interval, 'day')).toEqual(['2026-10-25'])
    expect(buckets(interval, 'hour')).toHaveLength(24)
  })
})
