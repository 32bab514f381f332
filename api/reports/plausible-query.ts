import type { Filter, OrderBy } from '../../contract/query.ts'
import { inspect, PlausibleError, typeName } from './plausible-error.ts'
import { plausibleFilters } from './plausible-filters.ts'
import { PLAUSIBLE_METRICS, plausibleDimension } from './plausible-names.ts'
import { comparedDays, dateRange, grainOfRange, type RangeContext } from './plausible-range.ts'

/** A request of Plausible's, checked; names are its own, filters ours. */
export interface PlausibleRequest {
  readonly metrics: readonly string[]
  readonly dimensions: readonly string[]
  readonly filters: readonly Filter[]
  readonly range: readonly [string, string]
  readonly order_by: readonly OrderBy[]
  /** First and last day of what it is compared with. */
  readonly compare?: readonly [string, string]
  readonly include: Readonly<Record<string, unknown>>
  readonly limit: number
  readonly offset: number
}

export type RequestContext = RangeContext

const MEMBERS = [
  'site_id',
  'metrics',
  'date_range',
  'dimensions',
  'filters',
  'order_by',
  'include',
  'pagination',
]
const MAX_ROWS = 10_000

/** A body of `POST /api/v2/query`, or the refusal that Plausible has for it. */
export function parsePlausible(
  body: Readonly<Record<string, unknown>>,
  context: RequestContext,
): PlausibleRequest {
  for (const member of Object.keys(body))
    if (!MEMBERS.includes(member))
      throw new PlausibleError(`#/${member}: Schema does not allow additional properties.`)
  const missing = ['metrics', 'date_range'].filter((member) => body[member] === undefined)
  if (missing.length > 0)
    throw new PlausibleError(
      missing.length === 1
        ? `#: Required property ${missing[0]} was not present.`
        : `#: Required properties ${missing.join(', ')} were not present.`,
    )
  const metrics = names(body.metrics, 'metrics', 'metric', (name) =>
    Object.hasOwn(PLAUSIBLE_METRICS, String(name)),
  )
  if (metrics.length === 0)
    throw new PlausibleError('#/metrics: Expected a minimum of 1 items but got 0.')
  const asked = names(body.dimensions ?? [], 'dimensions', 'dimension', (name) =>
    Boolean(plausibleDimension(name)),
  )
  const given = list(body.filters ?? [], 'filters')
  const filters = plausibleFilters(given)
  const range = dateRange(body.date_range, context)
  const ordered = orderBy(body.order_by ?? [], metrics, asked)
  const include = included(body.include ?? {}, asked)
  const page = pagination(object(body.pagination ?? {}, 'pagination'))
  checkMetrics(metrics, asked, given)
  const compare = comparison(include, range, context)
  const grained = (name: string) => (name === 'time' ? grainOfRange(range, context) : name)
  return {
    ...{ metrics, filters, range, include },
    dimensions: asked.map(grained),
    order_by: ordered.map(([name, direction]) => [grained(name), direction]),
    ...page,
    ...(compare && { compare }),
  }
}

/** Which metrics go with which dimensions and filters. */
export function checkMetrics(
  metrics: readonly string[],
  dimensions: readonly string[],
  filters: readonly unknown[],
): void {
  const top = filters.filter(Array.isArray).map(([, subject]) => String(subject))
  const anywhere = JSON.stringify(filters)
  for (const metric of metrics) {
    const fail = (what: string) => {
      throw new PlausibleError(`Metric \`${metric}\` ${what}`)
    }
    const isBy = (name: string) => dimensions.includes(name) || top.includes(name)
    switch (metric) {
      case 'conversion_rate':
      case 'group_conversion_rate':
        if (!isBy('event:goal')) fail('can only be queried with event:goal filters or dimensions.')
        if (
          anywhere.includes('"event:props:') &&
          !top.some((name) => name.startsWith('event:props:'))
        )
          throw new PlausibleError(
            'Invalid filters. When `conversion_rate` or `group_conversion_rate` metrics are used, custom property filters can only be used on top level.',
          )
        break
      case 'scroll_depth':
      case 'time_on_page':
        if (!isBy('event:page')) fail('can only be queried with event:page filters or dimensions.')
        break
      case 'views_per_visit':
        if (anywhere.includes('"event:page"'))
          fail('cannot be queried with a filter on `event:page`.')
        if (dimensions.length > 0) fail('cannot be queried with `dimensions`.')
        break
      case 'percentage':
        if (dimensions.length === 0) fail('cannot be queried without `dimensions`.')
        break
      case 'exit_rate':
        if (dimensions.join() !== 'visit:exit_page')
          fail('requires a `"visit:exit_page"` dimension. No other dimensions are allowed.')
        if (anywhere.includes('"event:'))
          fail('cannot be queried when filtering on event dimensions.')
        break
    }
  }
  checkKinds(metrics, dimensions)
}

const OF_VISITS = /^visit:(entry|exit)_page/

