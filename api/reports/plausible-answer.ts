import { AUTOMATIC_TYPES } from '../../contract/event-types.ts'
import type { Filter, MetricValue, Query, QueryAnswer, QueryRow } from '../../contract/query.ts'
import { answer } from '../../reports/answer.ts'
import { namesIn } from '../../reports/filter.ts'
import { GOAL } from '../../reports/plan-goals.ts'
import { QueryError } from '../../reports/query-error.ts'
import { resolveRange } from '../../reports/range.ts'
import type { SiteScope } from '../../reports/scope.ts'
import { buckets, type Grain } from '../../reports/time.ts'
import type { SiteSettings } from '../sites/site-names.ts'
import type { Asking } from './engine.ts'
import { withEntryBounces } from './plausible-bounces.ts'
import { change } from './plausible-change.ts'
import { PlausibleError } from './plausible-error.ts'
import { renamed } from './plausible-filters.ts'
import {
  currencyOf,
  isAboutGoals,
  isGoalOf,
  isOfScrolling,
  isRevenue,
  money,
} from './plausible-goals.ts'
import { PLAUSIBLE_METRICS, plausibleDimension, shownValue } from './plausible-names.ts'
import type { PlausibleRequest } from './plausible-query.ts'

export interface PlausibleContext {
  readonly scope: SiteScope
  readonly site: SiteSettings
  readonly asking: Asking
  readonly nowMs: number
}

/** One row as Plausible has it; `null` is what it has not. */
export interface PlausibleRow {
  readonly dimensions: readonly (string | number)[]
  readonly metrics: readonly unknown[]
  readonly comparison?: {
    readonly dimensions: readonly (string | number | null)[]
    readonly metrics: readonly unknown[]
    readonly change: readonly (number | null)[]
  }
}

const PAGE = 10_000
const FOREIGN = 'plausible_foreign_revenue'
/** What Plausible would not have as events. */
const OWN: Filter = ['is_not', 'event:name', AUTOMATIC_TYPES]

/** The rows of a request up to the last that it asks for, or all of them, and what our answer says of them. */
export async function plausibleRows(
  request: PlausibleRequest,
  context: PlausibleContext,
): Promise<readonly PlausibleRow[]> {
  const { site } = context
  checkNames(request.filters, site)
  const query = nativeQuery(request)
  if (isOfNoGoal(request, site))
    return request.dimensions.length > 0 ? [] : [rowOfNothing(request, context)]
  const wanted = request.include.total_rows === true ? Infinity : request.offset + request.limit
  const rows: PlausibleRow[] = []
  let cursor: string | undefined
  do {
    const told = await withEntryBounces(
      { ...query, ...(cursor !== undefined && { cursor }) },
      request.filters,
      (each) => ask(each, context),
    )
    rows.push(...told.rows.map(rowShower(request, context, told)))
    cursor = told.meta.next_cursor
  } while (cursor !== undefined && rows.length < wanted)
  return rows
}

const ask = (query: Query, { site, scope, asking, nowMs }: PlausibleContext) =>
  answer(scope, query, {
    timezone: site.timezone,
    names: site.names,
    nowMs,
    freshness: '',
    run: asking.run,
  }).catch((error: Error) => {
    if (error instanceof QueryError) throw new PlausibleError(error.message)
    throw error
  })

/** Our metric of one of its names. In time it looks at visits, which go on in hours and lie in the day that they end in, unless it is asked what was done then. */
function toMetric(name: string, request: PlausibleRequest): string {
  const { name: usual = name, present, ended } = PLAUSIBLE_METRICS[name] ?? {}
  const [time] = request.dimensions.filter((each) => each.startsWith('time'))
  const names = request.filters.flatMap((filter) => namesIn(filter))
  if (!time || request.dimensions.some((each) => each.startsWith('event:'))) return usual
  if (time === 'time:hour') return (!names.includes(GOAL) && present) || usual
  return (isOfVisits(request, names) && ended) || usual
}

/** Whether Plausible asks its table of visits alone, of which each has one time. */
function isOfVisits({ metrics, dimensions }: PlausibleRequest, names: readonly string[]): boolean {
  const of = metrics.map((name) => PLAUSIBLE_METRICS[name]?.of)
  if (of.includes('event') || names.includes(GOAL)) return false
  return (
    !names.some((name) => name.startsWith('event:')) ||
    of.includes('visit') ||
    [...dimensions, ...names].some((name) => /^visit:(entry|exit)_page/.test(name))
  )
}

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
          ? toMetric(name, request)
          : (native[dimensions.indexOf(name)] ?? name),
        direction,
      ] as const,
  )
  return {
    metrics: [
      ...request.metrics.map((name) => toMetric(name, request)),
      ...(request.metrics.some(isRevenue) && isAboutGoals(request) ? [FOREIGN] : []),
    ],
    dimensions: native,
    range: request.range,
    filters: [
      OWN,
      ...request.filters.map((filter) => ofNext(filter, dimensions)),
      ...known,
      ...hostnamesOfVisits(request),
    ],
    order_by: asks,
    limit: PAGE,
    ...(request.compare && { compare: request.compare }),
    ...(request.compare &&
      native.length === 1 &&
      native[0]?.startsWith('time') && { fill: 'zero' as const }),
  }
}

