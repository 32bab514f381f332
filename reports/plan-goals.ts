import type { Filter } from '../contract/query.ts'
import { PROPERTY } from './dimensions.ts'
import type { Goal, SiteNames } from './goal.ts'
import { type Leaf, leavesOf, mapLeaves } from './leaves.ts'
import type { Plan } from './plan.ts'
import { QueryError } from './query-error.ts'

export const GOAL = 'event:goal'

/** Those that the filters ask for; where none does, all of the site's that an event that passes may have reached. */
export function chooseGoals(plan: Plan, { goals }: SiteNames): Plan {
  const isAbout = plan.dimensions.includes(GOAL) || plan.filters.some(namesGoals)
  const conditions = plan.filters.flatMap(conjunctsOf)
  const named = conditions.filter(wantsGoal).flatMap((each) => namedIn(each))
  const others = conditions.filter((each) => !wantsGoal(each))
  const isAsked = (goal: Goal) =>
    (named.length === 0 || named.some((leaf) => matchesGoal(leaf, goal))) &&
    others.every((each) => passesAt(each, goal) !== false)
  return { ...plan, goals: isAbout ? goals.filter(isAsked) : [] }
}

const conjunctsOf = (filter: Filter): readonly Filter[] =>
  filter[0] === 'and' ? filter[1].flatMap(conjunctsOf) : [filter]

/** Conditions by goal that are to be met, not the contrary of them. */
function namedIn(filter: Filter, isMet = true): readonly Leaf[] {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return filter[1].flatMap((each) => namedIn(each, isMet))
    case 'not':
      return namedIn(filter[1], !isMet)
    case 'has_done':
    case 'has_not_done':
    case 'sequence':
      return []
    default:
      return isMet && filter[1] === GOAL ? [filter] : []
  }
}

/** Whether a filter asks for goals; one that the visit has reached elsewhere is not what is counted. */
const namesGoals = (filter: Filter): boolean => leavesOf(filter).some((leaf) => leaf[1] === GOAL)

/** Whether an event that reached the goal, and no other, passes; undefined: that depends on more than the goal. */
function passesAt(filter: Filter, goal: Goal): boolean | undefined {
  switch (filter[0]) {
    case 'and':
      return every(filter[1].map((each) => passesAt(each, goal)))
    case 'or':
      return not(every(filter[1].map((each) => not(passesAt(each, goal)))))
    case 'not':
      return not(passesAt(filter[1], goal))
    case 'has_done':
    case 'has_not_done':
    case 'sequence':
      return undefined
    default:
      return filter[1] === GOAL ? matchesGoal(filter, goal) : undefined
  }
}

const not = (passes: boolean | undefined) => (passes === undefined ? undefined : !passes)
const every = (list: readonly (boolean | undefined)[]) =>
  list.includes(false) ? false : list.includes(undefined) ? undefined : true

/** Whether nothing passes but events that reached a goal. */
function wantsGoal(filter: Filter): boolean {
  switch (filter[0]) {
    case 'and':
      return filter[1].some(wantsGoal)
    case 'or':
      return filter[1].length > 0 && filter[1].every(wantsGoal)
    default:
      return filter[1] === GOAL
  }
}

/** Whether a leaf by goals means this one. */
export function matchesGoal([operator, , values, modifiers]: Leaf, { name }: Goal): boolean {
  const fold = (text: string) =>
    (modifiers as { case_sensitive?: boolean } | undefined)?.case_sensitive === false
      ? text.toLowerCase()
      : text
  const has = (value: string | number) =>
    operator === 'is'
      ? fold(name) === fold(String(value))
      : fold(name).includes(fold(String(value)))
  return values.some(has)
}

/**
 * Goals and properties are what a rate's numerator has and its denominator has not. A segment, what was done
 * elsewhere in the visit, and a condition that has others beside them stay: they say whom the rate is of.
 */
export function leaveOutOfBase(plan: Plan): Plan {
  const baseOf = (filter: Filter): Filter[] => {
    if (isOfGoals(filter)) return []
    return filter[0] === 'and' ? [['and', filter[1].flatMap(baseOf)]] : [filter]
  }
  return { ...plan, baseFilters: plan.filters.flatMap(baseOf) }
}

function isOfGoals(filter: Filter): boolean {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return filter[1].every(isOfGoals)
    case 'not':
      return isOfGoals(filter[1])
    case 'has_done':
    case 'has_not_done':
    case 'sequence':
      return false
    default:
      return filter[1] === GOAL || filter[1].startsWith(PROPERTY)
  }
}

export function refuseOthersThanGoals(plan: Plan): Plan {
  const index = plan.metrics.findIndex(({ needs }) => needs === 'goal')
  const areGoals = plan.dimensions.includes(GOAL) || plan.filters.some(wantsGoal)
  if (index >= 0 && plan.goals.length > 0 && !areGoals)
    throw new QueryError(
      `metrics[${index}]`,
      `${plan.metrics[index]?.name} is of goals, and events without one pass the filters: add the dimension ${GOAL}, or a filter by ${GOAL} that all have to pass.`,
    )
  return plan
}

export function openGoals(plan: Plan, { goals }: SiteNames): Plan {
  const open = (filter: Filter): Filter =>
    mapLeaves(filter, (leaf) => {
      if (leaf[1] !== GOAL) return leaf
      const meant = goals.filter((goal) => matchesGoal(leaf, goal))
      if (meant.length === 0)
        throw new QueryError(
          'filters',
          `the site has no goal "${leaf[2].join('", "')}". ${known(goals.map(({ name }) => name))}`,
        )
      return ['or', meant.map(({ reached }) => reached)]
    })
  const filters = plan.filters.map(open)
  return {
    ...plan,
    baseFilters: plan.baseFilters.map(open),
    filters: plan.dimensions.includes(GOAL)
      ? [...filters, ['or', plan.goals.map(({ reached }) => reached)]]
      : filters,
  }
}

export function warnOfGoalsMoney(plan: Plan): Plan {
  const asks = plan.metrics.some(({ name }) => name === 'conversion_value')
  if (!asks || plan.dimensions.includes(GOAL) || currenciesOf(plan.goals).size <= 1) return plan
  const warning = `conversion_value: null where goals of several currencies were reached; group by ${GOAL}.`
  return { ...plan, warnings: [...plan.warnings, warning] }
}

/** What the goals that are worth something are worth it in. */
export const currenciesOf = (goals: readonly Goal[]): ReadonlySet<string> =>
  new Set(goals.flatMap(({ value, currency = '' }) => (value > 0 && currency ? [currency] : [])))

/** What a site has, for who asked for something else. */
export const known = (names: readonly string[]) =>
  names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has none.'
