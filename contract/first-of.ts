/**
 * What a row of ClickHouse's events is the first of. Who counts visitors or visits, by what a visit has
 * or by time, needs no row after `stretch`; by page as well, none after `page`.
 *
 * - `visit`: the first event of its visit, and no other
 * - `stretch`: the first of its visit in a quarter of an hour (UTC)
 * - `page`: a page view, or the first of its visit in a quarter of an hour on its page
 * - `nothing`: what it says of its visit and page, another row says too
 *
 * A row may be called the first though another is: then it is read and changes
 * nothing. What is the first is never called less.
 */
export type FirstOf = 'visit' | 'stretch' | 'page' | 'nothing'

// Days and hours of any zone begin with one.
export const STRETCH_MS = 15 * 60_000
