import { AUTOMATIC_TYPES } from '../../contract/event-types.ts'
import type { Filter, MetricValue, Query, QueryAnswer, QueryRow } from '../../contract/query.ts'
import { answer } from '../../reports/answer.ts'
import { GOAL } from '../../reports/plan.ts'
import { QueryError } from '../../reports/query-error.ts'
import { resolveRange } from '../../reports/range.ts'
import type { SiteScope } from '../../reports/scope.ts'
import { buckets, type Grain, grainFor } from '../../reports/time.ts'
import type { SiteSettings } from '../sites/site-names.ts'
import type { Asking } from './engine.ts'
import { PlausibleError } from './plausible-error.ts'
import { PLAUSIBLE_METRICS, plausibleDimension } from './plausible-names.ts'
import type { PlausibleRequest } from './plausible-query.ts'

export interface PlausibleContext {
  readonly scope: SiteScope
  readonly site: SiteSettings
  readonly asking: Asking
  readonly nowMs: number
}

/** One row as Plausible has it; `null` is what it has not. */
export interface PlausibleRow {
  readonly dimensions: readonly string[]
  readonly metrics: readonly unknown[]
  readonly comparison?: {
    readonly dimensions: readonly string[]
    readonly metrics: readonly unknown[]
    readonly change: readonly (number | null)[]
  }
}

const MAX_ROWS = 10_000
/** What Plausible would not have as events. */
const OWN: Filter = ['is_not', 'event:name', AUTOMATIC_TYPES]

/** All rows of a request, and what our answer says of them. */
export async function plausibleRows(
  request: PlausibleRequest,
  context: PlausibleContext,
): Promise<readonly PlausibleRow[]> {
  const { site, scope, asking, nowMs } = context
  const query = nativeQuery(request)
  checkNames(request.filters, site)
  if (request.dimensions.includes(GOAL) && site.names.goals.length === 0) return []
  const told = await answer(scope, query, {
    timezone: site.timezone,
    names: site.names,
    nowMs,
    freshness: '',
    run: asking.run,
  }).catch((error: Error) => {
    if (error instanceof QueryError) throw new PlausibleError(error.message)
    throw error
  })
  return told.rows.map(rowShower(request, context, told))
}

const toMetric = (name: string) => PLAUSIBLE_METRICS[name]?.name ?? name

function nativeQuery(request: PlausibleRequest): Query {
  const { dimensions } = request
  const native = dimensions.map((name) => plausibleDimension(name)?.name ?? name)
  // Places that are not known are no rows of its.
  const known = dimensions.flatMap((name): Filter[] =>
    /^visit:(country|region|city)/.test(name)
      ? [['is_not', plausibleDimension(name)?.name ?? name, ['']]]
      : [],
  )
  const asks = request.order_by.map(
    ([name, direction]) =>
      [
        Object.hasOwn(PLAUSIBLE_METRICS, name)
          ? toMetric(name)
          : (native[dimensions.indexOf(name)] ?? name),
        direction,
      ] as const,
  )
  return {
    metrics: request.metrics.map(toMetric),
    dimensions: native,
    range: request.range,
    filters: [OWN, ...request.filters, ...known],
    order_by: asks,
    limit: MAX_ROWS,
    ...(request.compare && { compare: request.compare }),
    ...(request.compare && native[0]?.startsWith('time') && { fill: 'zero' as const }),
  }
}

/** Goals and segments that the site has not, in Plausible's words. */
function checkNames(filters: readonly Filter[], { names }: SiteSettings): void {
  const goals = names.goals.map(({ name }) => name.toLowerCase())
  const visit = (filter: Filter): void => {
    switch (filter[0]) {
      case 'and':
      case 'or':
        filter[1].forEach(visit)
        return
      case 'not':
      case 'has_done':
      case 'has_not_done':
        visit(filter[1])
        return
    }
    const [operator, name, values] = filter
    if (name === 'segment' && values.some((id) => !Object.hasOwn(names.segments, String(id))))
      throw new PlausibleError("Invalid filters. Some segments don't exist or aren't accessible.")
    if (name !== GOAL || operator !== 'is') return
    const missing = values.find((value) => !goals.includes(String(value).toLowerCase()))
    if (missing !== undefined)
      throw new PlausibleError(
        `Invalid filters. The goal \`${missing}\` is not configured for this site. Find out how to configure goals here: https://plausible.io/docs/stats-api#filtering-by-goals`,
      )
  }
  filters.forEach(visit)
}

