import type { ScopedSql } from '../scope.ts'
import type { Opened } from './question.ts'

/**
 * One row for each view of a page that began in the range and has an id: how
 * far it was read, by all of its engagement events. `sql` is of the range
 * widened; filters are asked of the page view.
 */
export function viewsSql(
  sql: ScopedSql,
  passes: string,
  page: string,
  { interval }: Opened,
): string {
  const from = sql.bind('Int64', interval.from.epochMilliseconds)
  const to = sql.bind('Int64', interval.to.epochMilliseconds)
  const at = 'toUnixTimestamp64Milli(occurred_at)'
  return `select view as id, any(viewport_class) as class,
    countIf(event_type = 'engagement') > 0 as is_measured,
    max(scroll_depth) as depth, max(fits_window) as is_short,
    max(toUInt32OrZero(properties['maxScrollPx'])) as reach,
    sumForEach(attention_ms) as attention, sum(engaged_ms) as engaged
  ${sql.events("event_type in ('pageview', 'engagement')", 'view != 0', `path = ${sql.bind('String', page)}`)}
  group by view
  having countIf(event_type = 'pageview' and ${passes} and ${at} >= ${from} and ${at} < ${to}) > 0`
}
