import { QueryError } from '../query-error.ts'
import type { Interval } from '../range.ts'
import type { ScopedSql } from '../scope.ts'
import { ISO_DAY, type WeekStart } from '../time.ts'

export type Period = keyof typeof PERIODS

const MOST_PERIODS = 92

/** The beginning of every history. */
export const EPOCH = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO('UTC')

export const PERIOD_MEMBERS = {
  period: { type: 'string', enum: ['hour', 'day', 'week', 'month'], default: 'week' },
  week_start: { type: 'string', enum: ['monday', 'saturday', 'sunday'], default: 'monday' },
} as const

/** The warning of a question that follows people from one period to another. */
export const warningsOf = (found: readonly Record<string, unknown>[]): readonly string[] =>
  found.some((row) => row.any_basis === 'daily_hash')
    ? ['Visitors without an id of their own are new every day.']
    : []

/** Periods that follow one another, as a question is asked of them. */
export interface Periods {
  /** From the beginning of the first to the end of the last: they are whole. */
  readonly interval: Interval
  /** The beginning of the one before the first. */
  readonly before: Temporal.ZonedDateTime
  readonly labels: readonly string[]
  /** Of a time: which period it is in, the first being 0; what lies before has no meaning. */
  index(sql: ScopedSql, at?: string): string
}

/** Whole periods of the zone: those that an interval begins and ends in are all in it. */
export function periodsOf(
  { from, to }: Interval,
  period: Period = 'week',
  weekStart: WeekStart = 'monday',
): Periods {
  const { floor, add, index, label } = PERIODS[period]
  const sinceWeek = period === 'week' ? (from.dayOfWeek + 7 - ISO_DAY[weekStart]) % 7 : 0
  const first = floor(from.subtract({ days: sinceWeek }))
  const labels: string[] = []
  let end = first
  while (Temporal.ZonedDateTime.compare(end, to) < 0) {
    if (labels.length === MOST_PERIODS)
      throw new QueryError('range', `must have ${MOST_PERIODS} periods of a ${period} at most.`)
    labels.push(label(end))
    end = end.add(add)
  }
  return {
    interval: { from: first, to: end },
    before: first.subtract(add),
    labels,
    index: (sql, at = 'occurred_at') => index(sql, first, at),
  }
}

const PERIODS = {
  hour: {
    floor: (at: Temporal.ZonedDateTime) =>
      at.round({ smallestUnit: 'hour', roundingMode: 'floor' }),
    add: { hours: 1 },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime, at: string) =>
      `intDiv(toUnixTimestamp64Milli(${at}) - ${sql.bind('Int64', from.epochMilliseconds)}, 3600000)`,
    label: (at: Temporal.ZonedDateTime) =>
      at.toPlainDateTime().toString({ smallestUnit: 'second' }),
  },
  day: { floor: (at: Temporal.ZonedDateTime) => at.startOfDay(), ...days(1) },
  week: { floor: (at: Temporal.ZonedDateTime) => at.startOfDay(), ...days(7) },
  month: {
    floor: (at: Temporal.ZonedDateTime) => at.startOfDay().with({ day: 1 }),
    add: { months: 1 },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime, at: string) =>
      `dateDiff('month', ${dateOf(sql, from)}, ${localDay(at)})`,
    label: dayOf,
  },
}

const localDay = (at: string) => `toDate(${at}, {timezone:String})`

function days(length: number) {
  return {
    add: { days: length },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime, at: string) =>
      `intDiv(dateDiff('day', ${dateOf(sql, from)}, ${localDay(at)}), ${length})`,
    label: dayOf,
  }
}

function dayOf(at: Temporal.ZonedDateTime): string {
  return at.toPlainDate().toString()
}

function dateOf(sql: ScopedSql, at: Temporal.ZonedDateTime): string {
  return `toDate(${sql.bind('String', dayOf(at))})`
}
