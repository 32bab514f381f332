import type { Filter, Query } from '../contract/query.ts'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { type FunnelBody, funnel } from '../reports/questions/funnel.ts'
import { funnelSessions } from '../reports/questions/funnel-sessions.ts'
import { funnelTimes } from '../reports/questions/funnel-times.ts'
import { journeys } from '../reports/questions/journeys.ts'
import { lifecycle } from '../reports/questions/lifecycle.ts'
import { retention } from '../reports/questions/retention.ts'
import { loadHistories } from './histories.ts'
import { asking } from './questions.ts'

export type Asserted = Record<string, unknown>
/** A case of PostHog’s: people, what they did, questions, and what their answers are. */
export interface Vector {
  readonly id: string
  readonly flags: readonly string[]
  readonly persons: readonly { distinct_ids: readonly string[]; properties?: Asserted }[]
  readonly events: readonly {
    event: string
    distinct_id: string
    timestamp: string
    properties?: Asserted
  }[]
  readonly actions?: readonly {
    id: number
    name: string
    steps: readonly { event: string; properties?: Properties }[]
  }[]
  readonly queries: readonly VectorQuery[]
  readonly expect: readonly { query: number; path: unknown[]; op: string; value: unknown }[]
}
interface VectorQuery {
  readonly kind: string
  readonly now: string
  readonly timezone?: string
  readonly total_intervals?: number
  readonly order?: Order
  readonly filter: {
    readonly events?: readonly Entity[]
    readonly actions?: readonly Entity[]
    readonly exclusions?: readonly (Entity & { funnel_from_step: number; funnel_to_step: number })[]
    readonly target_entity?: Entity
    readonly returning_entity?: Entity
    readonly retention_type?: string
    readonly period?: string
    readonly interval?: string
    readonly properties?: Properties
    readonly date_from?: string
    readonly date_to?: string
    readonly funnel_order_type?: Order
    readonly funnel_window_days?: number
    readonly funnel_window_interval?: number
    readonly funnel_window_interval_unit?: string
    readonly breakdown?: string | readonly string[]
    readonly breakdown_type?: string
    readonly breakdown_limit?: number
    readonly breakdown_attribution_type?: string
    readonly breakdown_attribution_value?: string | number
    readonly funnel_step?: number
    readonly funnel_step_breakdown?: string | readonly string[]
    readonly funnel_from_step?: number
    readonly funnel_to_step?: number
    readonly bin_count?: number
    readonly path_type?: string
    readonly start_point?: string
    readonly end_point?: string
  }
}
type Order = 'ordered' | 'strict' | 'unordered'
type Properties = readonly Property[] | Readonly<Record<string, string>> | PropertyGroup
interface Property {
  readonly key: string
  readonly operator?: string
  readonly type?: string
  readonly value: Scalar | readonly Scalar[]
}
type Scalar = string | number | boolean
interface PropertyGroup {
  readonly type: 'AND' | 'OR'
  readonly values: readonly (Property | PropertyGroup)[]
}
interface Entity {
  readonly id: string | number | null
  readonly order?: number
  readonly properties?: Properties
}

type Answering = (clickhouse: ClickHouse, vector: Vector, query: VectorQuery) => Promise<unknown>

/** PostHog’s kinds of query, each asked as a question of ours and answered in its form. */
export const ANSWERS: Readonly<Record<string, Answering>> = {
  ...{ funnel: funnelOf, funnel_actors: actorsOf, funnel_time_to_convert: timesOf },
  ...{ retention: retentionOf, paths: pathsOf, lifecycle: lifecycleOf },
}

/** What our questions do not have, or have otherwise. */
export function whyNot({ queries }: Vector): string | undefined {
  for (const { kind, order, filter } of queries) {
    if (!ANSWERS[kind]) return `there is no question like ${kind}`
    if (!['event', 'person', undefined].includes(filter.breakdown_type))
      return `there is nothing like a ${filter.breakdown_type}`
    if (order === 'unordered' && filter.breakdown_attribution_type === 'step')
      return 'where steps have no order, PostHog counts a try under the value of a step that may lie before it began, and a visitor under several; ours has the step that was done so many-th'
  }
  return undefined
}

