import { patternRegex } from '../goal.ts'
import { IN_RANGE, type ScopedSql } from '../scope.ts'
import type { Begun } from './question.ts'

/** What a question may be asked of: one page, or all of a template, of which each has its own address. */
export const PAGE_MEMBER = {
  type: 'string',
  maxLength: 2_048,
  description: 'a path; `*` is any text without a slash, `**` any text',
} as const

export const isOnPage = (sql: ScopedSql, page: string, column = 'path') =>
  page.includes('*')
    ? `match(${column}, ${sql.bind('String', patternRegex(page))})`
    : `${column} = ${sql.bind('String', page)}`

/**
 * One row for each view of a page that began in the range and has an id: how
 * far it was read, by all of its engagement events. Filters are asked of the
 * page view.
 */
export function viewsSql({ sql, passes, rows }: Begun, page: string): string {
  return `select view as id, any(viewport_class) as class,
    countIf(event_type = 'engagement') > 0 as is_measured,
    max(scroll_depth) as depth, max(fits_window) as is_short,
    max(toUInt32OrZero(properties['maxScrollPx'])) as reach,
    max(toUInt8OrZero(properties['foldPercent'])) as fold,
    sumForEach(attention_ms) as attention, sum(engaged_ms) as engaged
  ${rows('eventsOfViews', "event_type in ('pageview', 'engagement')", 'view != 0', isOnPage(sql, page))}
  group by view
  having countIf(event_type = 'pageview' and ${passes} and ${IN_RANGE}) > 0`
}
