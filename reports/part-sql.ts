import { STRETCH_MS } from '../contract/first-of.ts'
import type { Filter } from '../contract/query.ts'
import { type Dimension, dimensionOf, type Fact } from './dimensions.ts'
import { firstsFor } from './fewer-rows.ts'
import { factsOf, filterCondition, IS_ACT, namesIn, population } from './filter.ts'
import type { Goal } from './goal.ts'
import { mapLeaves } from './leaves.ts'
import type { AggregateContext, Metric } from './metrics.ts'
import type { Part } from './parts.ts'
import type { Plan } from './plan.ts'
import { currenciesOf, GOAL } from './plan-goals.ts'
import { rowsFrom } from './rows.ts'
import { beganInRange, IN_RANGE, type ScopedSql } from './scope.ts'

/** An aggregate that a statement needs, by the name it has there. */
export interface Column {
  readonly name: string
  readonly part: Part
  readonly aggregate: Metric['of'][number][1]
  readonly needsFirst: boolean
}

/** One part: `d0…` and `c0…`; of other parts among `beside`, null. */
export function partSql(
  sql: ScopedSql,
  plan: Plan,
  part: Part,
  columns: readonly Column[],
  keys: readonly string[],
  beside: readonly Part[],
): string {
  const own = columns.filter((column) => column.part === part)
  const context = contextOf(sql, plan, part, keys)
  const aggregates = columns
    .filter((column) => beside.includes(column.part))
    .map(
      (column) => `${column.part === part ? column.aggregate(context) : 'null'} as ${column.name}`,
    )
  const needsFirst = own.some((column) => column.needsFirst)
  switch (part) {
    case 'sums':
      return sumsSql(sql, plan, keys, aggregates)
    case 'visits':
    case 'exits':
    case 'ends':
    case 'stays':
      return visitsSql(sql, plan, part, keys, aggregates)
    case 'views':
      return viewsSql(sql, plan, keys, aggregates)
    default:
      return eventsSql(sql, plan, part, keys, aggregates, needsFirst)
  }
}

function eventsSql(
  sql: ScopedSql,
  plan: Plan,
  part: Part,
  keys: readonly string[],
  aggregates: readonly string[],
  needsFirst: boolean,
): string {
  const filters = filtersOfEvents(plan, part)
  const dimensions = dimensionsOf(plan, part)
  const asked = dimensions.filter(({ key }) => keys.includes(key))
  const facts = factsIn(
    dimensions.map(({ dimension }) => dimension),
    filters,
    needsFirst,
  )
  const selected = asked.map(({ key, dimension }) => `${rowOf(sql, plan, dimension)} as ${key}`)
  const isPresent = ({ isEmptyAbsent, name }: Dimension) =>
    isEmptyAbsent && name !== GOAL && part !== 'base' && part !== 'all'
  const present = dimensions.flatMap(({ dimension }) =>
    isPresent(dimension) ? [`${dimension.row(sql)} != ''`] : [],
  )
  const firsts = firstsFor(
    part,
    dimensions.flatMap(({ dimension, key }) =>
      keys.includes(key) || isPresent(dimension) ? [dimension.name] : [],
    ),
    filters,
  )
  const reach =
    part === 'now'
      ? (...conditions: readonly string[]) => sql.recent(plan.nowMs, 5, ...conditions)
      : 'events'
  const rows = rowsFrom(
    sql,
    reach,
    facts,
    ...(firsts ? [sql.firsts(firsts)] : []),
    population(plan.dimensions, plan.filters),
    ...filters.map((filter) => filterCondition(filter, sql)),
    ...present,
    ...(part === 'readings' ? ["event_type = 'engagement'"] : []),
  )
  return `select ${[...selected, ...aggregates].join(', ')}\n${rows}${groupBy(keys)}`
}