const siteOf = ({ id }: Vector) => id.replaceAll(/\W/g, '-')
const isView = (event: string) => event === '$pageview' || event === '$screen'
const typeOf = (event: string) => (isView(event) ? 'pageview' : event)

export async function load(clickhouse: ClickHouse, vector: Vector) {
  const [{ filter } = { filter: {} as VectorQuery['filter'] }] = vector.queries
  const keys = [filter.breakdown ?? []].flat()
  const personOf = new Map(
    vector.persons.flatMap((person) => person.distinct_ids.map((id) => [id, person] as const)),
  )
  await loadHistories(
    clickhouse,
    siteOf(vector),
    vector.events.map(({ event, distinct_id, timestamp, properties }) => {
      const person = personOf.get(distinct_id)
      // We have no properties of persons: each event has them.
      const all = { ...person?.properties, ...properties }
      return {
        visitor: person?.distinct_ids[0] ?? distinct_id,
        at: timestamp,
        type: typeOf(event),
        path: isView(event) ? String(all.$current_url ?? all.$screen_name ?? '/') : '/',
        data: textOf({
          ...all,
          person: `person:${person?.distinct_ids[0]}`,
          broken_down: broken(keys.map((key) => all[key])),
        }),
      }
    }),
  )
}

const textOf = (properties: Asserted) =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)]))

/** Several properties by which a funnel is broken down are one of ours; without any it is empty. */
const broken = (values: readonly unknown[]) =>
  values.every((each) => (each ?? '') === '') ? '' : values.map((each) => each ?? '').join('|')

const askingOf = (clickhouse: ClickHouse, vector: Vector, { now, timezone }: VectorQuery) =>
  asking(clickhouse, siteOf(vector), { nowMs: Date.parse(now), ...(timezone && { timezone }) })

/** Days, whole. */
function rangeOf({ now, filter, timezone = 'UTC' }: VectorQuery): Query['range'] {
  const { date_from = '-7d', date_to } = filter
  if (date_from === 'all') return 'all'
  const today = Temporal.Instant.from(now).toZonedDateTimeISO(timezone).toPlainDate()
  const day = (at: string) => {
    const [, count, unit] = /^-(\d+)([hdwmy])/.exec(at) ?? []
    const units = { h: 'hours', d: 'days', w: 'weeks', m: 'months', y: 'years' }
    if (!unit) return at.slice(0, 10)
    const name = units[unit as keyof typeof units] // by the pattern
    return today.subtract(name === 'hours' ? {} : { [name]: Number(count) }).toString()
  }
  return [day(date_from), date_to ? day(date_to) : today.toString()]
}

async function pathsOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { path_type, start_point, end_point, properties } = query.filter
  const of = path_type === 'custom_event' ? 'events' : path_type ? 'pages' : 'all'
  const point = (name?: string): Filter[] | undefined =>
    name === undefined ? undefined : [['is', of === 'events' ? 'event:name' : 'event:page', [name]]]
  const [start, end] = [point(start_point), point(end_point)]
  const { rows } = await askingOf(
    clickhouse,
    vector,
    query,
  )(journeys, {
    ...{ range: rangeOf(query), filters: propertyFilters(properties), of, steps: 5 },
    ...(start ? { start } : end && { start: end, direction: 'previous' }),
  })
  return rows
    .filter((row) => row.target !== null)
    .map(({ step, source, target, visits }) => ({
      source: `${step + 1}_${source}`,
      target: `${step + 2}_${target}`,
      value: visits,
    }))
}

async function lifecycleOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { interval = 'day', properties, events = [], actions = [] } = query.filter
  const [entity] = [...events, ...actions]
  const { rows } = await askingOf(
    clickhouse,
    vector,
    query,
  )(lifecycle, {
    ...{ range: rangeOf(query), period: interval as 'day', week_start: 'sunday' },
    filters: propertyFilters(properties),
    ...(entity && { active: stepOf(vector, entity).filters }),
  })
  return ['new', 'returning', 'resurrecting', 'dormant'].map((status) => ({
    status,
    data: rows.map((row) => (status === 'dormant' ? 0 - row[status] : row[status])),
  }))
}

