import type { Filter } from '../../contract/query.ts'
import { QueryError } from '../query-error.ts'
import type { Interval } from '../range.ts'
import type { ScopedSql } from '../scope.ts'
import { ISO_DAY, type WeekStart } from '../time.ts'
import { percent } from './numbers.ts'
import { ASKED, type Asked, FILTERS, open, type Question } from './question.ts'

type Period = keyof typeof PERIODS

export interface RetentionBody extends Asked {
  readonly period?: Period
  readonly week_start?: WeekStart
  readonly cohort?: 'first' | 'active'
  readonly start?: readonly Filter[]
  readonly returning?: readonly Filter[]
}

const MOST_PERIODS = 92

/** Whether people come back. `active` cohorts are PostHog's recurring retention, `first` its first-time one. */
export const retention: Question<RetentionBody> = {
  name: 'retention',
  summary: 'Whether people come back, by day, week or month of their beginning',
  definition:
    'A cohort is the visitors whose first event ever that `start` lets through (any event when absent: their first visit) lies in its period; with `cohort: active`, those with such an event in the period, new or not. `visitors` of a cohort’s row n: those with an event that `returning` lets through (any when absent) in the n-th period after, n = 0 being the cohort’s own. `percent` = visitors ÷ size. Filters are asked of every event. Periods are of the time zone, and whole: those that the range begins and ends in are all in it.',
  members: {
    ...ASKED,
    period: { type: 'string', enum: ['hour', 'day', 'week', 'month'], default: 'week' },
    week_start: { type: 'string', enum: ['monday', 'saturday', 'sunday'], default: 'monday' },
    cohort: { type: 'string', enum: ['first', 'active'], default: 'first' },
    start: FILTERS,
    returning: FILTERS,
  },
  required: ['range'],
  async answer(body, context) {
    const { cohort = 'first', period = 'week', start = [], returning = [], ...asked } = body
    const opened = await open(asked, context)
    const periods = periodsOf(opened.interval, period, body.week_start)
    const { from, to } = opened.interval
    const interval = {
      from: periods[0] ?? from,
      to: (periods.at(-1) ?? to).add(PERIODS[period].add),
    }
    // Who was here before the range is new in none of its periods.
    const over = cohort === 'first' ? { ...interval, from: EPOCH } : interval
    const { sql, passes, meets, rows } = opened.begin(over)
    const is = (filters: readonly Filter[], part: string) =>
      filters.length === 0 ? '1' : meets(opened.filter(filters, part))
    const at = PERIODS[period].index(sql, interval.from)
    const since = sql.bind('Int64', interval.from.epochMilliseconds)
    const begins =
      cohort === 'first'
        ? `arrayFilter(at -> at >= 0, [minIf(period, is_start)])`
        : 'groupUniqArrayIf(period, is_start)'
    const found = await context.run(
      sql.statement(`select begun, back - begun as later, count() as visitors, any(basis) as any_basis
from (
  select visitor, any(visitor_basis) as basis, ${begins} as cohorts,
    arrayDistinct(arrayConcat(groupUniqArrayIf(period, is_return and period >= 0), [-1])) as returns
  from (
    select visitor, visitor_basis, ${is(start, 'start')} as is_start, ${is(returning, 'returning')} as is_return,
      if(toUnixTimestamp64Milli(occurred_at) < ${since}, -1, ${at}) as period
    ${rows('events', passes)}
  )
  group by visitor
  having countIf(is_start) > 0
)
array join cohorts as begun
array join returns as back
where back = -1 or back >= begun
group by begun, back`),
    )
    return {
      rows: rowsOf(found, periods, PERIODS[period].label),
      meta: {
        ...opened.meta,
        range: [interval.from, interval.to].map((each) => each.toInstant().toString()),
        warnings: found.some((row) => row.any_basis === 'daily_hash')
          ? ['Visitors without an id of their own are new every day.']
          : [],
      },
    }
  },
}

const EPOCH = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO('UTC')

const PERIODS = {
  hour: {
    floor: (at: Temporal.ZonedDateTime) =>
      at.round({ smallestUnit: 'hour', roundingMode: 'floor' }),
    add: { hours: 1 },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime) =>
      `intDiv(toUnixTimestamp64Milli(occurred_at) - ${sql.bind('Int64', from.epochMilliseconds)}, 3600000)`,
    label: (at: Temporal.ZonedDateTime) =>
      at.toPlainDateTime().toString({ smallestUnit: 'second' }),
  },
  day: { floor: (at: Temporal.ZonedDateTime) => at.startOfDay(), ...days(1) },
  week: { floor: (at: Temporal.ZonedDateTime) => at.startOfDay(), ...days(7) },
  month: {
    floor: (at: Temporal.ZonedDateTime) => at.startOfDay().with({ day: 1 }),
    add: { months: 1 },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime) =>
      `dateDiff('month', ${dateOf(sql, from)}, ${LOCAL_DAY})`,
    label: dayOf,
  },
}

const LOCAL_DAY = 'toDate(occurred_at, {timezone:String})'

function days(length: number) {
  return {
    add: { days: length },
    index: (sql: ScopedSql, from: Temporal.ZonedDateTime) =>
      `intDiv(dateDiff('day', ${dateOf(sql, from)}, ${LOCAL_DAY}), ${length})`,
    label: dayOf,
  }
}

function dayOf(at: Temporal.ZonedDateTime): string {
  return at.toPlainDate().toString()
}

function dateOf(sql: ScopedSql, at: Temporal.ZonedDateTime): string {
  return `toDate(${sql.bind('String', dayOf(at))})`
}

/** The beginnings of the periods of an interval. */
function periodsOf({ from, to }: Interval, period: Period, weekStart: WeekStart = 'monday') {
  const { floor, add } = PERIODS[period]
  const sinceWeek = period === 'week' ? (from.dayOfWeek + 7 - ISO_DAY[weekStart]) % 7 : 0
  const starts: Temporal.ZonedDateTime[] = []
  const first = floor(from.subtract({ days: sinceWeek }))
  for (
    let at = first;
    Temporal.ZonedDateTime.compare(at, to) < 0 && starts.length <= MOST_PERIODS;
    at = at.add(add)
  )
    starts.push(at)
  if (starts.length > MOST_PERIODS)
    throw new QueryError('range', `must have ${MOST_PERIODS} periods of a ${period} at most.`)
  return starts
}

function rowsOf(
  found: readonly Record<string, unknown>[],
  periods: readonly Temporal.ZonedDateTime[],
  label: (at: Temporal.ZonedDateTime) => string,
) {
  // Everyone of a cohort is counted once more where `back` is -1.
  const sizes = new Map<number, number>()
  const returned = new Map<string, number>()
  for (const row of found) {
    const [begun, later, visitors] = [row.begun, row.later, row.visitors].map(Number)
    if (begun === undefined || later === undefined || visitors === undefined) continue
    if (later < 0) sizes.set(begun, visitors)
    else returned.set(`${begun} ${later}`, visitors)
  }
  return periods.flatMap((start, begun) =>
    periods.slice(begun).map((_, later) => {
      const size = sizes.get(begun) ?? 0
      const visitors = returned.get(`${begun} ${later}`) ?? 0
      return {
        cohort: label(start),
        size,
        period: later,
        visitors,
        percent: percent(visitors, size),
      }
    }),
  )
}