function filtersOfEvents({ filters, baseFilters }: Plan, part: Part): readonly Filter[] {
  switch (part) {
    case 'base':
    case 'group':
    case 'all':
      return baseFilters
    case 'pages':
      // It asks which pages; their views are of all visits.
      return filters.filter(([, name]) => name !== 'visit:exit_page')
    case 'readings':
      // They are of one type of event, whatever is asked of the others.
      return filters.filter(([, name]) => name !== 'event:name')
    default:
      return filters
  }
}

function visitsSql(
  sql: ScopedSql,
  plan: Plan,
  part: Part,
  keys: readonly string[],
  aggregates: readonly string[],
): string {
  const dimensions = dimensionsOf(plan, part)
  const filters = filtersOf(plan, part)
  const { constant, varying } = splitFilters(sql, plan, filters)
  const facts = factsIn(
    dimensions.map(({ dimension }) => dimension),
    filters,
    false,
  )
  const isSpan = part === 'ends' || part === 'stays'
  const selected = dimensions.flatMap(({ key, dimension }) =>
    isSpan && dimension.at ? [] : [`${dimension.visit?.(sql) ?? "''"} as ${key}`],
  )
  const visits = isSpan
    ? `select ${[...selected, ...VISIT_COLUMNS, ...SPAN_COLUMNS].join(', ')}
  ${rowsFrom(sql, 'eventsAround', facts, ...constant)}
  group by session
  having began_ms < {to:Int64} and ended_ms >= {from:Int64} and countIf(${[IN_RANGE, ...varying].join(' and ')}) > 0`
    : `select ${[...selected, ...VISIT_COLUMNS].join(', ')}
  ${rowsFrom(sql, 'eventsOfVisits', facts, ...constant)}
  group by session${having(varying)}`
  return `select ${[...keys, ...aggregates].join(', ')}
from (
  ${isSpan ? inBuckets(sql, part, visits, dimensions) : visits}
)${presentIn(dimensions)}${groupBy(keys)}`
}

/** Visits with the buckets of the range that they end in (one row each) or go on in. */
function inBuckets(
  sql: ScopedSql,
  part: 'ends' | 'stays',
  visits: string,
  dimensions: readonly PlannedDimension[],
): string {
  const times = dimensions.flatMap(({ key, dimension: { at, grain } }) =>
    at ? [{ key, at, grain }] : [],
  )
  if (times.length === 0) return visits
  // Hours of every zone, and what is longer, begin with a quarter of one.
  const stepMs = times.some(({ grain }) => grain === 'minute') ? 60_000 : STRETCH_MS
  const last = 'least(ended_ms, {to:Int64} - 1)'
  const ms =
    part === 'ends'
      ? last
      : `arrayJoin(range(intDiv(greatest(began_ms, {from:Int64}), ${stepMs}), intDiv(${last}, ${stepMs}) + 1)) * ${stepMs}`
  const labels = times.map(({ key, at }) => `${at('bucket_at', sql)} as ${key}`)
  return `select *, fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC') as bucket_at, ${labels.join(', ')}
from (
  ${visits}
)`
}

/** Visits that are nowhere put together: each row with what it adds. */
function sumsSql(
  sql: ScopedSql,
  plan: Plan,
  keys: readonly string[],
  aggregates: readonly string[],
): string {
  const dimensions = dimensionsOf(plan, 'sums')
  const filters = filtersOf(plan, 'sums')
  const facts = factsIn(
    dimensions.map(({ dimension }) => dimension),
    filters,
    false,
  )
  const constant = ({ start, row }: Dimension) => (start ?? row)(sql)
  const selected = dimensions.flatMap(({ key, dimension }) =>
    keys.includes(key) ? [`${constant(dimension)} as ${key}`] : [],
  )
  const present = dimensions.flatMap(({ dimension }) =>
    dimension.isEmptyAbsent ? [`${constant(dimension)} != ''`] : [],
  )
  const rows = rowsFrom(
    sql,
    'eventsOfVisits',
    facts,
    population(plan.dimensions, plan.filters),
    ...filters.map((filter) => filterCondition(filter, sql)),
    ...present,
  )
  return `select ${[...selected, ...aggregates].join(', ')}\n${rows}${groupBy(keys)}`
}

