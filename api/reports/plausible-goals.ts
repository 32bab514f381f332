import type { Filter, MetricValue } from '../../contract/query.ts'
import { namesIn } from '../../reports/filter.ts'
import type { Goal } from '../../reports/goal.ts'
import { GOAL, matchesGoal } from '../../reports/plan-goals.ts'
import type { SiteSettings } from '../sites/site-names.ts'
import type { PlausibleRow } from './plausible-answer.ts'
import type { PlausibleRequest } from './plausible-query.ts'

/** Whether a filter by goals means this one. */
export const isGoalOf = (goal: Goal, filter: Filter): boolean =>
  filter[1] === GOAL && Array.isArray(filter[2]) && matchesGoal(filter as never, goal)

/** The goals that a request is about: all of the site's where no filter names any. */
function goalsOf({ filters }: PlausibleRequest, { names }: SiteSettings): readonly Goal[] {
  const asked = filters.filter((filter) => filter[1] === GOAL)
  return names.goals.filter((goal) => asked.every((filter) => isGoalOf(goal, filter)))
}

/** Whether a row is of a goal by how far a page was read, of which there are visitors and no events. */
export function isOfScrolling(
  request: PlausibleRequest,
  site: SiteSettings,
  goal: string | undefined,
): boolean {
  const isScroll = ({ reached }: Goal) => namesIn(reached).includes('event:scroll_depth')
  if (goal !== undefined)
    return site.names.goals.some((each) => each.name === goal && isScroll(each))
  return request.filters.some((each) => each[1] === GOAL) && goalsOf(request, site).some(isScroll)
}

/** The one currency of the goals that a row is of. */
export function currencyOf(
  request: PlausibleRequest,
  site: SiteSettings,
  goal: string | undefined,
): string | undefined {
  if (!isAboutGoals(request)) return undefined
  const goals = goalsOf(request, site).filter(({ name }) => goal === undefined || name === goal)
  const currencies = new Set(goals.flatMap(({ currency }) => currency ?? []))
  return currencies.size === 1 ? [...currencies][0] : undefined
}

export function money(revenue: MetricValue, currency: string | undefined): unknown {
  if (currency === undefined) return null
  // Cut to thousandths, as there.
  const value = Math.trunc((revenue ?? 0) * 1_000 + 1e-6) / 1_000
  const format = (options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat('en', {
      ...{ style: 'currency', currency, roundingMode: 'halfEven' },
      ...options,
    }).format(value)
  const short = format({ notation: 'compact', minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return { value, currency, short, long: format({}) }
}

export const isAboutGoals = ({ dimensions, filters }: PlausibleRequest) =>
  dimensions.includes(GOAL) || filters.some((filter) => filter[1] === GOAL)

export const isRevenue = (metric: string) => metric.endsWith('_revenue')

/** Why revenue is null, where it is. */
export function metricWarnings(
  request: PlausibleRequest,
  site: SiteSettings,
  rows: readonly PlausibleRow[],
): object {
  const asks = request.metrics.filter(isRevenue)
  if (asks.length === 0) return {}
  const goals = isAboutGoals(request) ? goalsOf(request, site) : []
  const currencies = new Set(goals.flatMap(({ currency }) => currency ?? []))
  const warning =
    currencies.size === 0
      ? {
          code: 'no_revenue_goals_matching',
          warning: 'Revenue metrics are null as there are no matching revenue goals.',
        }
      : currencies.size > 1 && !request.dimensions.includes(GOAL)
        ? {
            code: 'no_single_revenue_currency',
            warning:
              'Revenue metrics are null as there are multiple currencies for the selected event:goals.',
          }
        : isOfOthers(request, site, rows)
          ? {
              code: 'no_single_revenue_currency',
              warning:
                'Revenue metrics are null where there are events in another currency than that of their goal, as nothing is converted.',
            }
          : undefined
  return warning ? { metric_warnings: Object.fromEntries(asks.map((name) => [name, warning])) } : {}
}

/** Whether revenue is null in a row whose goal has a currency. */
function isOfOthers(
  request: PlausibleRequest,
  site: SiteSettings,
  rows: readonly PlausibleRow[],
): boolean {
  const at = request.dimensions.indexOf(GOAL)
  const hasNull = (metrics: readonly unknown[] = []) =>
    request.metrics.some((name, index) => isRevenue(name) && metrics[index] === null)
  return rows.some(({ dimensions, metrics, comparison }) => {
    const goal = at < 0 ? undefined : String(dimensions[at])
    return (
      currencyOf(request, site, goal) !== undefined &&
      (hasNull(metrics) || hasNull(comparison?.metrics))
    )
  })
}