async function retentionOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { filter, now, total_intervals = 11, timezone } = query
  const period = (filter.period ?? 'Day').toLowerCase() as 'hour' | 'day' | 'week' | 'month'
  const to = filter.date_to ?? now
  const entity = (asked?: Entity) => (asked ? stepOf(vector, asked).filters : VIEWS)
  const { rows } = await askingOf(
    clickhouse,
    vector,
    query,
  )(retention, {
    range: [
      Temporal.PlainDate.from(to.slice(0, 10))
        .subtract({
          [`${period === 'hour' ? 'day' : period}s`]: period === 'hour' ? 0 : total_intervals - 1,
        })
        .toString(),
      to.slice(0, 10),
    ],
    filters: propertyFilters(filter.properties),
    ...{ period, week_start: 'sunday', ...(timezone && { timezone }) },
    cohort: filter.retention_type === 'retention_first_time' ? 'first' : 'active',
    ...{ start: entity(filter.target_entity), returning: entity(filter.returning_entity) },
  })
  // Hours after the last that is asked for, and before the first: a range is of whole days.
  const isAsked = (cohort: string) =>
    period !== 'hour' || (cohort <= to.slice(0, 19) && cohort > hoursBefore(to, total_intervals))
  const cohorts = [...Map.groupBy(rows, (row) => row.cohort).entries()].filter(([cohort]) =>
    isAsked(cohort),
  )
  return cohorts.map(([cohort, row], index) => ({
    label: `${filter.period ?? 'Day'} ${index}`,
    // A month is named by its first day; PostHog names it by the day that was asked on.
    date: `${period === 'month' ? `${cohort.slice(0, 7)}${to.slice(7, 10)}T00:00:00` : cohort.length > 10 ? cohort : `${cohort}T00:00:00`}Z`,
    // PostHog has all of a cohort in its own period.
    values: row
      .slice(0, cohorts.length - index)
      .map(({ period: later, visitors, size }) => ({ count: later === 0 ? size : visitors })),
  }))
}

const VIEWS: Filter[] = [['is', 'event:name', ['pageview']]]
const hoursBefore = (at: string, hours: number) =>
  new Date(Date.parse(at) - hours * 3_600_000).toISOString().slice(0, 19)

const UNIT_S: Record<string, number> = {
  ...{ second: 1, minute: 60, hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 },
}
const TOUCHES: Record<string, NonNullable<FunnelBody['attribution']>> = {
  ...{ first_touch: 'first_touch', last_touch: 'last_touch' },
  ...{ all_events: 'all_steps', step: 'step' },
}

/** A funnel of PostHog's as one of ours, without its breakdown. */
function funnelBody(vector: Vector, query: VectorQuery) {
  const { filter, kind, order } = query
  const { funnel_window_interval: many = 14, funnel_window_interval_unit: unit = 'day' } = filter
  const days = filter.funnel_window_days
  // A test names the class of a funnel's order; of times, the filter names it.
  const of = (kind === 'funnel_time_to_convert' && filter.funnel_order_type) || order
  return {
    range: rangeOf(query),
    filters: propertyFilters(filter.properties),
    steps: [...(filter.events ?? []), ...(filter.actions ?? [])]
      .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
      .map((entity) => stepOf(vector, entity)),
    exclusions: (filter.exclusions ?? []).map((each) => ({
      filters: stepOf(vector, each).filters,
      ...{ from: each.funnel_from_step + 1, to: each.funnel_to_step + 1 },
    })),
    order: of === 'unordered' ? ('any' as const) : (of ?? 'ordered'),
    window_s: days ? days * 86_400 : many * (UNIT_S[unit] ?? 86_400),
  }
}

function breakdownOf({ filter }: VectorQuery): Partial<FunnelBody> {
  if (!filter.breakdown) return {}
  const { breakdown_attribution_type: type = 'first_touch', breakdown_attribution_value } = filter
  return {
    breakdown: 'event:props:broken_down',
    attribution: TOUCHES[type] ?? 'first_touch',
    ...(type === 'step' && { attribution_step: Number(breakdown_attribution_value) + 1 }),
  }
}

async function funnelOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { rows } = await askingOf(
    clickhouse,
    vector,
    query,
  )(funnel, {
    ...funnelBody(vector, query),
    ...breakdownOf(query),
    limit: query.filter.breakdown_limit ?? 25,
  })
  const parts = [query.filter.breakdown ?? []].flat().length
  const steps = rows.map((row) => ({
    name: row.name,
    count: row.count,
    average_conversion_time: row.mean_s,
    median_conversion_time: row.median_s,
    ...(row.value !== undefined && {
      breakdown:
        row.value === '(other)'
          ? ['Other']
          : row.value === ''
            ? Array(parts).fill('')
            : row.value.split('|'),
    }),
  }))
  return parts === 0 ? steps : [...Map.groupBy(steps, (row) => String(row.breakdown)).values()]
}