/** How the rows of an answer look there. */
function rowShower(
  request: PlausibleRequest,
  { site, nowMs }: PlausibleContext,
  told: QueryAnswer,
) {
  const { dimensions, metrics } = request
  const first =
    resolveRange(request.range, site.timezone, nowMs)?.from.toPlainDate().toString() ?? ''
  const value = (name: string, text: string): string => {
    const dimension = plausibleDimension(name)
    if (name.startsWith('time')) return timeLabel(text, isWeek(request, site, name), first)
    if (text === '' && dimension?.empty !== undefined) return dimension.empty
    return dimension?.show ? dimension.show(text) : text
  }
  const native = dimensions.map((name) => plausibleDimension(name)?.name ?? name)
  const metric = (
    name: string,
    row: Readonly<Record<string, MetricValue>>,
    goal: string | undefined,
  ) => {
    const number = row[toMetric(name)] ?? null
    if (name.endsWith('_revenue')) return money(number, currencyOf(request, site, goal))
    return number ?? PLAUSIBLE_METRICS[name]?.zero ?? null
  }
  const then = counterparts(request, site, told)
  return (row: QueryRow): PlausibleRow => {
    const texts = native.map((name) => row.dimensions[name] ?? '')
    const goal = native.includes(GOAL) ? row.dimensions[GOAL] : undefined
    const now = metrics.map((name) => metric(name, row.metrics, goal))
    const shown = {
      dimensions: dimensions.map((name, index) => value(name, texts[index] ?? '')),
      metrics: now,
    }
    if (!row.compare) return shown
    const before = row.compare
    const past = metrics.map((name) => metric(name, before, goal))
    return {
      ...shown,
      comparison: {
        dimensions: dimensions.map((name, index) =>
          name.startsWith('time')
            ? timeLabel(then.get(texts[index] ?? '') ?? '', false, '')
            : (shown.dimensions[index] ?? ''),
        ),
        metrics: past,
        change: metrics.map((name, index) => change(name, past[index], now[index])),
      },
    }
  }
}

/** A space between day and time; a week that began before the range has the range's first day. */
function timeLabel(text: string, isOfWeek: boolean, first: string): string {
  const label = text.replace('T', ' ')
  return isOfWeek && label < first ? first : label
}

const grainOf = (request: PlausibleRequest, site: SiteSettings, name: string): Grain => {
  const interval = resolveRange(request.range, site.timezone, 0)
  return name === 'time' && interval ? grainFor(interval) : (name.slice('time:'.length) as Grain) // of PLAUSIBLE_DIMENSIONS
}

const isWeek = (request: PlausibleRequest, site: SiteSettings, name: string) =>
  grainOf(request, site, name) === 'week'

/** Every label of the range's time dimension. */
export function timeLabels(request: PlausibleRequest, site: SiteSettings): string[] {
  const name = request.dimensions.find((each) => each.startsWith('time'))
  const interval = resolveRange(request.range, site.timezone, 0)
  if (!name || !interval) return []
  const grain = grainOf(request, site, name)
  const first = interval.from.toPlainDate().toString()
  return buckets(interval, grain).map((label) => timeLabel(label, grain === 'week', first))
}

/** The bucket of the compared range for each bucket of this one. */
function counterparts(
  request: PlausibleRequest,
  site: SiteSettings,
  { meta }: QueryAnswer,
): ReadonlyMap<string, string> {
  const name = request.dimensions.find((each) => each.startsWith('time'))
  if (!name || !meta.compare_range) return new Map()
  const [now, then] = [meta.range, meta.compare_range].map((range) => {
    const interval = resolveRange(range, site.timezone, 0)
    return interval ? buckets(interval, grainOf(request, site, name)) : []
  })
  return new Map((now ?? []).map((label, index) => [label, then?.[index] ?? '']))
}

/** In percent of before; of rates, in points. */
export function change(name: string, before: unknown, now: unknown): number | null {
  const [then, value] = [numberOf(before), numberOf(now)]
  if (then === null || value === null) return null
  switch (name) {
    case 'bounce_rate':
    case 'exit_rate':
      return then > 0 ? value - then : null
    case 'conversion_rate':
    case 'group_conversion_rate':
      return Math.round((value - then) * 10) / 10
  }
  if (then === 0) return value > 0 ? 100 : 0
  return Math.round(((value - then) / then) * 100)
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number'
    ? value
    : typeof value === 'object' && value !== null && 'value' in value
      ? Number(value.value)
      : null

/** The one currency of the goals that a row is of. */
function currencyOf(
  { dimensions, filters }: PlausibleRequest,
  { names }: SiteSettings,
  goal: string | undefined,
): string | undefined {
  const asked = filters.flatMap((filter) =>
    filter[1] === GOAL && Array.isArray(filter[2]) ? filter[2].map(String) : [],
  )
  if (asked.length === 0 && !dimensions.includes(GOAL)) return undefined
  const goals = names.goals.filter(({ name }) =>
    goal === undefined ? asked.length === 0 || asked.includes(name) : name === goal,
  )
  const currencies = new Set(goals.flatMap(({ currency }) => currency ?? []))
  return currencies.size === 1 ? [...currencies][0] : undefined
}

function money(value: MetricValue, currency: string | undefined): unknown {
  if (value === null || currency === undefined) return null
  const format = (options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat('en', { style: 'currency', currency, ...options }).format(value)
  const short = format({ notation: 'compact', minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return { value: Math.round(value * 1_000) / 1_000, currency, short, long: format({}) }
}

/** Why revenue is null, where it is. */
export function metricWarnings(request: PlausibleRequest, site: SiteSettings): object {
  const asks = request.metrics.filter((name) => name.endsWith('_revenue'))
  if (asks.length === 0) return {}
  const asked = request.filters.flatMap((filter) =>
    filter[1] === GOAL && Array.isArray(filter[2]) ? filter[2].map(String) : [],
  )
  const isAbout = request.dimensions.includes(GOAL) || asked.length > 0
  const goals = site.names.goals.filter(
    ({ name }) => isAbout && (asked.length === 0 || asked.includes(name)),
  )
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
        : undefined
  return warning ? { metric_warnings: Object.fromEntries(asks.map((name) => [name, warning])) } : {}
}
