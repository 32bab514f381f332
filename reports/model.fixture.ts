// What an answer is to hold, told plainly over rows in memory: the definitions
// of metrics and dimensions once more, without SQL and without a thought of cost.

import { AUTOMATIC_TYPES } from '../contract/event-types.ts'
import type { Filter, Query } from '../contract/query.ts'

export interface ModelRow {
  readonly site_id: string
  readonly at: number
  readonly visitor: string
  readonly session: string
  readonly startedAt: number
  readonly id: string
  readonly type: string
  readonly isBot: boolean
  readonly isEngaging: boolean
  readonly view: string
  readonly path: string
  readonly host: string
  readonly title: string
  readonly entryPage: string
  readonly source: string
  readonly country: string
  readonly browser: string
  readonly visibleMs: number
  readonly engagedMs: number
  readonly depth: number
  readonly fitsWindow: boolean
  readonly revenue: number
  readonly currency: string
  readonly properties: Readonly<Record<string, string>>
}

export interface ModelGoal {
  readonly name: string
  readonly value: number
  readonly reached: (row: ModelRow) => boolean
}

export interface ModelContext {
  readonly from: number
  readonly to: number
  readonly now: number
  readonly timezone: string
  readonly goals: readonly ModelGoal[]
}

type Values = Readonly<Record<string, number | null>>

/** Metrics by the JSON of the dimensions' values, and over the whole set. */
export function modelAnswer(
  all: readonly ModelRow[],
  query: Query,
  context: ModelContext,
): {
  rows: ReadonlyMap<string, Values>
  totals: Values
  /** Of any key, whether it has a row or not. */
  at: (key: string) => Values
} {
  const world = worldOf(all, query, context)
  const { dimensions = [] } = query
  const keys = new Set(world.parts.flatMap((part) => part.items.flatMap((item) => item.keys)))
  const values = (key: string | undefined) =>
    Object.fromEntries(query.metrics.map((metric) => [metric, metricOver(metric, world, key)]))
  return {
    rows: new Map(dimensions.length === 0 ? [] : [...keys].map((key) => [key, values(key)])),
    totals: values(undefined),
    at: values,
  }
}

interface Visit {
  readonly rows: readonly ModelRow[]
  readonly first: ModelRow
}
interface Item {
  readonly keys: readonly string[]
}
interface EventItem extends Item {
  readonly row: ModelRow
}
interface VisitItem extends Item {
  readonly visit: Visit
}
interface ViewItem extends Item {
  readonly rows: readonly ModelRow[]
}

interface World {
  readonly query: Query
  readonly context: ModelContext
  readonly events: readonly EventItem[]
  readonly visits: readonly VisitItem[]
  readonly exits: readonly VisitItem[]
  /** Visits that went on in the range, where they ended, and in every bucket that they went on in. */
  readonly ends: readonly VisitItem[]
  readonly stays: readonly VisitItem[]
  readonly views: readonly ViewItem[]
  /** Where the exit page of a visit is the page of the event. */
  readonly pages: readonly EventItem[]
  /** What the events tell of how pages are read. */
  readonly readings: readonly EventItem[]
  readonly base: readonly ModelRow[]
  readonly keysOf: (row: ModelRow) => readonly string[]
  readonly valueOf: (name: string, row: ModelRow) => string
  /** Whether it has all dimensions but the goal. */
  readonly isInGroup: (row: ModelRow) => boolean
  /** Those that make groups: of the metrics that were asked for. */
  readonly parts: readonly { items: readonly Item[] }[]
  readonly firstOf: (visitor: string) => number
  readonly now: readonly EventItem[]
}

const VISIT_METRIC = /^(bounce_rate|single_page_rate|visit_duration|engaged_time)/
const VIEW_METRIC = /^(time_on_page|scroll_)/
const READING_METRIC = /^plausible_(time_on_page|scroll_depth)/
const END_METRIC = /^plausible_(bounce_rate|visit_duration|views_per_visit)|_ended$/
const STAY_METRIC = /_present$/

