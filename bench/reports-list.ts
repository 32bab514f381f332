// The reports that are measured, and SQL that a person would write for each on the same table.

export interface Report {
  readonly name: string
  readonly query: object
  /** `WHERE` stands for the site and the range. */
  readonly hand: readonly string[]
}

const VISITS =
  "uniqExactIf(session, session_started_at >= toDateTime64('2026-08-25 22:00:00', 3, 'UTC'))"
const BY_VISIT = `select countIf(event_type = 'pageview') as views, max(is_engaging) as engaged, min(occurred_at) as first, max(occurred_at) as last, toDate(any(session_started_at), 'Europe/Berlin') as day
  from events where WHERE and session_started_at >= toDateTime64('2026-08-25 22:00:00', 3, 'UTC') group by session`
const OF_VISITS =
  "countIf(views <= 1 and not engaged) / count(), avg(dateDiff('millisecond', first, last))"

const top = (column: string) =>
  `select ${column} as d, uniqExact(visitor) as v from events where WHERE and ${column} != '' group by d order by v desc, d limit 10`
const total = 'select uniqExact(visitor) from events where WHERE'

const RANGE = ['2026-08-26', '2026-11-24']
const list = (dimension: string) => ({
  metrics: ['visitors'],
  dimensions: [dimension],
  range: RANGE,
  limit: 9,
})
const HEADLINE = [
  'visitors',
  'visits',
  'pageviews',
  'views_per_visit',
  'bounce_rate',
  'visit_duration',
]

export const REPORTS: readonly Report[] = [
  {
    name: 'headline',
    query: { metrics: HEADLINE, range: RANGE },
    hand: [
      `select uniqExact(visitor), ${VISITS}, countIf(event_type = 'pageview') from events where WHERE`,
      `select ${OF_VISITS} from (${BY_VISIT})`,
    ],
  },
  {
    name: 'by day',
    query: { metrics: HEADLINE, dimensions: ['time:day'], range: RANGE, fill: 'zero' },
    hand: [
      `select toDate(occurred_at, 'Europe/Berlin') as d, uniqExact(visitor), uniqExactIf(session, toDate(session_started_at, 'Europe/Berlin') = d), countIf(event_type = 'pageview') from events where WHERE group by d`,
      `select day, ${OF_VISITS} from (${BY_VISIT}) group by day`,
      `select uniqExact(visitor), ${VISITS}, countIf(event_type = 'pageview') from events where WHERE`,
      `select ${OF_VISITS} from (${BY_VISIT})`,
    ],
  },
  { name: 'top pages', query: list('event:page'), hand: [top('path'), `${total} and path != ''`] },
  { name: 'sources', query: list('visit:source'), hand: [top('source'), total] },
  { name: 'channels', query: list('visit:channel'), hand: [top('channel'), total] },
  { name: 'countries', query: list('visit:country'), hand: [top('country'), total] },
  { name: 'cities', query: list('visit:city'), hand: [top('city'), total] },
  { name: 'browsers', query: list('visit:browser'), hand: [top('browser'), total] },
  { name: 'devices', query: list('visit:device'), hand: [top('device'), total] },
  {
    name: 'entry pages',
    query: list('visit:entry_page'),
    hand: [top('entry_page'), `${total} and entry_page != ''`],
  },
  {
    name: 'pages of a country',
    query: { ...list('event:page'), filters: [['is', 'visit:country', ['FR']]] },
    hand: [
      `${top('path').replace('WHERE', "WHERE and country = 'FR'")}`,
      `${total} and country = 'FR'`,
    ],
  },
  {
    name: 'events by name',
    query: { ...list('event:name'), metrics: ['events', 'visitors'] },
    hand: [
      'select event_type as d, count() as n, uniqExact(visitor) from events where WHERE group by d order by n desc',
      'select count(), uniqExact(visitor) from events where WHERE',
    ],
  },
]

/** What the overview asks. */
export const DASHBOARD: readonly object[] = [
  { metrics: HEADLINE, range: RANGE },
  { metrics: HEADLINE, dimensions: ['time:day'], range: RANGE, fill: 'zero' },
  ...['event:page', 'visit:entry_page', 'visit:source', 'visit:channel'].map(list),
  ...['visit:country', 'visit:browser', 'visit:device'].map(list),
  { metrics: ['visitors'], range: 'realtime' },
]

/** The statements by hand, over the same site and range. */
export const byHand = (hand: readonly string[], site: string): string[] =>
  hand.map((sql) =>
    sql.replaceAll(
      'WHERE',
      `site_id = '${site}' and occurred_at >= toDateTime64('2026-08-25 22:00:00', 3, 'UTC') and occurred_at < toDateTime64('2026-11-24 23:00:00', 3, 'UTC') and not is_bot`,
    ),
  )