/** Metrics of visits have no groups by what a visit has many of, those of events none by where a visit began or ended. */
function checkKinds(metrics: readonly string[], dimensions: readonly string[]): void {
  const of = (kind: 'visit' | 'event') =>
    metrics.filter((name) => PLAUSIBLE_METRICS[name]?.of === kind)
  const ticked = (list: readonly string[]) => list.map((name) => `\`${name}\``).join(', ')
  const ofEvents = dimensions.filter(
    (name) => name.startsWith('event:') && name !== 'event:page' && name !== 'event:hostname',
  )
  if (of('visit').length > 0 && ofEvents.length > 0)
    throw new PlausibleError(
      `Session metric(s) ${ticked(of('visit'))} cannot be queried along with event dimension(s) ${ticked(ofEvents)}`,
    )
  const ofVisits = dimensions.filter((name) => OF_VISITS.test(name))
  if (of('event').length > 0 && ofVisits.length > 0)
    throw new PlausibleError(
      `Event metric(s) ${ticked(of('event'))} cannot be queried along with session dimension(s) ${ticked(ofVisits)}`,
    )
}

function list(value: unknown, part: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new PlausibleError(`#/${part}: Type mismatch. Expected Array but got ${typeName(value)}.`)
}

function object(value: unknown, part: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new PlausibleError(`#/${part}: Type mismatch. Expected Object but got ${typeName(value)}.`)
}

function names(
  value: unknown,
  part: string,
  what: string,
  isKnown: (name: unknown) => boolean,
): string[] {
  const given = list(value, part)
  const errors = given.flatMap((name, index) =>
    isKnown(name) ? [] : [`#/${part}/${index}: Invalid ${what} ${inspect(name)}`],
  )
  if (errors.length > 0) throw new PlausibleError(errors.join('\n'))
  if (new Set(given).size < given.length)
    throw new PlausibleError(`#/${part}: Expected items to be unique but they were not.`)
  return given as string[]
}

function orderBy(
  value: unknown,
  metrics: readonly string[],
  dimensions: readonly string[],
): OrderBy[] {
  return list(value, 'order_by').map((each, index) => {
    const [name, direction] = Array.isArray(each) ? each : []
    const isMetric = Object.hasOwn(PLAUSIBLE_METRICS, String(name))
    if (!isMetric && !plausibleDimension(name))
      throw new PlausibleError(`#/order_by/${index}/0: Invalid value in order_by ${inspect(name)}`)
    if (direction !== 'asc' && direction !== 'desc')
      throw new PlausibleError(
        `#/order_by/${index}/1: Invalid value in order_by ${inspect(direction)}`,
      )
    if (![...metrics, ...dimensions].includes(name))
      throw new PlausibleError(
        `Invalid order_by entry '{${isMetric ? `:${name}` : inspect(name)}, :${direction}}'. Entry is not a queried metric or dimension.`,
      )
    return [name, direction]
  })
}

function pagination({ limit = MAX_ROWS, offset = 0 }: Readonly<Record<string, unknown>>) {
  const number = (value: unknown, name: string, least: number, most: number) => {
    const at = `#/pagination/${name}`
    if (!Number.isInteger(value))
      throw new PlausibleError(`${at}: Type mismatch. Expected Integer but got ${typeName(value)}.`)
    if (Number(value) < least)
      throw new PlausibleError(`${at}: Expected the value to be >= ${least}`)
    if (Number(value) > most) throw new PlausibleError(`${at}: Expected the value to be <= ${most}`)
    return Number(value)
  }
  return {
    limit: number(limit, 'limit', 1, MAX_ROWS),
    offset: number(offset, 'offset', 0, Number.MAX_SAFE_INTEGER),
  }
}

const INCLUDES = ['time_labels', 'imports', 'imports_meta', 'total_rows', 'comparisons']

function included(value: unknown, dimensions: readonly string[]) {
  const include = object(value, 'include')
  for (const [name, each] of Object.entries(include)) {
    if (!INCLUDES.includes(name))
      throw new PlausibleError(`#/include/${name}: Schema does not allow additional properties.`)
    if (name !== 'comparisons' && typeof each !== 'boolean')
      throw new PlausibleError(
        `#/include/${name}: Type mismatch. Expected Boolean but got ${typeName(each)}.`,
      )
  }
  if (include.time_labels === true && !dimensions.some((name) => name.startsWith('time')))
    throw new PlausibleError('Invalid include.time_labels: requires a time dimension.')
  return include
}

const MODES = ['previous_period', 'year_over_year', 'custom'] as const

function comparison(
  { comparisons }: Readonly<Record<string, unknown>>,
  range: readonly [string, string],
  context: RequestContext,
): readonly [string, string] | undefined {
  if (comparisons === undefined || comparisons === null) return undefined
  const given = object(comparisons, 'include/comparisons')
  const mode = MODES.find((each) => each === given.mode)
  if (!mode)
    throw new PlausibleError(
      `#/include/comparisons/mode: Invalid comparison mode ${inspect(given.mode)}`,
    )
  return mode === 'custom'
    ? dateRange(given.date_range, context)
    : comparedDays(mode, given.match_day_of_week === true, range, context)
}
