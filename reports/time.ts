import type { Query } from '../contract/query.ts'
import type { Interval } from './range.ts'
import type { ScopedSql } from './scope.ts'

/** The length of a bucket of time. */
export const GRAINS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const
export type Grain = (typeof GRAINS)[number]

export type WeekStart = NonNullable<Query['week_start']>
/** As ISO 8601 counts days, from Monday. */
export const ISO_DAY: Record<WeekStart, number> = { monday: 1, saturday: 6, sunday: 7 }

const DAY = (at: string) => `toDate(${at}, {timezone:String})`
const BUCKETS: Record<Exclude<Grain, 'week'>, (at: string) => string> = {
  minute: (at) => `toStartOfMinute(toDateTime(${at}, {timezone:String}))`,
  hour: (at) => `toStartOfHour(toDateTime(${at}, {timezone:String}))`,
  day: DAY,
  month: (at) => `toStartOfMonth(${DAY(at)})`,
  quarter: (at) => `toStartOfQuarter(${DAY(at)})`,
  year: (at) => `toStartOfYear(${DAY(at)})`,
}

/** The bucket of a time. */
export function bucketExpression(grain: Grain, at: string, sql: ScopedSql): string {
  if (grain !== 'week') return BUCKETS[grain](at)
  const first = sql.bind('UInt8', ISO_DAY[sql.weekStart])
  return `${DAY(at)} - (toDayOfWeek(${DAY(at)}) + 7 - ${first}) % 7`
}

/** A bucket as an answer prints it: a local day, or a local time of `YYYY-MM-DDThh:mm:ss`. */
export const bucketText = (grain: Grain, bucket: string): string =>
  grain === 'minute' || grain === 'hour'
    ? `replaceOne(toString(${bucket}), ' ', 'T')`
    : `toString(${bucket})`

/** The grain of `time` that draws a line of some dozens of points. */
export function grainFor({ from, to }: Interval): Grain {
  const hours = (to.epochMilliseconds - from.epochMilliseconds) / 3_600_000
  if (hours <= 1) return 'minute'
  if (hours <= 48) return 'hour'
  if (hours <= 40 * 24 + 1) return 'day' // and an hour, should the clock be set back
  return hours <= 52 * 7 * 24 + 1 ? 'week' : 'month'
}

/** How many buckets an interval has, about. */
export function bucketCount({ from, to }: Interval, grain: Grain): number {
  const hours = {
    minute: 1 / 60,
    hour: 1,
    day: 24,
    week: 168,
    month: 720,
    quarter: 2_160,
    year: 8_760,
  }
  return (to.epochMilliseconds - from.epochMilliseconds) / 3_600_000 / hours[grain]
}

/** The start of each bucket of the interval, as an answer prints it. */
export function buckets(
  { from, to }: Interval,
  grain: Grain,
  weekStart: WeekStart = 'monday',
): string[] {
  const starts: string[] = []
  const step = grain === 'quarter' ? { months: 3 } : { [`${grain}s`]: 1 }
  let start = startOfBucket(from, grain, weekStart)
  while (Temporal.ZonedDateTime.compare(start, to) < 0) {
    const label = bucketLabel(start, grain)
    // An hour that a clock change repeats has one label.
    if (starts.at(-1) !== label) starts.push(label)
    start = start.add(step)
    // An hour that a clock change has moved begins with the local hour again.
    if (grain === 'hour') start = startOfBucket(start, grain, weekStart)
  }
  return starts
}

function startOfBucket(
  at: Temporal.ZonedDateTime,
  grain: Grain,
  weekStart: WeekStart,
): Temporal.ZonedDateTime {
  switch (grain) {
    case 'minute':
    case 'hour':
      return at.round({ smallestUnit: grain, roundingMode: 'floor' })
    case 'day':
      return at.startOfDay()
    case 'week':
      return at.startOfDay().subtract({ days: (at.dayOfWeek + 7 - ISO_DAY[weekStart]) % 7 })
    case 'month':
      return at.with({ day: 1 }).startOfDay()
    case 'quarter':
      return at.with({ day: 1, month: at.month - ((at.month - 1) % 3) }).startOfDay()
    case 'year':
      return at.with({ day: 1, month: 1 }).startOfDay()
  }
}

function bucketLabel(start: Temporal.ZonedDateTime, grain: Grain): string {
  const date = start.toPlainDate().toString()
  if (grain !== 'minute' && grain !== 'hour') return date
  return `${date}T${start.toPlainTime().toString({ smallestUnit: 'second' })}`
}
