import type { Filter } from '../../contract/query.ts'
import type { WeekStart } from '../time.ts'
import { percent } from './numbers.ts'
import { EPOCH, PERIOD_MEMBERS, type Period, periodsOf, warningsOf } from './periods.ts'
import { ASKED, type Asked, FILTERS, open, type Question } from './question.ts'

export interface RetentionBody extends Asked {
  readonly period?: Period
  readonly week_start?: WeekStart
  readonly cohort?: 'first' | 'active'
  readonly start?: readonly Filter[]
  readonly returning?: readonly Filter[]
}

/** Whether people come back. `active` cohorts are PostHog's recurring retention, `first` its first-time one. */
export const retention: Question<RetentionBody> = {
  name: 'retention',
  summary: 'Whether people come back, by day, week or month of their beginning',
  definition:
    'A cohort is the visitors whose first event ever that `start` lets through (any event when absent: their first visit) lies in its period; with `cohort: active`, those with such an event in the period, new or not. `visitors` of a cohort’s row n: those with an event that `returning` lets through (any when absent) in the n-th period after, n = 0 being the cohort’s own. `percent` = visitors ÷ size. Filters are asked of every event. Periods are of the time zone, and whole: those that the range begins and ends in are all in it.',
  members: {
    ...ASKED,
    ...PERIOD_MEMBERS,
    cohort: { type: 'string', enum: ['first', 'active'], default: 'first' },
    start: FILTERS,
    returning: FILTERS,
  },
  required: ['range'],
  async answer(body, context) {
    const { cohort = 'first', period = 'week', start = [], returning = [], ...asked } = body
    const opened = await open(asked, context)
    const { interval, labels, index } = periodsOf(opened.interval, period, body.week_start)
    // Who was here before the range is new in none of its periods.
    const over = cohort === 'first' ? { ...interval, from: EPOCH } : interval
    const { sql, passes, meets, rows } = opened.begin(over)
    const is = (filters: readonly Filter[], part: string) =>
      filters.length === 0 ? '1' : meets(opened.filter(filters, part))
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
      if(toUnixTimestamp64Milli(occurred_at) < ${since}, -1, ${index(sql)}) as period
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
      rows: rowsOf(found, labels),
      meta: {
        ...opened.meta,
        range: [interval.from, interval.to].map((each) => each.toInstant().toString()),
        warnings: warningsOf(found),
      },
    }
  },
}

function rowsOf(found: readonly Record<string, unknown>[], labels: readonly string[]) {
  // Everyone of a cohort is counted once more where `back` is -1.
  const sizes = new Map<number, number>()
  const returned = new Map<string, number>()
  for (const row of found) {
    const [begun, later, visitors] = [row.begun, row.later, row.visitors].map(Number)
    if (begun === undefined || later === undefined || visitors === undefined) continue
    if (later < 0) sizes.set(begun, visitors)
    else returned.set(`${begun} ${later}`, visitors)
  }
  return labels.flatMap((cohort, begun) =>
    labels.slice(begun).map((_, later) => {
      const size = sizes.get(begun) ?? 0
      const visitors = returned.get(`${begun} ${later}`) ?? 0
      return {
        cohort,
        size,
        period: later,
        visitors,
        percent: percent(visitors, size),
      }
    }),
  )
}
