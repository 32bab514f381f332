import type { Filter } from '../contract/query.ts'

/** A condition on a value: what filter trees are made of. */
export type Leaf = Extract<Filter, readonly [string, string, readonly unknown[], ...unknown[]]>

/** The filter with each of its leaves as `map` makes it; what is inside `has_done` too, unless it is to stay. */
export function mapLeaves(
  filter: Filter,
  map: (leaf: Leaf) => Filter,
  isInsideHasDone = true,
): Filter {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return [filter[0], filter[1].map((each) => mapLeaves(each, map, isInsideHasDone))]
    case 'not':
      return ['not', mapLeaves(filter[1], map, isInsideHasDone)]
    case 'has_done':
    case 'has_not_done':
      return isInsideHasDone ? [filter[0], mapLeaves(filter[1], map), filter[2]] : filter
    case 'sequence':
      return isInsideHasDone
        ? ['sequence', filter[1].map((each) => mapLeaves(each, map)), filter[2]]
        : filter
    default:
      return map(filter)
  }
}

/** What an event itself has to meet. */
export function leavesOf(filter: Filter): Leaf[] {
  switch (filter[0]) {
    case 'and':
    case 'or':
      return filter[1].flatMap(leavesOf)
    case 'not':
      return leavesOf(filter[1])
    case 'has_done':
    case 'has_not_done':
    case 'sequence':
      return []
    default:
      return [filter]
  }
}
