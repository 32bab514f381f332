import type { Query } from '../contract/query.ts'
import type { Grain } from './dimensions.ts'

/** An interval of time; `to` is exclusive. */
export interface Interval {
  readonly from: Temporal.ZonedDateTime
  readonly to: Temporal.ZonedDateTime
}

type Resolve = (now: Temporal.ZonedDateTime) => Interval

const today = (now: Temporal.ZonedDateTime) => now.startOfDay()
const tomorrow = (now: Temporal.ZonedDateTime) => today(now).add({ days: 1 })
const lastDays =
  (days: number): Resolve =>
  (now) => ({ from: today(now).subtract({ days: days - 1 }), to: tomorrow(now) })
const lastMonths =
  (months: number): Resolve =>
  (now) => ({
    from: today(now)
      .with({ day: 1 })
      .subtract({ months: months - 1 }),
    to: tomorrow(now),
  })

/** Named ranges, today included. */
export const RANGES: Readonly<Record<string, Resolve>> = {
  realtime: (now) => ({ from: now.subtract({ minutes: 5 }), to: now.add({ minutes: 1 }) }),
  day: (now) => ({ from: today(now), to: tomorrow(now) }),
  '24h': (now) => ({ from: now.subtract({ hours: 24 }), to: now.add({ minutes: 1 }) }),
  '7d': lastDays(7),
  '28d': lastDays(28),
  '30d': lastDays(30),
  '91d': lastDays(91),
  month: (now) => ({ from: today(now).with({ day: 1 }), to: tomorrow(now) }),
  '6mo': lastMonths(6),
  '12mo': lastMonths(12),
  year: (now) => ({ from: today(now).with({ day: 1, month: 1 }), to: tomorrow(now) }),
}

/** The interval of a query's range in its zone. */
export function resolveRange(range: Query['range'], timezone: string, nowMs: number): Interval {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timezone)
  if (typeof range === 'string') {
    const resolve = RANGES[range]
    if (!resolve) throw new Error(`unknown range ${range}`) // the parser lets only known ones through
    return resolve(now)
  }
  const [first, last] = range
  return { from: startOf(first, timezone), to: startOf(last, timezone).add({ days: 1 }) }
}

const startOf = (day: string, timezone: string) =>
  Temporal.PlainDate.from(day).toZonedDateTime(timezone)

/** The interval of equal length that ends where this one begins: whole days stay whole days over a clock change. */
export function previousPeriod({ from, to }: Interval): Interval {
  const wholeDays = from.equals(from.startOfDay()) && to.equals(to.startOfDay())
  const length = from.until(to, { largestUnit: wholeDays ? 'days' : 'hours' })
  return { from: from.subtract(length), to: from }
}

/** The start of each bucket of the interval, as the engine prints it. */
export function buckets({ from, to }: Interval, grain: Grain): string[] {
  const starts: string[] = []
  let start = startOfBucket(from, grain)
  while (Temporal.ZonedDateTime.compare(start, to) < 0) {
    const label = bucketLabel(start, grain)
    // An hour that a clock change repeats has one label.
    if (starts.at(-1) !== label) starts.push(label)
    start = start.add({ [`${grain}s`]: 1 })
  }
  return starts
}

function startOfBucket(at: Temporal.ZonedDateTime, grain: Grain): Temporal.ZonedDateTime {
  switch (grain) {
    case 'minute':
    case 'hour':
      return at.round({ smallestUnit: grain, roundingMode: 'floor' })
    case 'day':
      return at.startOfDay()
    case 'month':
      return at.with({ day: 1 }).startOfDay()
  }
}

function bucketLabel(start: Temporal.ZonedDateTime, grain: Grain): string {
  const date = start.toPlainDate().toString()
  if (grain === 'day' || grain === 'month') return date
  return `${date}T${start.toPlainTime().toString({ smallestUnit: 'second' })}`
}