function worldOf(everything: readonly ModelRow[], query: Query, context: ModelContext): World {
  const { from, to, now } = context
  const { dimensions = [], filters = [] } = query
  const all = everything.filter((row) => !row.isBot)
  const inRange = (at: number) => at >= from && at < to
  const visits = [...Map.groupBy(all, ({ session }) => session).values()].map((rows) => {
    const sorted = rows.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    return { rows: sorted, first: sorted[0] as ModelRow } // a group has a row
  })
  const visitOf = new Map(visits.map(({ rows, first }) => [first.session, rows]))
  const exitOf = new Map(
    visits.map(({ rows, first }) => [
      first.session,
      rows.findLast(({ type }) => type === 'pageview')?.path ?? '',
    ]),
  )
  const firstOf = (visitor: string) =>
    Math.min(
      ...all.filter((row) => row.visitor === visitor && row.at < to).map((row) => row.startedAt),
    )
  const viewRows = Map.groupBy(all, ({ view }) => view)
  const valueAt = (name: string, row: ModelRow, at: number): string => {
    if (name.startsWith('time:')) return bucketOf(name.slice(5), at, context.timezone)
    if (name.startsWith('event:props:')) return row.properties[name.slice(12)] ?? ''
    switch (name) {
      case 'event:page':
        return row.path
      case 'event:hostname':
        return row.host
      case 'event:title':
        return row.title
      case 'event:name':
        return row.type
      case 'event:form':
        return row.type.startsWith('form_') ? (row.properties.form ?? '') : ''
      case 'event:field':
        return row.type.startsWith('form_') ? (row.properties.field ?? '') : ''
      case 'event:download':
        return row.type === 'file_download' ? (row.properties.url ?? '') : ''
      case 'event:outbound_link':
        return row.type === 'outbound_link' ? (row.properties.url ?? '') : ''
      case 'event:currency':
        return row.currency
      case 'event:scroll_depth':
        return String(
          row.view === '0'
            ? 0
            : Math.max(...(viewRows.get(row.view) ?? []).map(({ depth }) => depth)),
        )
      case 'visit:entry_page':
        return row.entryPage
      case 'visit:exit_page':
        return exitOf.get(row.session) ?? ''
      case 'visit:entry_hostname':
      case 'visit:exit_hostname': {
        const views = (visitOf.get(row.session) ?? []).filter(({ type }) => type === 'pageview')
        return views.at(name === 'visit:entry_hostname' ? 0 : -1)?.host ?? ''
      }
      case 'visit:source':
        return row.source
      case 'visit:country':
        return row.country
      case 'visit:browser':
        return row.browser
      case 'visit:visitor_type':
        return row.startedAt === firstOf(row.visitor) ? 'new' : 'returning'
    }
    throw new Error(`the model knows no ${name}`)
  }
  const passes = (filter: Filter, row: ModelRow): boolean => {
    switch (filter[0]) {
      case 'and':
        return filter[1].every((each) => passes(each, row))
      case 'or':
        return filter[1].some((each) => passes(each, row))
      case 'not':
        return !passes(filter[1], row)
      case 'has_done':
      case 'has_not_done': {
        const by = filter[2]?.by ?? 'visit'
        const isSame = (other: ModelRow) =>
          by === 'visit'
            ? other.session === row.session
            : other.visitor === row.visitor && inRange(other.at)
        const has = all.some((other) => isSame(other) && passes(filter[1], other))
        return has === (filter[0] === 'has_done')
      }
      case 'sequence': {
        const [, steps, { next = false } = {}] = filter
        const inOrder = all
          .filter(({ session }) => session === row.session)
          .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        let done = 0
        let following: ModelRow | undefined
        for (const event of inOrder) {
          const step = steps[done]
          if (step) done += Number(passes(step, event))
          else if (isAct(event)) following ??= event
        }
        return next ? following === row : done === steps.length
      }
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': {
        const text = valueAt(filter[1], row, row.at)
        const [number, limit] = [Number(text), Number(filter[2][0])]
        if (text === '' || Number.isNaN(number)) return false
        return {
          gt: number > limit,
          gte: number >= limit,
          lt: number < limit,
          lte: number <= limit,
        }[filter[0]]
      }
      default: {
        const [operator, name, values, modifiers] = filter
        if (name === 'event:goal')
          return context.goals.some((goal) => values.includes(goal.name) && goal.reached(row))
        const fold = (text: string) =>
          modifiers?.case_sensitive === false ? text.toLowerCase() : text
        const text = fold(valueAt(name, row, row.at))
        const found = values.map(fold).some((value) => {
          switch (operator.split('_')[0]) {
            case 'is':
              return text === value
            case 'contains':
              return text.includes(value)
            case 'starts':
              return text.startsWith(value)
            case 'ends':
              return text.endsWith(value)
            default:
              return new RegExp(value, 'u').test(text)
          }
        })
        return operator.endsWith('_not') ? !found : found
      }
    }
  }
  const passesAll = (row: ModelRow) => filters.every((filter) => passes(filter, row))
  const about = goalsAsked(query, context)
  const absent = (name: string, value: string) =>
    value === '' && !/^(event:props:|visit:(source|country|browser|visitor))/.test(name)
  /** One key, or with goals one for each; none where a dimension is absent. */
  const keysWith = (value: (name: string) => string, row?: ModelRow) => {
    const values = dimensions.map((name) => (name === 'event:goal' ? '' : value(name)))
    if (
      dimensions.some((name, index) => name !== 'event:goal' && absent(name, values[index] ?? ''))
    )
      return []
    const at = dimensions.indexOf('event:goal')
    if (at < 0) return [JSON.stringify(values)]
    const names = about.filter((goal) => row && goal.reached(row)).map(({ name }) => name)
    return names.map((name) => JSON.stringify(values.with(at, name)))
  }
  const keysOf = (row: ModelRow) => keysWith((name) => valueAt(name, row, row.at), row)
  const toEvents = (rows: readonly ModelRow[]): EventItem[] =>
    rows
      .filter(passesAll)
      .map((row) => ({ row, keys: keysOf(row) }))
      .filter(({ keys }) => keys.length > 0)
  const events = toEvents(all.filter((row) => inRange(row.at)))
  /** Of a visit that is of one page, a filter by page asks about that one. */
  const asked = (filter: Filter, page: string): Filter => {
    if (filter[0] === 'and' || filter[0] === 'or')
      return [filter[0], filter[1].map((each) => asked(each, page))]
    if (filter[0] === 'not') return ['not', asked(filter[1], page)]
    return filter[1] === 'event:page'
      ? ([filter[0], page, ...filter.slice(2)] as unknown as Filter)
      : filter
  }
  const isKept = ({ first, rows }: Visit, page: string) => {
    const own = dimensions.includes('event:page')
      ? filters.map((each) => asked(each, page))
      : filters
    return inRange(first.startedAt) && rows.some((row) => own.every((each) => passes(each, row)))
  }
  const visitItems = (isExit: boolean): VisitItem[] =>
    visits
      .filter((visit) => isKept(visit, isExit ? 'visit:exit_page' : 'visit:entry_page'))
      .map((visit) => ({
        visit,
        keys: keysWith((name) =>
          name === 'event:page' && isExit
            ? (exitOf.get(visit.first.session) ?? '')
            : name === 'event:page'
              ? visit.first.entryPage
              : valueAt(name, visit.first, visit.first.startedAt),
        ),
      }))
      .filter(({ keys }) => keys.length > 0)
  const spans = (isStay: boolean): VisitItem[] =>
    visits.flatMap((visit) => {
      const acts = actsOf(visit)
      const [began, ended] = [acts[0]?.at ?? to, acts.at(-1)?.at ?? to]
      const own = dimensions.includes('event:page')
        ? filters.map((each) => asked(each, 'visit:entry_page'))
        : filters
      const isIt = (row: ModelRow) => inRange(row.at) && own.every((each) => passes(each, row))
      if (began >= to || ended < from || !visit.rows.some(isIt)) return []
      const last = Math.min(ended, to - 1)
      const times = isStay ? quartersBetween(Math.max(began, from), last) : [last]
      const keys = times.flatMap((at) =>
        keysWith((name) =>
          name === 'event:page' ? visit.first.entryPage : valueAt(name, visit.first, at),
        ),
      )
      return keys.length > 0 ? [{ visit, keys: [...new Set(keys)] }] : []
    })
  const views = [...viewRows]
    .filter(([view]) => view !== '0')
    .flatMap(([, rows]): ViewItem[] => {
      const shown = rows.find((row) => row.type === 'pageview' && inRange(row.at))
      if (!shown || !passesAll(shown)) return []
      const keys = keysOf(shown)
      const seen = rows.filter((row) => row.at >= from && row.at < to + 25 * 3_600_000)
      return keys.length > 0 ? [{ rows: seen, keys }] : []
    })
  const isOfGoals = (filter: Filter): boolean =>
    filter[0] === 'and' || filter[0] === 'or'
      ? filter[1].every(isOfGoals)
      : filter[0] === 'not'
        ? isOfGoals(filter[1])
        : /^event:(goal$|props:)/.test(String(filter[1])) // of others, which have no name there, not
  const lessen = (list: readonly Filter[]): readonly Filter[] =>
    list
      .filter((filter) => !isOfGoals(filter))
      .map((filter) => (filter[0] === 'and' ? ['and', lessen(filter[1])] : filter))
  const baseFilters = lessen(filters)
  const base = all.filter(
    (row) => inRange(row.at) && baseFilters.every((filter) => passes(filter, row)),
  )
  const needs = (test: (metric: string) => boolean) => query.metrics.some(test)
  const exits = visitItems(true)
  const ends = spans(false)
  const stays = spans(true)
  const plainVisits = visitItems(false)
  const pageOf = (name: string, row: ModelRow) =>
    name === 'visit:exit_page' ? row.path : valueAt(name, row, row.at)
  const ofPages = filters.filter(([, name]) => name !== 'visit:exit_page')
  const pages = all
    .filter((row) => inRange(row.at) && ofPages.every((filter) => passes(filter, row)))
    .map((row) => ({ row, keys: keysWith((name) => pageOf(name, row), row) }))
    .filter(({ keys }) => keys.length > 0)
  const ofReadings = filters.filter(([, name]) => name !== 'event:name')
  const readings = all
    .filter((row) => row.type === 'engagement' && inRange(row.at))
    .filter((row) => ofReadings.every((filter) => passes(filter, row)))
    .map((row) => ({ row, keys: keysOf(row) }))
    .filter(({ keys }) => keys.length > 0)
  const current = toEvents(all.filter((row) => row.at > now - 300_000 && row.at <= now + 60_000))
  return {
    query,
    context,
    events,
    pages,
    views,
    readings,
    exits,
    ends,
    stays,
    base,
    keysOf,
    valueOf: (name, row) => valueAt(name, row, row.at),
    isInGroup: (row) =>
      dimensions.every(
        (name) => name === 'event:goal' || !absent(name, valueAt(name, row, row.at)),
      ),
    firstOf,
    visits: plainVisits,
    parts: [
      ...(needs(
        (name) =>
          ![
            ...[VISIT_METRIC, VIEW_METRIC, READING_METRIC, END_METRIC, STAY_METRIC],
            /^exit|^current/,
          ].some((each) => each.test(name)),
      )
        ? [{ items: events }]
        : []),
      ...(needs((name) => VISIT_METRIC.test(name)) ? [{ items: plainVisits }] : []),
      ...(needs((name) => /^exit/.test(name)) ? [{ items: exits }] : []),
      ...(needs((name) => END_METRIC.test(name)) ? [{ items: ends }] : []),
      ...(needs((name) => STAY_METRIC.test(name)) ? [{ items: stays }] : []),
      ...(needs((name) => VIEW_METRIC.test(name)) ? [{ items: views }] : []),
      ...(needs((name) => READING_METRIC.test(name)) ? [{ items: readings }] : []),
      ...(needs((name) => name === 'current_visitors') ? [{ items: current }] : []),
    ],
    now: current,
  }
}