/** What a visit is known by, whichever metric asks; the engine leaves out what none does. */
const VISIT_COLUMNS = [
  "countIf(event_type = 'pageview') as pageviews",
  'max(is_engaging) as is_engaged',
  "dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms",
  'sum(engaged_ms) as engaged_ms_of_visit',
  `countIf(${IS_ACT} and properties['interactive'] != 'false') as acts`,
  `if(countIf(${IS_ACT}) = 0, 0, dateDiff('millisecond', minIf(occurred_at, ${IS_ACT}), maxIf(occurred_at, ${IS_ACT}))) as acting_ms`,
]

/** From its first act to its last, and who it is of. */
const SPAN_COLUMNS = [
  'session as of_session',
  'any(visitor) as of_visitor',
  `toUnixTimestamp64Milli(minIf(occurred_at, ${IS_ACT})) as began_ms`,
  `toUnixTimestamp64Milli(maxIf(occurred_at, ${IS_ACT})) as ended_ms`,
]

function viewsSql(
  sql: ScopedSql,
  plan: Plan,
  keys: readonly string[],
  aggregates: readonly string[],
): string {
  const dimensions = dimensionsOf(plan, 'views')
  const filters = filtersOf(plan, 'views')
  const { constant, varying } = splitFilters(sql, plan, filters)
  const facts = factsIn(
    dimensions.map(({ dimension }) => dimension),
    plan.filters,
    false,
  )
  const isShown = `event_type = 'pageview' and ${IN_RANGE}`
  const selected = dimensions.map(
    ({ key, dimension }) => `anyIf(${dimension.row(sql)}, ${isShown}) as ${key}`,
  )
  const rows = rowsFrom(
    sql,
    'eventsOfViews',
    facts,
    ...constant,
    'view != 0',
    "event_type in ('pageview', 'engagement')",
  )
  return `select ${[...keys, ...aggregates].join(', ')}
from (
  select ${[...selected, ...VIEW_COLUMNS].join(', ')}
  ${rows}
  group by view${having([isShown, ...varying])}
)${presentIn(dimensions)}${groupBy(keys)}`
}

const VIEW_COLUMNS = [
  'max(scroll_depth) as depth',
  'max(fits_window) as is_short',
  'sum(visible_ms) as seen_ms',
  'any(session) as of_session',
  "countIf(event_type = 'engagement') > 0 as is_measured",
]

const ENTRY = 'visit:entry_page'

/** Where a visit is of the page it began or ended on, so are the filters by page. */
function filtersOf({ dimensions, filters }: Plan, part: Part): readonly Filter[] {
  const page = { visits: ENTRY, sums: ENTRY, ends: ENTRY, stays: ENTRY, exits: 'visit:exit_page' }[
    part as string
  ]
  if (!page || !dimensions.includes('event:page')) return filters
  return filters.map((filter) =>
    mapLeaves(
      filter,
      (leaf) => (leaf[1] === 'event:page' ? (leaf.with(1, page) as unknown as Filter) : leaf), // the same, but for the name
      false,
    ),
  )
}

/** Conditions that are the same for all rows of a visit, and those that one of its rows must meet. */
function splitFilters(sql: ScopedSql, plan: Plan, filters: readonly Filter[]) {
  const isConstant = (names: readonly string[]) =>
    names.every((name) => dimensionOf(name)?.of === 'visit')
  const constant = filters.filter((filter) => isConstant(namesIn(filter, false)))
  const varying = filters.filter((filter) => !constant.includes(filter))
  return {
    constant: [
      population(plan.dimensions, plan.filters),
      ...constant.map((filter) => filterCondition(filter, sql)),
    ],
    varying: varying.map((filter) => filterCondition(filter, sql)),
  }
}

const having = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `\n  having countIf(${conditions.join(' and ')}) > 0`