async function actorsOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { funnel_step: step = 1, funnel_step_breakdown: value } = query.filter
  const { rows } = await askingOf(
    clickhouse,
    vector,
    query,
  )(funnelSessions, {
    ...{ ...funnelBody(vector, query), ...breakdownOf(query), limit: 1_000 },
    ...(step > 0 ? { step } : { step: -step - 1, outcome: 'dropped' as const }),
    ...(value !== undefined && value !== null && { value: broken([value].flat()) }),
  })
  const persons = await selectRows<{ visitor: string; person: string }>(
    clickhouse,
    "select distinct toString(visitor) as visitor, properties['person'] as person from events where site_id = {site:String}",
    { site: siteOf(vector) },
  )
  const nameOf = new Map(persons.map(({ visitor, person }) => [visitor, person]))
  return rows.map(({ visitor }) => ({ id: nameOf.get(visitor) }))
}

async function timesOf(clickhouse: ClickHouse, vector: Vector, query: VectorQuery) {
  const { funnel_from_step: from = 0, funnel_to_step: to, bin_count: bins } = query.filter
  const { rows, mean_s } = await askingOf(
    clickhouse,
    vector,
    query,
  )(funnelTimes, {
    ...{ ...funnelBody(vector, query), from_step: from + 1 },
    ...(to && { to_step: to + 1 }),
    ...(bins !== undefined && { bins: Math.min(Math.max(bins, 1), 90) }),
  })
  return {
    bins: rows.map(({ from_s, count }) => [from_s, count]),
    average_conversion_time: mean_s === null ? null : Number(Number(mean_s).toFixed(2)),
  }
}

function stepOf({ actions = [] }: Vector, { id, properties = [] }: Entity) {
  const action = actions.find((each) => each.id === id)
  const is = (event: string | null): Filter[] =>
    event === null ? [] : [['is', 'event:name', [typeOf(event)]]]
  const filters: Filter[] = action
    ? [
        [
          'or',
          (action.steps.length > 0 ? action.steps : [{ event: action.name }]).map((step) => [
            'and',
            [...is(step.event), ...propertyFilters(step.properties)],
          ]),
        ],
      ]
    : is(id === null ? null : String(id))
  const all = [...filters, ...propertyFilters(properties)]
  const any: Filter[] = [['is_not', 'event:name', ['']]]
  return { name: action?.name ?? String(id), filters: all.length > 0 ? all : any }
}

const COMPARISONS: Record<string, (name: string, values: readonly string[]) => Filter> = {
  exact: (name, values) => ['is', name, values],
  is_not: (name, values) => ['is_not', name, values],
  icontains: (name, values) => ['contains', name, values, { case_sensitive: false }],
  not_icontains: (name, values) => ['contains_not', name, values, { case_sensitive: false }],
  regex: (name, values) => ['matches', name, values],
  not_regex: (name, values) => ['matches_not', name, values],
  is_set: (name) => ['is_not', name, ['']],
  is_not_set: (name) => ['is', name, ['']],
  gt: (name, values) => ['gt', name, values.map(Number)],
  lt: (name, values) => ['lt', name, values.map(Number)],
}

function propertyFilters(properties: Properties = []): Filter[] {
  const filterOf = (each: Property | PropertyGroup): Filter => {
    if ('values' in each) return [each.type === 'AND' ? 'and' : 'or', each.values.map(filterOf)]
    const compare = COMPARISONS[each.operator ?? 'exact']
    if (!compare) throw new Error(`a property that ${each.operator}`)
    return compare(`event:props:${each.key}`, [each.value].flat().map(String))
  }
  if (Array.isArray(properties)) return properties.map(filterOf)
  if ('values' in properties && Array.isArray(properties.values))
    return properties.values.length > 0 ? [filterOf(properties as PropertyGroup)] : []
  return Object.entries(properties).map(([key, value]) => filterOf({ key, value: String(value) }))
}
