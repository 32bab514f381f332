import type { Filter, TextOperator } from '../../contract/query.ts'
import { inspect, PlausibleError } from './plausible-error.ts'
import { type PlausibleDimension, plausibleDimension, valuesNamed } from './plausible-names.ts'

const OPERATORS = ['is', 'is_not', 'contains', 'contains_not', 'matches', 'matches_not']
const MAX_SEGMENTS = 10
const BEHAVIORAL = 'Invalid filters. Behavioral filters (has_done, has_not_done, sequence)'

interface Place {
  /** The filter of the request that it is part of. */
  readonly whole: unknown
  readonly at: string
  readonly isTop: boolean
  /** Within `has_done` or a step of `sequence`. */
  readonly isDone: boolean
  readonly isNegated: boolean
  readonly hasWildcards: boolean
}

/** Filters of Plausible's API in our language, or its own refusal. `hasWildcards`: with `matches_wildcard`, as its first API has. */
export function plausibleFilters(value: readonly unknown[], hasWildcards = false): Filter[] {
  const filters = value.map((each, index) => {
    const at = `#/filters/${index}`
    return filter(each, {
      whole: each,
      at,
      isTop: true,
      isDone: false,
      isNegated: false,
      hasWildcards,
    })
  })
  const segments = JSON.stringify(value).split('"segment"').length - 1
  if (segments > MAX_SEGMENTS)
    throw new PlausibleError(
      `Invalid filters. You can only use up to ${MAX_SEGMENTS} segment filters in a query.`,
    )
  return filters
}

function filter(value: unknown, place: Place): Filter {
  const invalid = () => new PlausibleError(`${place.at}: Invalid filter ${inspect(place.whole)}`)
  if (!Array.isArray(value)) throw invalid()
  const [verb, subject, given, modifiers] = value
  const isWild =
    place.hasWildcards && /^matches_wildcard(_not)?$/.test(String(verb)) && Array.isArray(given)
  const operator = isWild ? verb.replace('_wildcard', '') : verb
  const clauses = isWild ? given.map((each) => wildcard(String(each))) : given
  switch (operator) {
    case 'and':
    case 'or':
      if (value.length !== 2 || !Array.isArray(subject) || subject.length === 0) throw invalid()
      return [
        operator,
        subject.map((each) => filter(each, { ...place, isTop: place.isTop && operator === 'and' })),
      ]
    case 'not':
      if (value.length !== 2 || !isFilled(subject)) throw invalid()
      return ['not', filter(subject, { ...place, isTop: false, isNegated: true })]
    case 'has_done':
    case 'has_not_done':
      if (value.length !== 2 || !isFilled(subject)) throw invalid()
      if (place.isDone) throw new PlausibleError(`${BEHAVIORAL} cannot be nested.`)
      return [operator, filter(subject, { ...place, isDone: true })]
    case 'sequence':
      if (value.length !== 2 || !isFilled(subject)) throw invalid()
      if (place.isDone) throw new PlausibleError(`${BEHAVIORAL} cannot be nested.`)
      if (place.isNegated)
        throw new PlausibleError('Invalid filters. sequence filters cannot be wrapped in not.')
      return ['sequence', subject.map((each: unknown) => filter(each, { ...place, isDone: true }))]
  }
  const isSegment = subject === 'segment'
  const dimension = isSegment ? { name: 'segment' } : plausibleDimension(subject)
  const isLeaf =
    OPERATORS.includes(operator) &&
    dimension &&
    !dimension.name.startsWith('time') &&
    Array.isArray(clauses) &&
    clauses.length > 0 &&
    clauses.every((each) => typeof each === 'string' || typeof each === 'number') &&
    value.length <= 4 &&
    (value.length === 3 || (isModifier(modifiers) && !operator.startsWith('matches'))) &&
    (!isSegment || operator === 'is') &&
    (subject !== 'event:goal' || operator === 'is' || operator === 'contains')
  if (!isLeaf) throw invalid()
  const isNumbers = clauses.some((each) => typeof each === 'number')
  if (isSegment ? !clauses.every(Number.isInteger) : isNumbers && subject !== 'visit:city')
    throw new PlausibleError(`Invalid filter '${inspect(value)}'.`)
  if (place.isDone && String(subject).startsWith('visit:'))
    throw new PlausibleError(`${BEHAVIORAL} can only be used with event dimension filters.`)
  if (!place.isTop && !place.isDone && (subject === 'event:goal' || subject === 'event:hostname'))
    throw new PlausibleError(
      `Invalid filters. Dimension \`${subject}\` can only be filtered at the top level.`,
    )
  const isExact = operator === 'is' || operator === 'is_not'
  if (subject === 'visit:country' && isExact && !clauses.every((each) => String(each).length === 2))
    throw new PlausibleError(
      'Invalid visit:country filter, visit:country needs to be a valid 2-letter country code.',
    )
  const folds = (modifiers as { case_sensitive?: boolean } | undefined)?.case_sensitive === false
  const texts = clauses.map(String)
  if (isSegment) return [operator as TextOperator, 'segment', texts]
  return leaf(operator as TextOperator, dimension, texts, value.length === 4 ? folds : undefined)
}

/** A filter by what the values are called there. */
export function leaf(
  operator: TextOperator,
  dimension: PlausibleDimension,
  labels: readonly string[],
  folds?: boolean,
): Filter {
  const { name } = dimension
  const folding = folds === undefined ? {} : { case_sensitive: !folds }
  if (operator === 'is' || operator === 'is_not')
    return [
      operator,
      name,
      labels.flatMap((label) => valuesNamed(dimension, label, folds)),
      folding,
    ]
  const filter: Filter = [
    operator,
    name,
    labels,
    { ...folding, ...(dimension.labels && { labels: dimension.labels }) },
  ]
  // What an event has not, neither contains a text nor lacks one.
  if (name.startsWith('event:props:') && operator.endsWith('_not'))
    return ['and', [filter, ['is_not', name, ['']]]]
  return filter
}

/** As RE2: an asterisk is any text. */
const wildcard = (text: string) =>
  `^${text.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll(/\*+/g, '.*')}$`

/** The same filter by another dimension. */
export const renamed = (filter: Filter, name: string): Filter =>
  [filter[0], name, ...filter.slice(2)] as unknown as Filter

const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0

const isModifier = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([key, each]) => key === 'case_sensitive' && typeof each === 'boolean',
  )
