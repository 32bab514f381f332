/**
 * What an aggregate is computed over. A statement has each part at most once
 * that its metrics ask for, and puts them together by the dimensions.
 *
 * - `events`: the events of the range that pass the filters
 * - `visits`: the visits that began in the range and have an event that passes
 * - `views`: the page views of the range that pass, with all that is known of them
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
  'visits',
  'views',
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
