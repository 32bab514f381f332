/** How a metric is computed: over events, or over visits made of them. */
export interface Metric {
  readonly name: string
  readonly unit: 'count' | 'ratio' | 'percent' | 'seconds'
  readonly scope: 'event' | 'session'
  /** Aggregate over the rows of its scope. `startsHere` is true for rows of visits that started in the row's bucket. */
  readonly sql: (context: { readonly startsHere: string }) => string
  readonly definition: string
}

const visits = ({ startsHere }: { startsHere: string }) => `uniqExactIf(session, ${startsHere})`

/** Every metric, once: selected, sorted, printed and documented from here. */
export const METRICS: readonly Metric[] = [
  {
    name: 'visitors',
    unit: 'count',
    scope: 'event',
    sql: () => 'uniqExact(visitor)',
    definition: 'Distinct visitor ids with an event in the range. Daily uniques are never summed.',
  },
  {
    name: 'visits',
    unit: 'count',
    scope: 'event',
    sql: visits,
    definition:
      'Distinct visits that started in the range or bucket. A visit is shared by tabs and ends after 30 minutes without events or after 24 hours.',
  },
  {
    name: 'pageviews',
    unit: 'count',
    scope: 'event',
    sql: () => "countIf(event_type = 'pageview')",
    definition: 'Pages shown.',
  },
  {
    name: 'events',
    unit: 'count',
    scope: 'event',
    sql: () => 'count()',
    definition: 'All events, page views included.',
  },
  {
    name: 'views_per_visit',
    unit: 'ratio',
    scope: 'event',
    sql: (context) => `round(countIf(event_type = 'pageview') / nullIf(${visits(context)}, 0), 2)`,
    definition: 'pageviews ÷ visits; null without visits.',
  },
  {
    name: 'bounce_rate',
    unit: 'percent',
    scope: 'session',
    sql: () => 'round(100 * countIf(pageviews <= 1 and not is_engaged) / nullIf(count(), 0), 1)',
    definition:
      'Visits with at most one page view that were not engaged ÷ visits; null without visits. Engaged: a page was visible for 10 s, or the visitor used a control, a download or a form.',
  },
  {
    name: 'single_page_rate',
    unit: 'percent',
    scope: 'session',
    sql: () => 'round(100 * countIf(pageviews <= 1) / nullIf(count(), 0), 1)',
    definition: 'Visits with at most one page view ÷ visits, engaged or not; null without visits.',
  },
  {
    name: 'visit_duration',
    unit: 'seconds',
    scope: 'session',
    sql: () => "round(avgOrNull(dateDiff('millisecond', started_at, last_at)) / 1000, 1)",
    definition: 'Mean of last − first event of a visit; null without visits.',
  },
]

const byName = new Map(METRICS.map((metric) => [metric.name, metric]))

export const metricOf = (name: string): Metric | undefined => byName.get(name)
