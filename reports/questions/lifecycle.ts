import type { Filter } from '../../contract/query.ts'
import type { WeekStart } from '../time.ts'
import { EPOCH, PERIOD_MEMBERS, type Period, periodsOf, warningsOf } from './periods.ts'
import { ASKED, type Asked, FILTERS, open, type Question } from './question.ts'

export interface LifecycleBody extends Asked {
  readonly period?: Period
  readonly week_start?: WeekStart
  readonly active?: readonly Filter[]
}

/** Of whom growth is made: PostHog's lifecycle. */
export const lifecycle: Question<LifecycleBody> = {
  name: 'lifecycle',
  summary: 'Who is new, returns, comes back after a while, and stays away, by period',
  definition:
    'A visitor is active in a period with an event in it that `active` lets through (any when absent). Of those who are, `new` have their first event ever, of any kind and whatever the filters, in the period; the others were active in the period before (`returning`) or not (`resurrecting`). `dormant`: visitors who were active in the period before and are not in this. Filters are asked of the events that make active. Periods are of the time zone, and whole: those that the range begins and ends in are all in it.',
  members: { ...ASKED, ...PERIOD_MEMBERS, active: FILTERS },
  required: ['range'],
  async answer(body, context) {
    const { period, week_start, active = [], ...asked } = body
    const opened = await open(asked, context)
    const { interval, before, labels, index } = periodsOf(opened.interval, period, week_start)
    const { sql, passes, meets, rows } = opened.begin({ ...interval, from: EPOCH })
    const isActive = active.length === 0 ? '1' : meets(opened.filter(active, 'active'))
    const [since, sinceBefore] = [interval.from, before].map((at) =>
      sql.bind('Int64', at.epochMilliseconds),
    )
    const found = await context.run(
      sql.statement(`select change.1 as period, change.2 as kind, count() as visitors, any(basis) as any_basis
from (
  select visitor, any(visitor_basis) as basis, min(period) as begun,
    groupUniqArrayIf(period, is_active and period >= -1) as active,
    arrayConcat(
      arrayMap(at -> (at, multiIf(at = begun, 'new', has(active, at - 1), 'returning', 'resurrecting')),
        arrayFilter(at -> at >= 0, active)),
      arrayMap(at -> (at + 1, 'dormant'),
        arrayFilter(at -> at + 1 < ${labels.length} and not has(active, at + 1), active))) as changes
  from (
    select visitor, visitor_basis, ${passes} and ${isActive} as is_active,
      toInt64(multiIf(toUnixTimestamp64Milli(occurred_at) < ${sinceBefore}, -2,
        toUnixTimestamp64Milli(occurred_at) < ${since}, -1, ${index(sql)})) as period
    ${rows('history')}
  )
  group by visitor
  having notEmpty(active)
)
array join changes as change
group by period, kind`),
    )
    const visitors = new Map(
      found.map((row) => [`${row.period} ${row.kind}`, Number(row.visitors)]),
    )
    const count = (at: number, kind: string) => visitors.get(`${at} ${kind}`) ?? 0
    return {
      rows: labels.map((label, at) => ({
        period: label,
        new: count(at, 'new'),
        returning: count(at, 'returning'),
        resurrecting: count(at, 'resurrecting'),
        dormant: count(at, 'dormant'),
      })),
      meta: {
        ...opened.meta,
        range: [interval.from, interval.to].map((each) => each.toInstant().toString()),
        warnings: warningsOf(found),
      },
    }
  },
}
