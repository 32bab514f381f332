import type { Query } from '../contract/query.ts'
import type { Interval } from './range.ts'
import type { ScopedSql } from './scope.ts'

/** The length of a bucket of time. */
export const GRAINS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const
export type Grain = (typeof GRAINS)[number]

export type WeekStart = NonNullable<Query['week_start']>
/** As ISO 8601 counts days, from Monday. */
export const ISO_DAY: Record<WeekStart, number> = { monday: 1, saturday: 6, sunday: 7 }

const LOCAL = (at: string) => `toDateTime(${at}, {timezone:String})`
const DAY = (at: string) => `toDate(${at}, {timezone:String})`
const BUCKETS: Record<Exclude<Grain, 'week'>, (at: string) => string> = {
  // By what the clock shows: the start of an hour is computed wrongly where clocks change by half of one.
  minute: (at) => `${BUCKETS.hour(at)} + 60 * toMinute(${LOCAL(at)})`,
  hour: (at) => `toDateTime(${DAY(at)}, 'UTC') + 3600 * toHour(${LOCAL(at)})`,
  day: DAY,
  month: (at) => `toStartOfMonth(${DAY(at)})`,
  quarter: (at) => `toStartOfQuarter(${DAY(at)})`,
  year: (at) => `toStartOfYear(${DAY(at)})`,
}

/** What tells the bucket of a row's time as well, and is quicker to read: buckets begin with a quarter of an hour. */
const STRETCHES: Readonly<Record<string, string>> = {
  occurred_at: 'stretch_at',
  session_started_at: 'session_stretch_at',
}
export const stretchOf = (at: string): string => STRETCHES[at] ?? at

/** The bucket of a time. */
export function bucketExpression(grain: Grain, time: string, sql: ScopedSql): string {
  const at = grain === 'minute' ? time : stretchOf(time)
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
  const labels: string[] = []
  let start =
    grain === 'minute' || grain === 'hour'
      ? from.round({ smallestUnit: 'minute', roundingMode: 'floor' })
      : startOfBucket(from, grain, weekStart)
  while (Temporal.ZonedDateTime.compare(start, to) < 0) {
    const label = bucketLabel(start, grain)
    // An hour that a clock change repeats has one label.
    if (labels.at(-1) !== label) labels.push(label)
    start = nextBucket(start, grain)
  }
  return labels
}

function nextBucket(start: Temporal.ZonedDateTime, grain: Grain): Temporal.ZonedDateTime {
  switch (grain) {
    case 'minute':
      return start.add({ minutes: 1 })
    case 'hour': // to the full hour, wherever a clock change has left us
      return start.add({ minutes: 60 - start.minute })
    case 'quarter':
      return start.add({ months: 3 })
    default:
      return start.add({ [`${grain}s`]: 1 })
  }
}

function startOfBucket(
  at: Temporal.ZonedDateTime,
  grain: Exclude<Grain, 'minute' | 'hour'>,
  weekStart: WeekStart,
): Temporal.ZonedDateTime {
  switch (grain) {
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

function bucketLabel(at: Temporal.ZonedDateTime, grain: Grain): string {
  const date = at.toPlainDate().toString()
  if (grain !== 'minute' && grain !== 'hour') return date
  const time = at.toPlainTime().toString({ smallestUnit: 'minute' })
  return `${date}T${grain === 'hour' ? `${time.slice(0, 2)}:00` : time}:00`
}
