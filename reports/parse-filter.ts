import type { Filter, TextOperator } from '../contract/query.ts'
import { DIMENSIONS, dimensionOf, PROPERTY } from './dimensions.ts'
import { NUMBER_OPERATORS, TEXT_OPERATORS } from './filter.ts'
import { SEGMENT } from './plan.ts'
import { GOAL } from './plan-goals.ts'
import { QueryError } from './query-error.ts'

const MAX_DEPTH = 8
const MAX_VALUES = 200
const MAX_LEAVES = 100
/** Of a pattern: RE2 takes time in proportion to its length, and memory. */
const MAX_PATTERN = 500
const MAX_VALUE = 2_048
const MAX_STEPS = 10

/** Filters from outside, checked whole, or a QueryError naming the part at fault. */
export function parseFilters(value: unknown, part = 'filters'): Filter[] {
  const budget = { leaves: MAX_LEAVES }
  return list(value, part, { budget, depth: 0, isInside: false })
}

interface Place {
  readonly budget: { leaves: number }
  readonly depth: number
  /** Within `has_done` or `sequence`, which are not nested. */
  readonly isInside: boolean
}

function list(value: unknown, part: string, place: Place): Filter[] {
  if (!Array.isArray(value)) throw new QueryError(part, 'must be an array of filters.')
  return value.map((each, index) => one(each, `${part}[${index}]`, place))
}

function one(value: unknown, part: string, place: Place): Filter {
  if (place.depth > MAX_DEPTH) throw new QueryError(part, `may be nested ${MAX_DEPTH} deep.`)
  if (!Array.isArray(value))
    throw new QueryError(part, 'must be an array such as ["is", "event:page", ["/"]].')
  const [operator, subject, values, modifiers, ...rest] = value
  const deeper = { ...place, depth: place.depth + 1 }
  switch (operator) {
    case 'and':
    case 'or': {
      ends(value, 2, part)
      return [operator, list(subject, `${part}[1]`, deeper)]
    }
    case 'not':
      ends(value, 2, part)
      return ['not', one(subject, `${part}[1]`, deeper)]
    case 'has_done':
    case 'has_not_done': {
      ends(value, 3, part)
      if (place.isInside) throw new QueryError(part, 'may not stand inside has_done or sequence.')
      const inner = one(subject, `${part}[1]`, { ...deeper, isInside: true })
      return values === undefined
        ? [operator, inner]
        : [operator, inner, doneBy(values, `${part}[2]`)]
    }
    case 'sequence': {
      ends(value, 3, part)
      if (place.isInside) throw new QueryError(part, 'may not stand inside has_done or sequence.')
      const steps = list(subject, `${part}[1]`, { ...deeper, isInside: true })
      if (steps.length === 0 || steps.length > MAX_STEPS)
        throw new QueryError(`${part}[1]`, `must have 1 to ${MAX_STEPS} filters.`)
      return values === undefined
        ? ['sequence', steps]
        : ['sequence', steps, isNext(values, `${part}[2]`)]
    }
  }
  if (rest.length > 0) throw new QueryError(part, 'must have at most four elements.')
  const dimension = named(subject, `${part}[1]`)
  place.budget.leaves -= 1
  if (place.budget.leaves < 0)
    throw new QueryError(part, `is one too many: a query may have ${MAX_LEAVES}.`)
  const isNumber = NUMBER_OPERATORS.find((each) => each === operator)
  if (isNumber && dimension !== GOAL && dimension !== SEGMENT) {
    ends(value, 3, part)
    return [isNumber, dimension, numbers(values, `${part}[2]`)]
  }
  const isText = TEXT_OPERATORS.find((each) => each === operator)
  if (!isText)
    throw new QueryError(
      `${part}[0]`,
      `must be ${[...TEXT_OPERATORS, ...NUMBER_OPERATORS].join(', ')}, and, or, not, has_done, has_not_done, sequence.`,
    )
  const allowed = ALLOWED[dimension]
  if (allowed && !allowed.includes(isText))
    throw new QueryError(
      `${part}[0]`,
      `must be ${allowed.join(' or ')} with ${dimension}; put it in "not" for the others.`,
    )
  const texts = strings(values, `${part}[2]`, isText)
  return modifiers === undefined
    ? [isText, dimension, texts]
    : [isText, dimension, texts, folding(modifiers, `${part}[3]`)]
}

const ALLOWED: Readonly<Record<string, readonly TextOperator[]>> = {
  [GOAL]: ['is', 'contains'],
  [SEGMENT]: ['is'],
}

function named(name: unknown, part: string): string {
  if (typeof name === 'string' && (name === SEGMENT || dimensionOf(name))) return name
  throw new QueryError(
    part,
    `is not a dimension. Known: ${DIMENSIONS.map((each) => each.name).join(', ')}, ${PROPERTY}NAME, ${SEGMENT}.`,
  )
}

function ends(value: readonly unknown[], most: number, part: string): void {
  if (value.length > most) throw new QueryError(part, `must have at most ${most} elements.`)
}

function strings(value: unknown, part: string, operator: TextOperator): string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_VALUES
  if (!isList || !value.every((each) => typeof each === 'string' || typeof each === 'number'))
    throw new QueryError(part, `must be an array of 1 to ${MAX_VALUES} texts.`)
  const isPattern = operator.startsWith('matches')
  const most = isPattern ? MAX_PATTERN : MAX_VALUE
  return value.map((each, index) => {
    const text = String(each)
    if (text.length > most)
      throw new QueryError(`${part}[${index}]`, `must have at most ${most} characters.`)
    if (text === '' && !operator.startsWith('is'))
      throw new QueryError(`${part}[${index}]`, 'must not be empty: everything has that.')
    return text
  })
}

function numbers(value: unknown, part: string): number[] {
  const isOne =
    Array.isArray(value) &&
    value.length === 1 &&
    Number.isFinite(Number(value[0])) &&
    value[0] !== ''
  if (!isOne || typeof value[0] === 'boolean' || value[0] === null)
    throw new QueryError(part, 'must be an array of one number.')
  return [Number(value[0])]
}

function folding(value: unknown, part: string): { case_sensitive: boolean } {
  const isIt = isObject(value) && Object.keys(value).join() === 'case_sensitive'
  if (!isIt || typeof value.case_sensitive !== 'boolean')
    throw new QueryError(part, 'must be {"case_sensitive": true} or false.')
  return { case_sensitive: value.case_sensitive }
}

function doneBy(value: unknown, part: string): { by: 'visit' | 'visitor' } {
  const isIt = isObject(value) && Object.keys(value).join() === 'by'
  if (!isIt || (value.by !== 'visit' && value.by !== 'visitor'))
    throw new QueryError(part, 'must be {"by": "visit"} or {"by": "visitor"}.')
  return { by: value.by }
}

function isNext(value: unknown, part: string): { next: boolean } {
  const isIt = isObject(value) && Object.keys(value).join() === 'next'
  if (!isIt || typeof value.next !== 'boolean')
    throw new QueryError(part, 'must be {"next": true} or {"next": false}.')
  return { next: value.next }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
