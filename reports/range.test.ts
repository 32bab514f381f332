import { describe, expect, it } from 'vitest'
import { previousPeriod, resolveRange } from './range.ts'
import { buckets } from './time.ts'

const NOON = Date.parse('2026-11-24T12:00:00Z')
const resolve = (...given: Parameters<typeof resolveRange>) => {
  const interval = resolveRange(...given)
  if (!interval) throw new Error('no interval')
  return interval
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

  it('has a bucket for each day, and one label for an hour that comes twice', () => {
    const interval = resolve(['2026-10-25', '2026-10-25'], 'Europe/Berlin', NOON)
    expect(buckets(interval, 'day')).toEqual(['2026-10-25'])
    expect(buckets(interval, 'hour')).toHaveLength(24)
  })
})
