import { resolveRange } from '../../reports/range.ts'
import { inspect, PlausibleError } from './plausible-error.ts'

export interface RangeContext {
  readonly timezone: string
  readonly nowMs: number
  /** Where `all` begins. */
  readonly firstEventMs: number
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?/

/** A range of the second API as our reports have it, or its refusal. */
export function dateRange(value: unknown, context: RangeContext): readonly [string, string] {
  const invalid = new PlausibleError(`#/date_range: Invalid date range ${inspect(value)}`)
  const now = localTime(context.nowMs, context)
  if (value === '24h')
    return [now.subtract({ hours: 24 }).toInstant().toString(), now.toInstant().toString()]
  if (typeof value === 'string') {
    const first = localTime(context.firstEventMs, context).toPlainDate()
    const range = namedRange(value, now.toPlainDate(), first)
    if (range) return wholeDays(range, context)
    if (/^\d+(d|mo)$/.test(value)) throw new PlausibleError(`Invalid date_range ${inspect(value)}`)
    throw invalid
  }
  const [from, to] = Array.isArray(value) && value.length === 2 ? value.map(String) : []
  if (from === undefined || to === undefined) throw invalid
  try {
    if (DAY.test(from) && DAY.test(to)) {
      const [first, last] = [from, to].map((day) =>
        Temporal.PlainDate.from(day, { overflow: 'reject' }),
      ) as [Temporal.PlainDate, Temporal.PlainDate] // of two
      return wholeDays([first, last], context)
    }
    if (!TIME.test(from) || !TIME.test(to)) throw invalid
    if (![from, to].every((time) => /(Z|[+-]\d{2}:?\d{2})$/.test(time)))
      throw new PlausibleError(`Invalid date_range '${inspect(value)}'.`)
    // Its last second is in the range.
    const last = Temporal.Instant.from(to).add({ seconds: 1 })
    return [Temporal.Instant.from(from).toString(), last.toString()]
  } catch (error) {
    throw error instanceof PlausibleError ? error : invalid
  }
}

const localTime = (ms: number, { timezone }: RangeContext) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone)

const MIDNIGHT = '00:00:00'
const LAST_SECOND = '23:59:59'

/** Days; or instants where a day's first or last second comes twice: the shorter day is meant there. */
export function wholeDays(
  [first, last]: readonly [Temporal.PlainDate, Temporal.PlainDate],
  { timezone }: RangeContext,
): readonly [string, string] {
  const at = (day: Temporal.PlainDate, time: string, disambiguation: 'earlier' | 'later') =>
    day.toPlainDateTime(Temporal.PlainTime.from(time)).toZonedDateTime(timezone, { disambiguation })
  const isTwice = (day: Temporal.PlainDate, time: string) => {
    const [one, other] = [at(day, time, 'earlier'), at(day, time, 'later')]
    return !one.equals(other) && one.toPlainTime().equals(other.toPlainTime())
  }
  if (!isTwice(first, MIDNIGHT) && !isTwice(last, LAST_SECOND))
    return [first.toString(), last.toString()]
  const end = at(last, LAST_SECOND, 'earlier').add({ seconds: 1 })
  return [at(first, MIDNIGHT, 'later').toInstant().toString(), end.toInstant().toString()]
}

/** The dimension that `time` is over a range. */
export function grainOfRange(range: readonly [string, string], { timezone }: RangeContext): string {
  const interval = resolveRange(range, timezone, 0)
  const seconds = interval
    ? (interval.to.epochMilliseconds - interval.from.epochMilliseconds) / 1_000 - 1
    : 0
  const whole = (unit: number) => Math.floor(seconds / unit)
  if (whole(3_600) <= 48) return 'time:hour'
  if (whole(86_400) <= 40) return 'time:day'
  return whole(604_800) <= 52 ? 'time:week' : 'time:month'
}

const earlier = (one: Temporal.PlainDate, other: Temporal.PlainDate) =>
  Temporal.PlainDate.compare(one, other) < 0 ? one : other

/** First and last day of what a range is compared with: of its days up to today. */
export function comparedDays(
  mode: 'previous_period' | 'year_over_year',
  isByWeekday: boolean,
  range: readonly [string, string],
  context: RangeContext,
): readonly [string, string] {
  const interval = resolveRange(range, context.timezone, context.nowMs)
  if (!interval) throw new PlausibleError(`#/date_range: Invalid date range ${inspect(range)}`)
  const first = interval.from.toPlainDate()
  const today = localTime(context.nowMs, context).toPlainDate()
  const end = interval.to.subtract({ seconds: 1 }).toPlainDate()
  // A range that goes on is compared with as much of the other; one that is to come by its first day.
  const last = earlier(end, Temporal.PlainDate.compare(today, first) < 0 ? first : today)
  const days = first.until(last, { largestUnit: 'days' }).days
  const then =
    mode === 'year_over_year' ? first.subtract({ years: 1 }) : first.subtract({ days: days + 1 })
  const begin = isByWeekday ? matchingWeekday(then, first) : then
  return [begin.toString(), begin.add({ days }).toString()]
}

/** The first day from another on that is the weekday of a third; the one before where it would be that day itself. */
function matchingWeekday(day: Temporal.PlainDate, like: Temporal.PlainDate): Temporal.PlainDate {
  const ahead = (like.dayOfWeek - day.dayOfWeek + 7) % 7
  if (ahead === 0) return day
  const after = day.add({ days: ahead })
  return after.equals(like) ? after.subtract({ weeks: 1 }) : after
}

/** The ranges of Plausible's names, as first and last day: those of days and months end before the present one. */
export function namedRange(
  name: string,
  today: Temporal.PlainDate,
  firstDay: Temporal.PlainDate,
): readonly [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  const month = today.with({ day: 1 })
  switch (name) {
    case 'day':
      return [today, today]
    case 'month':
      return [month, month.add({ months: 1 }).subtract({ days: 1 })]
    case 'year':
      return [today.with({ month: 1, day: 1 }), today.with({ month: 12, day: 31 })]
    case 'all':
      return [firstDay, today]
  }
  const [, digits = '', unit] = /^(\d{1,4})(d|mo)$/.exec(name) ?? []
  const count = Number(digits)
  if (!unit || count === 0) return undefined
  return unit === 'd'
    ? [today.subtract({ days: count }), today.subtract({ days: 1 })]
    : [month.subtract({ months: count }), month.subtract({ days: 1 })]
}

/** The same of its first API; days end before the date. */
export function periodRange(
  period: string,
  date: Temporal.PlainDate,
  firstDay: Temporal.PlainDate,
): readonly [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  const month = date.with({ day: 1 })
  const endOfMonth = month.add({ months: 1 }).subtract({ days: 1 })
  switch (period) {
    case 'day':
      return [date, date]
    case '7d':
    case '28d':
    case '30d':
    case '91d':
      return [date.subtract({ days: Number.parseInt(period, 10) }), date.subtract({ days: 1 })]
    case 'month':
      return [month, endOfMonth]
    case '6mo':
      return [month.subtract({ months: 5 }), endOfMonth]
    case '12mo':
      return [month.subtract({ months: 11 }), endOfMonth]
    case 'year':
      return [date.with({ month: 1, day: 1 }), date.with({ month: 12, day: 31 })]
    case 'all':
      return [firstDay, date]
    default:
      return undefined
  }
}
