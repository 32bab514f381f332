/**
 * What an aggregate is computed over. A statement has each part at most once
 * that its metrics ask for, and puts them together by the dimensions.
 *
 * - `events`: the events of the range that pass the filters
 * - `people`: the same, of which only who they are of is asked: of equal ones in this one is enough
 * - `shown`: the same, of which only page views are counted
 * - `visits`: the visits that began in the range and have an event that passes
 * - `sums`: the events of the visits that began in the range, each with what it adds to its visit
 * - `views`: the page views of the range that pass, with all that is known of them
 * - `ends`: the visits that went on in the range, from their first to their last act, each at its last
 * - `stays`: the same, each in every bucket of time that it went on in
 * - `exits`: the same as visits, where a page is the page they ended on
 * - `pages`: the same as events, where the page a visit ended on is that of the event, and any in a filter
 * - `base`: as events, without goals and properties in the filters, by time alone
 * - `group`: the same by all dimensions but the goal
 * - `all`: the same by no dimension
 * - `whole`: as events, by no dimension
 * - `readings`: what the events of the range tell of how pages are read, by the page
 * - `now`: as events, of the last 5 minutes
 */
export const PARTS = [
  'events',
  'people',
  'shown',
  'visits',
  'sums',
  'views',
  'ends',
  'stays',
  'exits',
  'pages',
  'base',
  'group',
  'all',
  'whole',
  'readings',
  'now',
] as const

export type Part = (typeof PARTS)[number]

/** What the numbers of a part are of, as it is told: how few rows are read for them does not matter. */
export const scopeOf = (part: Part | undefined): Part | undefined =>
  part === 'people' || part === 'shown' ? 'events' : part