/** By what an event has many of in a visit, a sequence is followed by the event that came next; else it is of the visit. */
const ofNext = (filter: Filter, dimensions: readonly string[]): Filter =>
  filter[0] === 'sequence' && dimensions.some((name) => name.startsWith('event:'))
    ? ['sequence', filter[1], { next: true }]
    : filter

/** Where a visit came from is of the host that it came to, and its last page of that one's. */
const OF_HOST: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'source',
      'referrer',
      'entry_page',
      ...['medium', 'source', 'campaign', 'content', 'term'].map((tag) => `utm_${tag}`),
    ].map((name) => [`visit:${name}`, 'visit:entry_hostname']),
  ),
  'visit:exit_page': 'visit:exit_hostname',
}

/** A filter by host is of the visit too, where it is grouped by what comes with its first or last page. */
function hostnamesOfVisits({ dimensions, filters }: PlausibleRequest): Filter[] {
  const hosts = dimensions.flatMap((name) => OF_HOST[name] ?? [])
  return hosts.flatMap((host) =>
    filters.flatMap((filter) => (filter[1] === 'event:hostname' ? [renamed(filter, host)] : [])),
  )
}

/** Whether its filters ask for goals by a part of their name, and none has it; or for rows by goals where there are none. */
function isOfNoGoal({ dimensions, filters }: PlausibleRequest, { names }: SiteSettings): boolean {
  const isNone = filters.some(
    (filter) => filter[1] === GOAL && !names.goals.some((goal) => isGoalOf(goal, filter)),
  )
  return isNone || (dimensions.includes(GOAL) && names.goals.length === 0)
}

function rowOfNothing(request: PlausibleRequest, context: PlausibleContext): PlausibleRow {
  const metrics = request.metrics.map((name) => metricOf(name, {}, undefined, request, context))
  return { dimensions: [], metrics }
}

/** Goals and segments that the site has not, in Plausible's words. */
function checkNames(filters: readonly Filter[], { names }: SiteSettings): void {
  const goals = names.goals.map(({ name }) => name)
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
      case 'sequence':
        filter[1].forEach(visit)
        return
    }
    const [operator, name, values, modifiers] = filter
    if (name === 'segment' && values.some((id) => !Object.hasOwn(names.segments, String(id))))
      throw new PlausibleError("Invalid filters. Some segments don't exist or aren't accessible.")
    if (name !== GOAL || operator !== 'is' || modifiers?.case_sensitive !== undefined) return
    const missing = values.find((value) => !goals.includes(String(value)))
    if (missing !== undefined)
      throw new PlausibleError(
        `Invalid filters. The goal \`${missing}\` is not configured for this site. Find out how to configure goals here: https://plausible.io/docs/stats-api#filtering-by-goals`,
      )
  }
  filters.forEach(visit)
}

/** A metric of a row there. */
function metricOf(
  name: string,
  numbers: Readonly<Record<string, MetricValue>>,
  goal: string | undefined,
  request: PlausibleRequest,
  { site }: PlausibleContext,
): unknown {
  const number = numbers[toMetric(name, request)] ?? null
  if (isRevenue(name))
    return numbers[FOREIGN] ? null : money(number, currencyOf(request, site, goal))
  if (name === 'events' && isOfScrolling(request, site, goal)) return null
  return number ?? PLAUSIBLE_METRICS[name]?.zero ?? null
}

/** How the rows of an answer look there. */
function rowShower(request: PlausibleRequest, context: PlausibleContext, told: QueryAnswer) {
  const { site, nowMs } = context
  const { dimensions, metrics } = request
  const first =
    resolveRange(request.range, site.timezone, nowMs)?.from.toPlainDate().toString() ?? ''
  const value = (name: string, text: string) =>
    name.startsWith('time')
      ? timeLabel(text, name === 'time:week', first)
      : shownValue(plausibleDimension(name) ?? { name }, text)
  const native = dimensions.map((name) => plausibleDimension(name)?.name ?? name)
  const metric = (
    name: string,
    row: Readonly<Record<string, MetricValue>>,
    goal: string | undefined,
  ) => metricOf(name, row, goal, request, context)
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
            ? (then.get(texts[index] ?? '') ?? null)
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

const grainOf = (name: string) => name.slice('time:'.length) as Grain // of PLAUSIBLE_DIMENSIONS

/** Every label of the range's time dimension. */
export function timeLabels(request: PlausibleRequest, site: SiteSettings): string[] {
  const name = request.dimensions.find((each) => each.startsWith('time'))
  const interval = resolveRange(request.range, site.timezone, 0)
  if (!name || !interval) return []
  const grain = grainOf(name)
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
    return interval ? buckets(interval, grainOf(name)) : []
  })
  return new Map(
    (now ?? []).flatMap((label, index) => {
      const at = then?.[index]
      return at === undefined ? [] : [[label, timeLabel(at, false, '')]]
    }),
  )
}
