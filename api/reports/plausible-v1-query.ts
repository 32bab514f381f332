import { PlausibleError } from './plausible-error.ts'
import { plausibleFilters } from './plausible-filters.ts'
import { plausibleDimension } from './plausible-names.ts'
import type { PlausibleRequest, RequestContext } from './plausible-query.ts'
import { comparedDays, periodRange, wholeDays } from './plausible-range.ts'

/** The query string of the first API. */
export type Params = Readonly<Record<string, string | undefined>>

export const MAX_LIMIT = 1_000
const DOCS = 'https://plausible.io/docs/stats-api'

const PROPERTIES =
  /^(event:(page|name|goal|hostname|props:.+)|visit:(?!.*(_name|_hostname|screen)$).+)$/s
const isProperty = (name: string) => PROPERTIES.test(name) && plausibleDimension(name) !== undefined

/** What a breakdown is by, or its refusal. */
export function propertyOf({ property }: Params): string {
  if (!property)
    throw new PlausibleError(
      'The `property` parameter is required. Please provide at least one property to show a breakdown by.',
    )
  if (property === 'event:hostname')
    throw new PlausibleError(
      `Property 'event:hostname' is currently not supported for breakdowns.  Please provide a valid property for the breakdown endpoint: ${DOCS}#properties`,
    )
  if (!isProperty(property))
    throw new PlausibleError(
      `Invalid property '${property}'. Please provide a valid property for the breakdown endpoint: ${DOCS}#properties`,
    )
  return property
}

/** A request of the first API, checked in its order. `dimensions`: of its property, or of time. */
export function parseV1(
  params: Params,
  dimensions: readonly string[],
  context: RequestContext & { readonly goals: readonly string[] },
): PlausibleRequest {
  const range = rangeOf(params, context)
  const given = filtersOf(params.filters ?? '')
  for (const filter of given) checkFilter(filter, context.goals)
  const metrics = (params.metrics ?? 'visitors').split(',').map((name) => name.trim())
  if (new Set(metrics).size < metrics.length)
    throw new PlausibleError('Metrics cannot be queried multiple times.')
  const property = dimensions.find((name) => !name.startsWith('time'))
  for (const metric of metrics) checkMetric(metric, property, given)
  return {
    ...{ metrics, dimensions, range },
    filters: plausibleFilters(given, true),
    order_by: [],
    include: {},
    limit: MAX_LIMIT,
    offset: 0,
    ...(params.compare === 'previous_period' && {
      compare: comparedDays('previous_period', false, range, context),
    }),
  }
}

function checkMetric(
  metric: string,
  property: string | undefined,
  filters: readonly unknown[],
): void {
  const fail = (what: string) => {
    throw new PlausibleError(`Metric \`${metric}\` ${what}`)
  }
  const isBy = (name: string) => JSON.stringify(filters).includes(`"${name}"`)
  switch (metric) {
    case 'visitors':
    case 'pageviews':
    case 'events':
      return
    case 'time_on_page':
      if (isBy('event:goal')) fail('cannot be queried when filtering by `event:goal`')
      if (isBy('event:name')) fail('cannot be queried when filtering by `event:name`')
      if (property === 'event:page') return
      if (property !== undefined)
        fail('is not supported in breakdown queries (except `event:page` breakdown)')
      if (!isBy('event:page'))
        fail('can only be queried in a page breakdown or with a page filter.')
      return
    case 'conversion_rate':
      if (property !== 'event:goal' && !isBy('event:goal'))
        fail('can only be queried in a goal breakdown or with a goal filter')
      return
    case 'views_per_visit':
      if (isBy('event:page')) fail('cannot be queried with a filter on `event:page`.')
      if (property !== undefined) fail('is not supported in breakdown queries.')
      break
    case 'visits':
    case 'bounce_rate':
    case 'visit_duration':
      break
    default:
      throw new PlausibleError(
        `The metric \`${metric}\` is not recognized. Find valid metrics from the documentation: ${DOCS}#metrics`,
      )
  }
  const isOfEvents = (name: unknown) => /^event:(name$|goal$|props:)/.test(String(name))
  if (isOfEvents(property))
    throw new PlausibleError(
      `Session metric \`${metric}\` cannot be queried for breakdown by \`${property}\`.`,
    )
  const filter = filters.find((each) => Array.isArray(each) && isOfEvents(each[1]))
  if (Array.isArray(filter))
    throw new PlausibleError(
      `Session metric \`${metric}\` cannot be queried when using a filter on \`${filter[1]}\`.`,
    )
}

