import type { Filter, Query } from '../contract/query.ts'
import { dimensionOf } from './dimensions.ts'
import { firstsFor } from './fewer-rows.ts'
import { factsOf, namesIn } from './filter.ts'
import type { Goal, SiteNames } from './goal.ts'
import { mapLeaves } from './leaves.ts'
import { type Metric, metricOf, STARTS, VISITS } from './metrics.ts'
import type { Part } from './parts.ts'
import {
  chooseGoals,
  GOAL,
  known,
  leaveOutOfBase,
  openGoals,
  refuseOthersThanGoals,
  warnOfGoalsMoney,
} from './plan-goals.ts'
import { QueryError } from './query-error.ts'
import type { Interval } from './range.ts'
import { bucketCount, grainFor } from './time.ts'

/** A query with nothing left to decide: what the compiler makes SQL of. */
export interface Plan {
  readonly query: Query
  readonly interval: Interval
  readonly timezone: string
  readonly nowMs: number
  readonly metrics: readonly Metric[]
  /** As the query has them, but for `time`, which is a grain by now. */
  readonly dimensions: readonly string[]
  /** Goals and segments are conditions by now. */
  readonly filters: readonly Filter[]
  /** The filters less goals and properties: whom a conversion rate is of. */
  readonly baseFilters: readonly Filter[]
  /** The goals that the answer is about. */
  readonly goals: readonly Goal[]
  readonly warnings: readonly string[]
}

type Step = (plan: Plan, names: SiteNames) => Plan

/** The rules of the language, in the order in which they are applied. Each is a step from plan to plan; none makes SQL. */
const STEPS: readonly Step[] = [
  chooseGrain,
  limitBuckets,
  leaveOutOfBase,
  openSegments,
  chooseGoals,
  refuseOthersThanGoals,
  openGoals,
  refuseWhatCannotBe,
  warnOfMixedScopes,
  warnOfCurrencies,
  warnOfGoalsMoney,
  countStarts,
  sumVisits,
  readTogether,
]

/** What has to be computed for a query over an interval. Throws a QueryError for what has no answer. */
export function planQuery(
  query: Query,
  context: { interval: Interval; timezone: string; nowMs: number; names: SiteNames },
): Plan {
  const { names, ...rest } = context
  const start: Plan = {
    ...rest,
    query,
    metrics: query.metrics.map((name) => {
      const metric = metricOf(name)
      if (!metric) throw new Error(`no metric ${name}, but it passed the parser`)
      return metric
    }),
    dimensions: query.dimensions ?? [],
    filters: query.filters ?? [],
    baseFilters: [],
    goals: [],
    warnings: [],
  }
  return STEPS.reduce((plan, step) => step(plan, names), start)
}

export const TIME = 'time'
export const SEGMENT = 'segment'
const MAX_BUCKETS = 10_000

function chooseGrain(plan: Plan): Plan {
  const grain = `time:${grainFor(plan.interval)}`
  return { ...plan, dimensions: plan.dimensions.map((name) => (name === TIME ? grain : name)) }
}

function limitBuckets(plan: Plan): Plan {
  for (const name of plan.dimensions) {
    const grain = dimensionOf(name)?.grain
    if (grain && bucketCount(plan.interval, grain) > MAX_BUCKETS)
      throw new QueryError(
        'range',
        `has more than ${MAX_BUCKETS} of ${name}; take a shorter one, or a longer bucket.`,
      )
  }
  return plan
}

function openSegments(plan: Plan, { segments }: SiteNames): Plan {
  const open = (filter: Filter): Filter =>
    mapLeaves(filter, (leaf) => {
      if (leaf[1] !== SEGMENT) return leaf
      const parts = leaf[2].map(String).map((name) => {
        const segment = Object.hasOwn(segments, name) ? segments[name] : undefined
        if (!segment)
          throw new QueryError(
            'filters',
            `the site has no segment "${name}". ${known(Object.keys(segments))}`,
          )
        return segment
      })
      return ['or', parts]
    })
  return { ...plan, filters: plan.filters.map(open), baseFilters: plan.baseFilters.map(open) }
}

const VISIT_PARTS: readonly Part[] = ['visits', 'exits', 'ends', 'stays']

