import type { Filter, OrderBy, Query } from '../../contract/query.ts'
import { inspect, PlausibleError, typeName } from './plausible-error.ts'
import { plausibleFilters } from './plausible-filters.ts'
import { PLAUSIBLE_METRICS, plausibleDimension } from './plausible-names.ts'
import { namedRange } from './plausible-range.ts'

/** A request of Plausible's, checked; names are its own, filters ours. */
export interface PlausibleRequest {
  readonly metrics: readonly string[]
  readonly dimensions: readonly string[]
  readonly filters: readonly Filter[]
  readonly range: readonly [string, string]
  readonly order_by: readonly OrderBy[]
  readonly compare?: Query['compare']
  readonly include: Readonly<Record<string, unknown>>
  readonly limit: number
  readonly offset: number
}

export interface RequestContext {
  readonly timezone: string
  readonly nowMs: number
  readonly firstEventMs: number
}

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
  const dimensions = names(body.dimensions ?? [], 'dimensions', 'dimension', (name) =>
    Boolean(plausibleDimension(name)),
  )
  const given = list(body.filters ?? [], 'filters')
  const request = {
    metrics,
    dimensions,
    filters: plausibleFilters(given),
    range: dateRange(body.date_range, context),
    order_by: orderBy(body.order_by ?? [], metrics, dimensions),
    include: object(body.include ?? {}, 'include'),
    ...pagination(object(body.pagination ?? {}, 'pagination')),
  }
  if (request.include.time_labels === true && !dimensions.some((name) => name.startsWith('time')))
    throw new PlausibleError('Invalid include.time_labels: requires a time dimension.')
  checkMetrics(metrics, dimensions, given)
  const compare = comparison(request.include, context)
  return { ...request, ...(compare && { compare }) }
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
        break
    }
  }
  const of = (kind: 'visit' | 'event') =>
    metrics.filter((name) => PLAUSIBLE_METRICS[name]?.of === kind)
  const ticked = (list: readonly string[]) => list.map((name) => `\`${name}\``).join(', ')
  const events = dimensions.filter(
    (name) => name.startsWith('event:') && name !== 'event:page' && name !== 'event:hostname',
  )
  if (of('visit').length > 0 && events.length > 0)
    throw new PlausibleError(
      `Session metric(s) ${ticked(of('visit'))} cannot be queried along with event dimension(s) ${ticked(events)}`,
    )
  const exits = dimensions.filter((name) => name === 'visit:exit_page')
  const ofEvents = of('event').filter((name) => name === 'events')
  if (ofEvents.length > 0 && exits.length > 0)
    throw new PlausibleError(
      `Event metric(s) ${ticked(ofEvents)} cannot be queried along with session dimension(s) ${ticked(exits)}`,
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

const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?/

function dateRange(value: unknown, context: RequestContext): readonly [string, string] {
  const invalid = new PlausibleError(`#/date_range: Invalid date range ${inspect(value)}`)
  const now = Temporal.Instant.fromEpochMilliseconds(context.nowMs).toZonedDateTimeISO(
    context.timezone,
  )
  if (value === '24h')
    return [now.subtract({ hours: 24 }).toInstant().toString(), now.toInstant().toString()]
  if (typeof value === 'string') {
    const first = Temporal.Instant.fromEpochMilliseconds(context.firstEventMs)
      .toZonedDateTimeISO(context.timezone)
      .toPlainDate()
    const range = namedRange(value, now.toPlainDate(), first)
    if (range) return [range[0].toString(), range[1].toString()]
    if (/^\d+(d|mo)$/.test(value)) throw new PlausibleError(`Invalid date_range ${inspect(value)}`)
    throw invalid
  }
  const [from, to] = Array.isArray(value) && value.length === 2 ? value.map(String) : []
  if (from === undefined || to === undefined) throw invalid
  try {
    if (DAY.test(from) && DAY.test(to)) {
      const days = [from, to].map((day) => Temporal.PlainDate.from(day, { overflow: 'reject' }))
      return [String(days[0]), String(days[1])]
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

function comparison(
  { comparisons }: Readonly<Record<string, unknown>>,
  context: RequestContext,
): Query['compare'] {
  if (comparisons === undefined || comparisons === null) return undefined
  const { mode, date_range, match_day_of_week } = object(comparisons, 'include/comparisons')
  switch (mode) {
    case 'previous_period':
      return 'previous_period'
    case 'year_over_year':
      return match_day_of_week === true ? 'year_before_by_weekday' : 'year_before'
    case 'custom':
      return dateRange(date_range, context)
    default:
      throw new PlausibleError(
        `#/include/comparisons/mode: Invalid comparison mode ${inspect(mode)}`,
      )
  }
}
