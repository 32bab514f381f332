import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Filter } from '../contract/query.ts'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { type FunnelBody, funnel } from '../reports/questions/funnel.ts'
import { funnelSessions } from '../reports/questions/funnel-sessions.ts'
import { journeys } from '../reports/questions/journeys.ts'
import { retention } from '../reports/questions/retention.ts'
import { testClickHouse } from './databases.ts'
import { loadHistories } from './histories.ts'
import { asking } from './questions.ts'

// Histories with the numbers that PostHog's own tests assert; they are not part of the project.
const FILE = join(import.meta.dirname, '../../shared/vectors/behaviour.json')

type Asserted = Record<string, unknown>
interface Vector {
  readonly id: string
  readonly flags: readonly string[]
  readonly persons: readonly { distinct_ids: readonly string[]; properties?: Asserted }[]
  readonly events: readonly {
    event: string
    distinct_id: string
    timestamp: string
    properties?: Asserted
  }[]
  readonly actions?: readonly { id: number; steps: readonly { event: string }[] }[]
  readonly queries: readonly VectorQuery[]
  readonly expect: readonly { query: number; path: unknown[]; op: string; value: unknown }[]
}
interface VectorQuery {
  readonly kind: string
  readonly now: string
  readonly total_intervals?: number
  readonly order?: 'ordered' | 'strict' | 'unordered'
  readonly filter: {
    readonly events?: readonly Entity[]
    readonly actions?: readonly Entity[]
    readonly period?: string
    readonly properties?: Properties
    readonly date_from?: string
    readonly date_to?: string
    readonly funnel_window_days?: number
    readonly breakdown?: readonly string[]
    readonly breakdown_attribution_type?: string
    readonly funnel_step?: number
    readonly funnel_step_breakdown?: string | readonly string[]
  }
}
type Properties = readonly Property[] | Readonly<Record<string, string>> | PropertyGroup
interface Property {
  readonly key: string
  readonly operator?: string
  readonly value: string
}
interface PropertyGroup {
  readonly type: 'AND' | 'OR'
  readonly values: readonly (Property | PropertyGroup)[]
}
interface Entity {
  readonly id: string | number
  readonly order: number
  readonly properties?: Properties
}

/** What our funnels do not have, or have otherwise. */
function whyNot({ flags, queries }: Vector): string | undefined {
  const filters = queries.map(({ filter }) => filter)
  const kind = queries[0]?.kind ?? ''
  if (!['funnel', 'retention', 'paths'].includes(kind)) return `there is no question like ${kind}`
  if (flags.includes('exclusions')) return 'a funnel has no exclusions'
  if (filters.some((each) => each.breakdown_attribution_type))
    return 'a breakdown has the value at the first step'
  if (
    kind === 'funnel' &&
    filters.some(({ events: steps = [], actions = [] }) => steps.length + actions.length < 2)
  )
    return 'a funnel has two steps at least'
  return undefined
}

const vectors: readonly Vector[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')).vectors ?? JSON.parse(readFileSync(FILE, 'utf8')).cases)
  : []

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

describe.skipIf(vectors.length === 0)(
  'PostHog’s own cases (skipped where the file of vectors is not)',
  () => {
    it.for(vectors.map((each) => [each.id, each] as const))('%s', async ([, vector], { skip }) => {
      const reason = whyNot(vector)
      skip(reason !== undefined, reason)
      await load(vector)
      const answers = await Promise.all(vector.queries.map((query) => answerOf(vector, query)))
      for (const { query, path, op, value } of vector.expect) {
        const found = path.reduce(walk, sameGroups(answers[query], value))
        if (op === 'same_elements') expect(sorted(found)).toEqual(sorted(value))
        else expect(found, JSON.stringify(path)).toEqual(ours(value))
      }
    })
  },
)

const siteOf = ({ id }: Vector) => id.replaceAll(/\W/g, '-')
const typeOf = (event: string) => (event === '$pageview' ? 'pageview' : event)

async function load(vector: Vector) {
  const [{ filter } = { filter: {} as VectorQuery['filter'] }] = vector.queries
  const personOf = new Map(
    vector.persons.flatMap((person) => person.distinct_ids.map((id) => [id, person] as const)),
  )
  await loadHistories(
    clickhouse,
    siteOf(vector),
    vector.events.map(({ event, distinct_id, timestamp, properties }) => {
      const person = personOf.get(distinct_id)
      return {
        visitor: person?.distinct_ids[0] ?? distinct_id,
        at: timestamp,
        type: typeOf(event),
        // We have no properties of persons: each event has them.
        data: textOf({
          ...{ ...person?.properties, ...properties },
          person: `person:${person?.distinct_ids[0]}`,
        }),
        // What a query is broken down by stands where one of our dimensions is.
        path: pathOf(
          (filter.breakdown ?? []).map((key) => properties?.[key] ?? person?.properties?.[key]),
        ),
      }
    }),
  )
}

const textOf = (properties: Asserted) =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)]))

const pathOf = (values: readonly unknown[]) => `/${values.map((each) => each ?? '').join('|')}`

function answerOf(vector: Vector, query: VectorQuery) {
  if (query.kind === 'paths') return pathsOf(vector, query)
  return query.kind === 'retention' ? retentionOf(vector, query) : funnelOf(vector, query)
}

async function pathsOf(vector: Vector, { now }: VectorQuery) {
  const day = now.slice(0, 10)
  const { rows } = await asking(clickhouse, siteOf(vector))(journeys, {
    ...{ range: [day, day], of: 'events', steps: 5 },
  })
  return rows
    .filter((row) => row.target !== null)
    .map(({ step, source, target, visits }) => ({
      source: `${step + 1}_${source}`,
      target: `${step + 2}_${target}`,
      value: visits,
    }))
}

