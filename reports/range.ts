import type { Query, Range } from '../contract/query.ts'

/** An interval of time; `to` is exclusive. */
export interface Interval {
  readonly from: Temporal.ZonedDateTime
  readonly to: Temporal.ZonedDateTime
}

type Resolve = (now: Temporal.ZonedDateTime) => Interval

// Days are counted on the calendar: where midnight does not exist, a day after another begins at another hour.
const today = (now: Temporal.ZonedDateTime) => now.startOfDay()
const tomorrow = (now: Temporal.ZonedDateTime) => now.add({ days: 1 }).startOfDay()
const lastDays =
  (days: number): Resolve =>
  (now) => ({ from: now.subtract({ days: days - 1 }).startOfDay(), to: tomorrow(now) })
const lastMonths =
  (months: number): Resolve =>
  (now) => ({
    from: now
      .with({ day: 1 })
      .subtract({ months: months - 1 })
      .startOfDay(),
    to: tomorrow(now),
  })

/** Named ranges, today included. `all` begins with the site's first event. */
export const RANGES: Readonly<Record<string, Resolve>> = {
  realtime: (now) => ({ from: now.subtract({ minutes: 5 }), to: now.add({ minutes: 1 }) }),
  day: (now) => ({ from: today(now), to: tomorrow(now) }),
  yesterday: (now) => ({ from: now.subtract({ days: 1 }).startOfDay(), to: today(now) }),
  '24h': (now) => ({ from: now.subtract({ hours: 24 }), to: now.add({ minutes: 1 }) }),
  '7d': lastDays(7),
  '28d': lastDays(28),
  '30d': lastDays(30),
  '91d': lastDays(91),
  month: (now) => ({ from: now.with({ day: 1 }).startOfDay(), to: tomorrow(now) }),
  '6mo': lastMonths(6),
  '12mo': lastMonths(12),
  year: (now) => ({ from: now.with({ day: 1, month: 1 }).startOfDay(), to: tomorrow(now) }),
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
/** With an offset: an instant without one is another elsewhere. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/

/** The interval of a query's range in its zone; undefined for a range that is none. */
export function resolveRange(
  range: Range,
  timezone: string,
  nowMs: number,
  firstEventMs = nowMs,
): Interval | undefined {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timezone)
  if (range === 'all') {
    const first = Temporal.Instant.fromEpochMilliseconds(firstEventMs).toZonedDateTimeISO(timezone)
    return { from: first.startOfDay(), to: tomorrow(now) }
  }
  if (typeof range === 'string')
    return Object.hasOwn(RANGES, range) ? RANGES[range]?.(now) : undefined
  const [first, last] = range
  try {
    if (DAY.test(first) && DAY.test(last))
      return { from: startOf(first, timezone), to: startOf(last, timezone, 1) }
    if (!INSTANT.test(first) || !INSTANT.test(last)) return undefined
    const at = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(timezone)
    return { from: at(first), to: at(last) }
  } catch {
    return undefined // a day or an hour that does not exist
  }
}

const startOf = (day: string, timezone: string, plusDays = 0) =>
  Temporal.PlainDate.from(day, { overflow: 'reject' })
    .add({ days: plusDays })
    .toZonedDateTime(timezone)

/** The interval of equal length that ends where this one begins: whole days stay whole days over a clock change. */
export function previousPeriod({ from, to }: Interval): Interval {
  if (!isOfWholeDays({ from, to })) return { from: from.subtract(from.until(to)), to: from }
  const days = from.toPlainDate().until(to.toPlainDate(), { largestUnit: 'days' })
  return { from: from.subtract(days).startOfDay(), to: from }
}

const isOfWholeDays = ({ from, to }: Interval) =>
  from.equals(from.startOfDay()) && to.equals(to.startOfDay())

/** The same days of another year, or else an interval of equal length. */
function earlier({ from, to }: Interval, by: { years: number } | { weeks: number }): Interval {
  if (!isOfWholeDays({ from, to })) {
    const moved = from.subtract(by)
    return { from: moved, to: moved.add(from.until(to)) }
  }
  // The last day is moved, not the end: a year before 29 February is the 28th, and the range ends after it.
  const last = to.toPlainDate().subtract({ days: 1 })
  const startOn = (day: Temporal.PlainDate) => day.toZonedDateTime(from.timeZoneId)
  return {
    from: startOn(from.toPlainDate().subtract(by)),
    to: startOn(last.subtract(by).add({ days: 1 })),
  }
}

/** What a query is compared with. */
export function comparedInterval(
  compare: NonNullable<Query['compare']>,
  interval: Interval,
  timezone: string,
  nowMs: number,
): Interval | undefined {
  switch (compare) {
    case 'previous_period':
      return previousPeriod(interval)
    case 'year_before':
      return earlier(interval, { years: 1 })
    case 'year_before_by_weekday':
      return earlier(interval, { weeks: 52 })
    default:
      return resolveRange(compare, timezone, nowMs)
  }
}