function refuseWhatCannotBe(plan: Plan): Plan {
  const { query, metrics, dimensions, goals } = plan
  for (const [index, metric] of metrics.entries()) {
    const part = `metrics[${index}]`
    const parts = metric.of.map(([of]) => of)
    if (metric.needs === 'goal' && goals.length === 0)
      throw new QueryError(
        part,
        `${metric.name} needs ${GOAL} in the dimensions or filters, and a goal of the site that passes.`,
      )
    if (metric.needs === 'dimensions' && dimensions.length === 0)
      throw new QueryError(part, `${metric.name} needs a dimension.`)
    if (
      metric.needs === 'page' &&
      !dimensions.some((name) => name === 'event:page' || name === 'visit:exit_page')
    )
      throw new QueryError(
        part,
        `${metric.name} needs the dimension event:page or visit:exit_page.`,
      )
    const many = dimensions.find((name) => name === GOAL || !dimensionOf(name)?.visit)
    if (many && parts.some((each) => VISIT_PARTS.includes(each)))
      throw new QueryError(
        part,
        `${metric.name} is of visits, of which one may have many of ${many}: ask for it by dimensions of visits, event:page or event:hostname, or filter with has_done.`,
      )
    if (parts.includes('now') && factsOf(dimensions, plan.filters).size > 0)
      throw new QueryError(
        part,
        `${metric.name} is of visits that go on: leave out what is known of them afterwards.`,
      )
    if ((parts.includes('views') || parts.includes('readings')) && dimensions.includes(GOAL))
      throw new QueryError(part, `${metric.name} is of page views, which have no ${GOAL}.`)
  }
  for (const [index, name] of (query.dimensions ?? []).entries())
    if (name === GOAL && goals.length === 0)
      throw new QueryError(
        `dimensions[${index}]`,
        'the site has no goals yet, or none that passes the filters.',
      )
  return plan
}

/** Where nothing is asked of single events, a visit counts where its first event does: no set of ids. */
function countStarts(plan: Plan): Plan {
  return isOfVisits(plan)
    ? withAggregates(plan, (of) => (of[1] === VISITS ? [of[0], STARTS] : of))
    : plan
}

/** There, what is known of visits is the sum of what events add to them: no visit has to be put together. */
function sumVisits(plan: Plan): Plan {
  return isOfVisits(plan, 'event:page') // which is the entry page, of visits
    ? withAggregates(plan, (of) => (of[0] === 'visits' && of[2] ? ['sums', of[2]] : of))
    : plan
}

/** Parts that would read the same rows are one. */
function readTogether(plan: Plan): Plan {
  const firstsOf = (part: Part) => firstsFor(part, plan.dimensions, plan.filters)
  const SAME: readonly Part[] = ['people', 'shown', 'events']
  return withAggregates(plan, (of) => {
    const [part, aggregate] = of
    const same = SAME.findLast((each) => SAME.includes(part) && firstsOf(each) === firstsOf(part))
    return same ? [same, aggregate] : of
  })
}

/** Whether dimensions and filters are the same for all events of a visit, but for one where it is a dimension. */
function isOfVisits({ dimensions, filters }: Plan, but?: string): boolean {
  const isOf = (name: string) =>
    ['visit', 'time'].includes(dimensionOf(name)?.of ?? '') ||
    (name === but && dimensions.includes(name))
  return [...dimensions, ...filters.flatMap((filter) => namesIn(filter, false))].every(isOf)
}

type PartAggregate = Metric['of'][number]

const withAggregates = (plan: Plan, change: (of: PartAggregate) => PartAggregate): Plan => ({
  ...plan,
  metrics: plan.metrics.map((metric) => ({ ...metric, of: metric.of.map(change) })),
})

function warnOfMixedScopes(plan: Plan): Plan {
  const isOfEvent = (name: string) => dimensionOf(name)?.of === 'event'
  const names = [...new Set(plan.filters.flatMap((filter) => namesIn(filter, false)))].filter(
    isOfEvent,
  )
  // There, a filter by page is of the page that the visit began or ended on, as the rows are.
  const ofVisits = plan.dimensions.includes('event:page')
    ? names.filter((name) => name !== 'event:page')
    : names
  const of = (part: Part, isRatio?: boolean) =>
    plan.metrics
      .filter((metric) => metric.of[0]?.[0] === part && (!isRatio || metric.formula))
      .map(({ name }) => name)
  const counts = plan.metrics.flatMap(({ name, of, formula }) =>
    of[0]?.[1] === VISITS && !formula ? [name] : [],
  )
  const warn = (metrics: string[], what: string, by = names) =>
    metrics.length > 0 && by.length > 0
      ? [`${metrics.join(', ')}: of ${what} that pass the filter by ${by.join(', ')}.`]
      : []
  return {
    ...plan,
    warnings: [
      ...plan.warnings,
      ...warn(
        [...of('visits'), ...of('sums'), ...of('exits')],
        'whole visits with an event',
        ofVisits,
      ),
      ...warn(counts, 'visits that began in the range, with an event'),
      ...warn(of('views'), 'whole page views'),
      ...warn(of('shown', true), 'page views, of visits with an event,'),
    ],
  }
}

function warnOfCurrencies(plan: Plan): Plan {
  const asks = plan.metrics.filter(({ name }) => name.endsWith('_revenue'))
  const isOne =
    plan.dimensions.includes('event:currency') ||
    plan.filters.flatMap((filter) => namesIn(filter)).includes('event:currency')
  if (asks.length === 0 || isOne) return plan
  const warning = `${asks.map(({ name }) => name).join(', ')}: null where currencies mix; group or filter by event:currency.`
  return { ...plan, warnings: [...plan.warnings, warning] }
}
