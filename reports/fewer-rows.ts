import type { Filter } from '../contract/query.ts'
import { dimensionOf } from './dimensions.ts'
import { namesIn } from './filter.ts'
import type { Part } from './parts.ts'
import type { LeastFirst } from './scope.ts'

/** Parts of which equal rows count once. */
const OF_PEOPLE: readonly Part[] = ['people', 'base', 'group', 'all', 'whole']
const OF_PAGE_VIEWS: readonly Part[] = ['shown', 'pages']

/**
 * What the rows that a part reads must be the first of, at least; undefined: it
 * reads all. Sound, as the engine has every row that is the first of something
 * marked as such, and dimensions and filters cannot tell the others from it.
 */
export function firstsFor(
  part: Part,
  dimensions: readonly string[],
  filters: readonly Filter[],
): LeastFirst | undefined {
  const names = [...dimensions, ...filters.flatMap((filter) => namesIn(filter, false))]
  if (names.every(isSameInStretch)) {
    if (OF_PEOPLE.includes(part)) return 'stretch'
    if (OF_PAGE_VIEWS.includes(part)) return 'page'
  }
  const isSame = (name: string) => name === 'event:page' || isSameInStretch(name)
  const isEither = OF_PEOPLE.includes(part) || OF_PAGE_VIEWS.includes(part)
  return (isEither && names.every(isSame)) || filters.some(wantsPageViews) ? 'page' : undefined
}

/** Whether all events of a visit in a quarter of an hour have the same of it. */
function isSameInStretch(name: string): boolean {
  const { of, grain } = dimensionOf(name) ?? {}
  return of === 'visit' || (of === 'time' && grain !== 'minute')
}

/** Whether nothing but page views passes. */
function wantsPageViews(filter: Filter): boolean {
  switch (filter[0]) {
    case 'and':
      return filter[1].some(wantsPageViews)
    case 'or':
      return filter[1].length > 0 && filter[1].every(wantsPageViews)
    case 'is':
      return (
        filter[1] === 'event:name' &&
        filter[2].every((name) => name === 'pageview') &&
        filter[3]?.case_sensitive !== false
      )
    default:
      return false
  }
}