/** A page view, or an event of the site's own. */
const isAct = ({ type }: ModelRow) => !AUTOMATIC_TYPES.includes(type)
const actsOf = ({ rows }: Visit) => rows.filter(isAct)

function quartersBetween(from: number, to: number): readonly number[] {
  const quarter = 900_000
  const first = Math.floor(from / quarter)
  return Array.from(
    { length: Math.floor(to / quarter) - first + 1 },
    (_, at) => (first + at) * quarter,
  )
}

/** Those named, where nothing but goals passes; else all that what passes may have reached. */
function goalsAsked({ filters = [] }: Query, { goals }: ModelContext) {
  const flat = (filter: Filter): Filter[] =>
    filter[0] === 'and' ? filter[1].flatMap(flat) : [filter]
  const isOfGoal = (filter: Filter) => filter[0] === 'is' && filter[1] === 'event:goal'
  const isForGoals = (filter: Filter): boolean =>
    filter[0] === 'or' || filter[0] === 'and'
      ? filter[1].length > 0 &&
        (filter[0] === 'or' ? filter[1].every(isForGoals) : filter[1].some(isForGoals))
      : isOfGoal(filter)
  const named = (filter: Filter): readonly string[] =>
    filter[0] === 'or' || filter[0] === 'and'
      ? filter[1].flatMap(named)
      : filter[0] === 'is' && isOfGoal(filter)
        ? filter[2]
        : []
  const conditions = filters.flatMap(flat)
  const names = conditions.filter(isForGoals).flatMap(named)
  /** What a filter may come to at a goal, whatever else is so. */
  const outcomes = (filter: Filter, goal: string): readonly boolean[] => {
    if (filter[0] === 'not') return outcomes(filter[1], goal).map((passes) => !passes)
    if (filter[0] === 'is' && isOfGoal(filter)) return [filter[2].includes(goal)]
    if (filter[0] !== 'or' && filter[0] !== 'and') return [true, false]
    return filter[1].reduce<readonly boolean[]>(
      (before, each) =>
        outcomes(each, goal).flatMap((one) =>
          before.map((other) => (filter[0] === 'or' ? one || other : one && other)),
        ),
      [filter[0] === 'and'],
    )
  }
  return goals.filter(
    ({ name }) =>
      (names.length === 0 || names.includes(name)) &&
      conditions.every((each) => isForGoals(each) || outcomes(each, name).includes(true)),
  )
}