const presentIn = (dimensions: readonly PlannedDimension[]) => {
  const present = dimensions.filter(({ dimension }) => dimension.isEmptyAbsent)
  return present.length === 0
    ? ''
    : `\nwhere ${present.map(({ key }) => `${key} != ''`).join(' and ')}`
}

export const groupBy = (keys: readonly string[]) =>
  keys.length === 0 ? '' : `\ngroup by ${keys.join(', ')}`

interface PlannedDimension {
  readonly key: string
  readonly dimension: Dimension
}

/** The plan's dimensions as a part sees them. */
function dimensionsOf(plan: Plan, part: Part): readonly PlannedDimension[] {
  const swap: Record<string, string> =
    part === 'exits'
      ? { 'event:page': 'visit:exit_page' }
      : part === 'pages'
        ? { 'visit:exit_page': 'event:page' }
        : part === 'sums'
          ? { 'event:page': ENTRY }
          : {}
  return plan.dimensions.map((name, index) => {
    const dimension = dimensionOf(swap[name] ?? name)
    if (!dimension) throw new Error(`no dimension ${name}, but it passed the parser`)
    return { key: `d${index}`, dimension }
  })
}

function factsIn(
  dimensions: readonly Dimension[],
  filters: Plan['filters'],
  needsFirst: boolean,
): ReadonlySet<Fact> {
  const facts = new Set(factsOf([], filters))
  for (const { needs } of dimensions) if (needs) facts.add(needs)
  if (needsFirst) facts.add('first')
  return facts
}

/** The value of a row; of goals, one row for each that it reached. */
function rowOf(sql: ScopedSql, plan: Plan, dimension: Dimension): string {
  if (dimension.name !== GOAL) return dimension.row(sql)
  const names = sql.bind(
    'Array(String)',
    plan.goals.map(({ name }) => name),
  )
  return `arrayJoin(arrayFilter((name, is_reached) -> is_reached, ${names}, ${reachedOf(sql, plan)}))`
}

const reachedOf = (sql: ScopedSql, plan: Plan) =>
  `[${plan.goals.map(({ reached }) => filterCondition(reached, sql)).join(', ')}]`

function contextOf(
  sql: ScopedSql,
  plan: Plan,
  part: Part,
  keys: readonly string[],
): AggregateContext {
  const times = dimensionsOf(plan, part).flatMap(({ key, dimension }) =>
    keys.includes(key) && dimension.bucket ? [dimension.bucket] : [],
  )
  const beganHere = (at: string) =>
    [
      beganInRange(at),
      ...times.map((bucket) => `${bucket(at, sql)} = ${bucket('occurred_at', sql)}`),
    ].join(' and ')
  const goal = `d${plan.dimensions.indexOf(GOAL)}`
  const ofGoals = <T>(type: string, of: (goal: Goal) => T) =>
    sql.bind(`Array(${type})`, plan.goals.map(of))
  const names = () => ofGoals('String', ({ name }) => name)
  return {
    startsHere: beganHere('session_started_at'),
    isNewHere: `(${beganHere('first_started_at')})`,
    get goalValue() {
      const values = ofGoals('Float64', ({ value }) => value)
      return keys.includes(goal)
        ? `transform(${goal}, ${names()}, ${values}, 0.)`
        : `arraySum(arrayMap((is_reached, value) -> if(is_reached, value, 0), ${reachedOf(sql, plan)}, ${values}))`
    },
    get goalMoney() {
      if (currenciesOf(plan.goals).size <= 1 || keys.includes(goal)) return '1'
      const currencies = ofGoals('String', ({ currency = '' }) => currency)
      const values = ofGoals('Float64', ({ value }) => value)
      return `uniqExactArray(arrayFilter((currency, is_reached, value) -> is_reached and value > 0 and currency != '', ${currencies}, ${reachedOf(sql, plan)}, ${values}))`
    },
    get goalCurrencies() {
      const currencies = ofGoals('String', ({ currency = '' }) => currency)
      return keys.includes(goal)
        ? `[transform(${goal}, ${names()}, ${currencies}, '')]`
        : currencies
    },
  }
}