async function retentionOf(vector: Vector, { filter, now, total_intervals = 0 }: VectorQuery) {
  const period = (filter.period ?? 'Day').toLowerCase() as 'hour' | 'day' | 'week' | 'month'
  const to = filter.date_to ?? now
  const { rows } = await asking(clickhouse, siteOf(vector))(retention, {
    range: [
      Temporal.PlainDate.from(to.slice(0, 10))
        .subtract({
          [`${period === 'hour' ? 'day' : period}s`]: period === 'hour' ? 0 : total_intervals - 1,
        })
        .toString(),
      to.slice(0, 10),
    ],
    filters: propertyFilters(filter.properties),
    ...{ period, cohort: 'active', week_start: 'sunday', start: VIEWS, returning: VIEWS },
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
    values: row.slice(0, cohorts.length - index).map(({ visitors }) => ({ count: visitors })),
  }))
}

const VIEWS: Filter[] = [['is', 'event:name', ['pageview']]]
const hoursBefore = (at: string, hours: number) =>
  new Date(Date.parse(at) - hours * 3_600_000).toISOString().slice(0, 19)

async function funnelOf(vector: Vector, { kind, now, order, filter }: VectorQuery) {
  const body: FunnelBody = {
    range: [
      (filter.date_from ?? new Date(Date.parse(now) - 7 * 86_400_000).toISOString()).slice(0, 10),
      (filter.date_to ?? now).slice(0, 10),
    ],
    steps: [...(filter.events ?? []), ...(filter.actions ?? [])]
      .sort((a, b) => a.order - b.order)
      .map((entity) => stepOf(vector, entity)),
    order: order === 'unordered' ? 'any' : (order ?? 'ordered'),
    window_s: (filter.funnel_window_days ?? 14) * 86_400,
    ...(filter.breakdown && { breakdown: 'event:page' }),
    filters: propertyFilters(filter.properties),
  }
  const ask = asking(clickhouse, siteOf(vector))
  if (kind === 'funnel_actors') {
    const value = filter.funnel_step_breakdown
    const { rows } = await ask(funnelSessions, {
      ...body,
      step: filter.funnel_step ?? 1,
      ...(value !== undefined && { value: pathOf([value].flat()) }),
    })
    const persons = await selectRows<{ visitor: string; person: string }>(
      clickhouse,
      "select distinct toString(visitor) as visitor, properties['person'] as person from events where site_id = {site:String}",
      { site: siteOf(vector) },
    )
    const nameOf = new Map(persons.map(({ visitor, person }) => [visitor, person]))
    return rows.map(({ visitor }) => ({ id: nameOf.get(visitor) }))
  }
  const { rows } = await ask(funnel, body)
  const steps = rows.map((row) => ({
    name: row.name,
    count: row.count,
    average_conversion_time: row.mean_s,
    median_conversion_time: row.median_s,
    ...(row.value !== undefined && { breakdown: row.value.slice(1).split('|') }),
  }))
  if (!filter.breakdown) return steps
  return [...Map.groupBy(steps, ({ breakdown }) => String(breakdown)).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group)
}

function stepOf({ actions = [] }: Vector, { id, properties = [] }: Entity) {
  const action = actions.find((each) => each.id === id)
  const name = typeof id === 'string' ? id : (action?.steps[0]?.event ?? '')
  const filters: Filter[] = [['is', 'event:name', [typeOf(name)]], ...propertyFilters(properties)]
  return { name, filters }
}

function propertyFilters(properties: Properties = []): Filter[] {
  const filterOf = (each: Property | PropertyGroup): Filter => {
    if ('values' in each) return [each.type === 'AND' ? 'and' : 'or', each.values.map(filterOf)]
    const name = `event:props:${each.key}`
    if (each.operator === undefined || each.operator === 'exact') return ['is', name, [each.value]]
    if (each.operator === 'icontains')
      return ['contains', name, [each.value], { case_sensitive: false }]
    throw new Error(`a property that ${each.operator}`)
  }
  if (Array.isArray(properties)) return properties.map(filterOf)
  if ('values' in properties && Array.isArray(properties.values))
    return [filterOf(properties as PropertyGroup)]
  return Object.entries(properties).map(([key, value]) => filterOf({ key, value: String(value) }))
}

function walk(at: unknown, step: unknown): unknown {
  const list = at as Asserted[] // the paths are the file's
  if (typeof step !== 'object' || step === null) return (at as Asserted)[String(step)]
  const [[name, inner] = []] = Object.entries(step)
  if (name === '$length') return list.length
  if (name === '$map') return list.map((each) => (inner as unknown[]).reduce(walk, each))
  // Groups are sorted as they come; the file sorts by the same value.
  if (name === '$sorted_by') return list
  throw new Error(`a path with ${name}`)
}

/** Groups of one size have no order: that of the asserted value alone, where it names one. */
function sameGroups(answer: unknown, value: unknown): unknown {
  const [asserted] = (Array.isArray(value) ? ours(value) : []) as { breakdown?: string[] }[]
  if (!Array.isArray(answer) || !asserted?.breakdown) return answer
  const group = answer.find(([step]) => String(step.breakdown) === String(asserted.breakdown))
  return answer.map(() => group)
}

const sorted = (list: unknown) => [...(list as string[])].sort()

/** What our rows say of an asserted step. */
function ours(value: unknown): unknown {
  if (!Array.isArray(value) || value[0]?.name === undefined) return value
  return value.map(
    ({ name, count, average_conversion_time, median_conversion_time, breakdown }) => ({
      ...{ name, count, average_conversion_time, median_conversion_time },
      ...(breakdown && { breakdown: [breakdown].flat().map(String) }),
    }),
  )
}