function metricOver(metric: string, world: World, key: string | undefined): number | null {
  const { context, query } = world
  const here = <T extends Item>(items: readonly T[]) =>
    items.filter(({ keys }) => key === undefined || keys.includes(key))
  // An event that reached two goals is in two groups, and once in the whole.
  const rows = here(world.events).map(({ row }) => row)
  const distinct = (list: readonly string[]) => new Set(list).size
  const visitors = (list: readonly ModelRow[]) => distinct(list.map(({ visitor }) => visitor))
  const sessions = (list: readonly ModelRow[]) => distinct(list.map(({ session }) => session))
  const times = (query.dimensions ?? []).filter((name) => name.startsWith('time:'))
  const sameBucket = (one: number, other: number) =>
    key === undefined ||
    times.every(
      (name) =>
        bucketOf(name.slice(5), one, context.timezone) ===
        bucketOf(name.slice(5), other, context.timezone),
    )
  const began = (row: ModelRow, at: number) => at >= context.from && sameBucket(at, row.at)
  const views = rows.filter(({ type }) => type === 'pageview').length
  const visits = sessions(rows.filter((row) => began(row, row.startedAt)))
  const per = (some: number, all: number) => (all === 0 ? null : (100 * some) / all)
  const ofVisits = here(world.visits).map(({ visit }) => visit)
  const pageviews = ({ rows }: Visit) => rows.filter(({ type }) => type === 'pageview').length
  const ofViews = here(world.views).map(({ rows }) => rows)
  const measured = ofViews.filter((each) => each.some(({ type }) => type === 'engagement'))
  const depths = measured
    .filter((each) => !each.some(({ fitsWindow }) => fitsWindow))
    .map((each) => Math.max(...each.map(({ depth }) => depth)))
  const ofType = (...types: string[]) => rows.filter(({ type }) => types.includes(type))
  const vital = (name: string) =>
    ofType('web_vital').filter(({ properties }) => properties.name === name)
  const isNew = (row: ModelRow) => began(row, world.firstOf(row.visitor))
  /** Whom a rate is of: all in the same bucket of time, or with the same dimensions but the goal. */
  const others = (isGroup: boolean) =>
    world.base.filter((row) => {
      if (isGroup && !world.isInGroup(row)) return false
      if (key === undefined) return true
      const values = JSON.parse(key) as string[]
      return (query.dimensions ?? []).every((name, index) => {
        if (name === 'event:goal' || (!isGroup && !name.startsWith('time:'))) return true
        return world.valueOf(name, row) === values[index]
      })
    })
  const money = () =>
    distinct(rows.filter(({ currency }) => currency !== '').map(({ currency }) => currency)) <= 1
      ? rows.reduce((sum, { revenue }) => sum + revenue, 0)
      : null
  const [, name = '', suffix = ''] = /^(.*?)(_median|_p75|_p95)?$/.exec(metric) ?? []
  const spread = (values: readonly number[]) =>
    suffix === ''
      ? mean(values)
      : quantile(values, { _median: 0.5, _p75: 0.75, _p95: 0.95 }[suffix] ?? 0)
  const inSeconds = (ms: number | null) => (ms === null ? null : ms / 1_000)
  const [, percent] = /^scroll_reach_(\d+)$/.exec(metric) ?? []
  if (percent) return per(depths.filter((depth) => depth >= Number(percent)).length, depths.length)
  const [, vitalName = '', rating] = /^(lcp|inp|cls|fcp|ttfb)_(p75|good|poor)$/.exec(metric) ?? []
  if (rating) {
    const told = vital(vitalName.toUpperCase()).map(({ properties }) => properties)
    return rating === 'p75'
      ? quantile(
          told.map(({ value }) => Number(value)),
          0.75,
        )
      : per(told.filter((each) => each.rating === rating).length, told.length)
  }
  switch (name) {
    case 'visitors':
      return visitors(rows)
    case 'visits':
      return visits
    case 'pageviews':
      return views
    case 'events':
      return rows.length
    case 'views_per_visit':
      return visits === 0 ? null : views / visits
    case 'bounce_rate':
      return per(
        ofVisits.filter(
          (visit) => pageviews(visit) <= 1 && !visit.rows.some(({ isEngaging }) => isEngaging),
        ).length,
        ofVisits.length,
      )
    case 'single_page_rate':
      return per(ofVisits.filter((visit) => pageviews(visit) <= 1).length, ofVisits.length)
    case 'visit_duration':
      return inSeconds(spread(ofVisits.map(({ rows, first }) => (rows.at(-1)?.at ?? 0) - first.at)))
    case 'engaged_time':
      return inSeconds(
        spread(ofVisits.map(({ rows }) => rows.reduce((sum, row) => sum + row.engagedMs, 0))),
      )
    case 'time_on_page':
      return inSeconds(
        spread(measured.map((each) => each.reduce((sum, row) => sum + row.visibleMs, 0))),
      )
    case 'plausible_visits':
      return sessions(rows)
    case 'plausible_visitors_present':
      return distinct(here(world.stays).map(({ visit }) => visit.first.visitor))
    case 'plausible_visits_present':
      return here(world.stays).length
    case 'plausible_visitors_ended':
      return distinct(here(world.ends).map(({ visit }) => visit.first.visitor))
    case 'plausible_visits_ended':
      return here(world.ends).length
    case 'plausible_bounce_rate': {
      const ends = here(world.ends).map(({ visit }) => actsOf(visit))
      const isActive = ({ properties }: ModelRow) => properties.interactive !== 'false'
      return per(ends.filter((acts) => acts.filter(isActive).length <= 1).length, ends.length)
    }
    case 'plausible_visit_duration':
      return inSeconds(
        mean(
          here(world.ends).map(({ visit }) => {
            const acts = actsOf(visit)
            return (acts.at(-1)?.at ?? 0) - (acts[0]?.at ?? 0)
          }),
        ),
      )
    case 'plausible_views_per_visit':
      return mean(here(world.ends).map(({ visit }) => pageviews(visit)))
    case 'plausible_time_on_page': {
      const read = here(world.readings).map(({ row }) => row)
      const ms = read.reduce((sum, row) => sum + row.visibleMs, 0)
      return read.length === 0 ? null : ms / sessions(read) / 1_000
    }
    case 'plausible_scroll_depth': {
      const read = here(world.readings)
        .map(({ row }) => row)
        .filter(({ depth }) => depth > 0)
      const furthest = [...Map.groupBy(read, ({ session }) => session).values()].map((each) =>
        Math.max(...each.map(({ depth }) => depth)),
      )
      return mean(furthest)
    }
    case 'scroll_depth':
      return mean(depths)
    case 'exits':
      return here(world.exits).length
    case 'exit_rate':
      return per(
        here(world.exits).length,
        here(world.pages).filter(({ row }) => row.type === 'pageview').length,
      )
    case 'percentage':
      return per(visitors(rows), visitors(world.events.map(({ row }) => row)))
    case 'new_visitors':
      return visitors(rows.filter(isNew))
    case 'returning_visitors':
      return visitors(rows.filter((row) => !isNew(row)))
    case 'current_visitors':
      return visitors(here(world.now).map(({ row }) => row))
    case 'conversions':
      return rows.length
    case 'conversion_value':
      return rows.reduce(
        (sum, row) =>
          sum +
          goalsAsked(query, context)
            .filter(
              (goal) =>
                goal.reached(row) &&
                (key === undefined ||
                  !query.dimensions?.includes('event:goal') ||
                  JSON.parse(key).includes(goal.name)),
            )
            .reduce((of, { value }) => of + value, 0),
        0,
      )
    case 'plausible_cr':
      return per(visitors(rows), visitors(world.base))
    case 'plausible_group_cr':
    case 'group_visitor_cr':
      return per(visitors(rows), visitors(others(true)))
    case 'visitor_cr':
      return per(visitors(rows), visitors(others(false)))
    case 'group_session_cr':
      return per(sessions(rows), sessions(others(true)))
    case 'session_cr':
      return per(sessions(rows), sessions(others(false)))
    case 'total_revenue':
      return money()
    case 'average_revenue': {
      const paid = rows.filter(({ currency }) => currency !== '').length
      const sum = money()
      return paid === 0 || sum === null ? null : sum / paid
    }
    case 'errors':
      return ofType('js_error').length
    case 'rage_clicks':
      return ofType('rage_click').length
    case 'dead_clicks':
      return ofType('dead_click').length
    case 'friction_score':
      return views === 0
        ? null
        : (100 * ofType('js_error', 'rage_click', 'dead_click').length) / views
  }
  throw new Error(`the model knows no ${metric}`)
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** Between the two nearest, in proportion. */
function quantile(values: readonly number[], level: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * level
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low === undefined || high === undefined ? null : low + (high - low) * (place % 1)
}

function bucketOf(grain: string, at: number, timezone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timezone)
    .toPlainDateTime()
  const date = local.toPlainDate()
  switch (grain) {
    case 'minute':
      return `${date}T${local.toString().slice(11, 16)}:00`
    case 'hour':
      return `${date}T${local.toString().slice(11, 13)}:00:00`
    case 'day':
      return date.toString()
    case 'week':
      return date.subtract({ days: date.dayOfWeek - 1 }).toString()
    case 'month':
      return date.with({ day: 1 }).toString()
    case 'quarter':
      return date.with({ day: 1, month: date.month - ((date.month - 1) % 3) }).toString()
    case 'weekday':
      return String(date.dayOfWeek)
    case 'hour_of_day':
      return String(local.hour)
  }
  throw new Error(`the model knows no ${grain}`)
}