function checkFilter(filter: unknown, goals: readonly string[]): void {
  const [, name, values] = Array.isArray(filter) ? filter : []
  if (name === 'event:goal' && Array.isArray(values)) {
    const missing = values.find((value) => !goals.includes(String(value)))
    if (missing === undefined) return
    const [, path] = /^Visit (.*)$/s.exec(String(missing)) ?? []
    const what =
      path === undefined ? `goal \`${missing}\`` : `pageview goal for the pathname \`${path}\``
    throw new PlausibleError(
      `The ${what} is not configured for this site. Find out how to configure goals here: ${DOCS}#filtering-by-goals`,
    )
  }
  if (typeof name === 'string' && !isProperty(name))
    throw new PlausibleError(
      `Invalid filter property '${name}'. Please provide a valid filter property: ${DOCS}#properties`,
    )
}

/** JSON as the second API has it; or `visit:source==Google;event:page!=/a|/b**`: a semicolon is and, a bar is or, an asterisk any text; `\\` takes their meaning. */
function filtersOf(text: string): readonly unknown[] {
  if (text.trim() === '') return []
  try {
    const told: unknown = JSON.parse(text)
    return Array.isArray(told) ? told : []
  } catch {
    return text.split(/(?<!\\);/).flatMap(expression)
  }
}

function expression(text: string): unknown[] {
  const [, name = '', operator = '', list = ''] =
    /^\s*(.*?)\s*(==|!=)\s*(.*?)\s*$/s.exec(text) ?? []
  if (operator === '') {
    // Without an operator it asks nothing there; what is not even a property is a mistake.
    if (isProperty(text.trim())) return []
    throw new PlausibleError(
      `Invalid filter property '${text.trim()}'. Please provide a valid filter property: ${DOCS}#properties`,
    )
  }
  const values = list.split(/(?<!\\)\|/).map((value) => value.trim().replaceAll(/\\([|;])/g, '$1'))
  if (name === 'visit:country' && values.some((code) => code.length !== 2)) return []
  const not = operator === '!=' ? '_not' : ''
  const isPattern = name !== 'event:goal' && list.includes('*')
  return [[isPattern ? `matches_wildcard${not}` : `is${not}`, name, values]]
}

function rangeOf(
  { period = '30d', date }: Params,
  context: RequestContext,
): readonly [string, string] {
  const { nowMs, timezone, firstEventMs } = context
  const dayOf = (ms: number) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone).toPlainDate()
  if (period === 'custom') {
    if (!date)
      throw new PlausibleError(
        `The \`date\` parameter is required when using a custom period. See ${DOCS}#time-periods`,
      )
    const days = date.split(',').map((each) => day(each.trim()))
    const [from, to] = days
    if (days.length !== 2 || !from || !to)
      throw new PlausibleError(
        `Invalid format for \`date\` parameter. When using a custom period, please include two ISO-8601 formatted dates joined by a comma. See ${DOCS}#time-periods`,
      )
    return wholeDays([from, to], context)
  }
  const last = date === undefined ? dayOf(nowMs) : day(date)
  const range = last && periodRange(period, last, dayOf(firstEventMs))
  if (last && !range)
    throw new PlausibleError(
      `Error parsing \`period\` parameter: invalid period \`${period}\`. Please find accepted values in our docs: ${DOCS}#time-periods`,
    )
  if (!range)
    throw new PlausibleError(
      `Error parsing \`date\` parameter: ${isDayLike(date) ? 'invalid_date' : 'invalid_format'}. Please specify a valid date in ISO-8601 format.`,
    )
  return wholeDays(range, context)
}

const isDayLike = (text = '') => /^\d{4}-\d{2}-\d{2}$/.test(text)

function day(text: string): Temporal.PlainDate | undefined {
  try {
    return isDayLike(text) ? Temporal.PlainDate.from(text, { overflow: 'reject' }) : undefined
  } catch {
    return undefined
  }
}
