import { EXPERIENCE_METRICS } from './metrics-of-experience.ts'
import { PLAUSIBLE_METRICS } from './metrics-of-plausible.ts'
import type { Part } from './parts.ts'

/** What an aggregate may read beside its rows. */
export interface AggregateContext {
  /** True for rows of visits that began in the row's bucket. */
  readonly startsHere: string
  /** The same of visitors: their first visit ever did. */
  readonly isNewHere: string
  /** What the goals that a row reached are worth. */
  readonly goalValue: string
  /** In how many currencies that is, over all rows. */
  readonly goalMoney: string
  /** The currencies of the row's goals, as an array. */
  readonly goalCurrencies: string
}

type Aggregate = (context: AggregateContext) => string

/** An aggregate over a part; of visits also the same in sums of what events add to their visits, where there is such. */
type PartAggregate = readonly [Part, Aggregate, inSums?: Aggregate]

/** A number of an answer: aggregates over the rows of parts, and what is made of them. */
export interface Metric {
  readonly name: string
  readonly unit: 'count' | 'ratio' | 'percent' | 'seconds' | 'milliseconds' | 'money'
  readonly definition: string
  /** Of a rate: what is divided by what. */
  readonly numerator?: string
  readonly denominator?: string
  readonly of: readonly PartAggregate[]
  /** From the aggregates, in their order; absent: the first is it. */
  readonly formula?: (...columns: string[]) => string
  /** `goal`: a goal in the filters or dimensions; `dimensions`: any. */
  readonly needs?: 'goal' | 'dimensions' | 'page'
  /** Of nothing it is 0, as a count is; null has another reason. */
  readonly isSum?: true
  /** Joined with the visitors' first visits. */
  readonly needsFirst?: true
}

export const PAGEVIEWS = "countIf(event_type = 'pageview')"
const VISITORS = () => 'uniqExact(visitor)'
/** Of any visits: those with an event that passes. */
export const VISITS = ({ startsHere }: AggregateContext) => `uniqExactIf(session, ${startsHere})`
/** Of visits of which no event is asked anything: each has one that is its first. */
export const STARTS = () => "countIf(first_of = 'visit')"
const SESSIONS = () => 'uniqExact(session)'

/** 100 × a ÷ b, null when b is 0. */
export const percent = (a: string, b: string) => `round(100 * ${a} / nullIf(${b}, 0), 1)`
const ratio = (a: string, b: string) => `round(${a} / nullIf(${b}, 0), 2)`
const seconds = (ms: string) => `round(${ms} / 1000, 1)`

/** The mean and three quantiles of a time in milliseconds, each a metric. */
function times(
  name: string,
  part: Part,
  ms: string,
  what: string,
  { isCounted, added }: { isCounted?: string; added?: string } = {},
): Metric[] {
  const [suffix, condition] = isCounted ? ['If', `, ${isCounted}`] : ['', '']
  const quantile = (level: number) =>
    `quantileExactInclusiveOrNull${suffix}(${level})(${ms}${condition})`
  const entry = (suffix: string, of: string, sql: string, inSums?: Aggregate): Metric => ({
    name: `${name}${suffix}`,
    unit: 'seconds',
    definition: `${of} of ${what}, seconds; null where there is none.`,
    of: [[part, () => sql, inSums]],
    formula: seconds,
  })
  return [
    entry(
      '',
      'Mean',
      `avgOrNull${suffix}(${ms}${condition})`,
      added === undefined ? undefined : () => `sum(${added}) / nullIf(${STARTS()}, 0)`,
    ),
    entry('_median', 'Median', quantile(0.5)),
    entry('_p75', '75th percentile', quantile(0.75)),
    entry('_p95', '95th percentile', quantile(0.95)),
  ]
}

const MEASURED = 'is_measured and not is_short'

const reach = (depth: number): Metric => ({
  name: `scroll_reach_${depth}`,
  unit: 'percent',
  numerator: `page views read to ${depth} %`,
  denominator: 'page views whose depth is known and that are higher than the window',
  definition: `Page views that were scrolled to ${depth} % of the page or further, of those whose depth is known. A page that fits the window says nothing.`,
  of: [
    ['views', () => `countIf(depth >= ${depth} and ${MEASURED})`],
    ['views', () => `countIf(${MEASURED})`],
  ],
  formula: percent,
})

const rate = (name: string, part: Part, of: 'visitors' | 'visits', definition: string): Metric => ({
  name,
  unit: 'percent',
  numerator: `${of} that reached a goal`,
  denominator: part === 'base' ? `all ${of}, in the same bucket of time` : `all ${of} of the group`,
  definition,
  needs: 'goal',
  of: [
    ['people', of === 'visitors' ? VISITORS : SESSIONS],
    [part, of === 'visitors' ? VISITORS : SESSIONS],
  ],
  formula: percent,
})

const ONE_CURRENCY = "uniqExactIf(currency, currency != '') <= 1"

/** Raised when one of the definitions would make another number of the same events. */
export const DEFINITIONS_VERSION = 2

/** Every metric, once: selected, sorted, printed and documented from here. */
export const METRICS: readonly Metric[] = [
  {
    name: 'visitors',
    unit: 'count',
    of: [['people', VISITORS]],
    definition: 'Distinct visitor ids with an event in the range. Daily uniques are never summed.',
  },
  {
    name: 'visits',
    unit: 'count',
    of: [['people', VISITS]],
    definition:
      'Distinct visits that started in the range or bucket. A visit is shared by tabs and ends after 30 minutes without events or after 24 hours.',
  },
  {
    name: 'pageviews',
    unit: 'count',
    of: [['shown', () => PAGEVIEWS]],
    definition: 'Pages shown.',
  },
  {
    name: 'events',
    unit: 'count',
    of: [['events', () => 'count()']],
    definition: 'All events, page views included.',
  },
  {
    name: 'views_per_visit',
    unit: 'ratio',
    numerator: 'pageviews',
    denominator: 'visits',
    of: [
      ['shown', () => PAGEVIEWS],
      ['people', VISITS],
    ],
    formula: ratio,
    definition: 'pageviews ÷ visits; null without visits.',
  },
  {
    name: 'bounce_rate',
    unit: 'percent',
    numerator: 'visits with at most one page view that were not engaged',
    denominator: 'visits',
    of: [
      [
        'visits',
        () => 'countIf(pageviews <= 1 and not is_engaged)',
        () => `${STARTS()} - countIf(ends_bounce)`,
      ],
      ['visits', () => 'count()', STARTS],
    ],
    formula: percent,
    definition:
      'Visits with at most one page view that were not engaged ÷ visits; null without visits. Engaged: a page was visible for 10 s, or the visitor used a control, a download or a form.',
  },
  {
    name: 'single_page_rate',
    unit: 'percent',
    numerator: 'visits with at most one page view',
    denominator: 'visits',
    of: [
      ['visits', () => 'countIf(pageviews <= 1)'],
      ['visits', () => 'count()'],
    ],
    formula: percent,
    definition: 'Visits with at most one page view ÷ visits, engaged or not; null without visits.',
  },
  ...times('visit_duration', 'visits', 'duration_ms', 'last − first event of a visit', {
    added: 'prolongs_ms',
  }),
  ...times(
    'engaged_time',
    'visits',
    'engaged_ms_of_visit',
    'the time that pages of a visit were visible with activity in the last 30 s',
    { added: 'engaged_ms' },
  ),
  ...times('time_on_page', 'views', 'seen_ms', 'the time that a page was visible', {
    isCounted: 'is_measured',
  }),
  {
    name: 'scroll_depth',
    unit: 'percent',
    of: [['views', () => `avgOrNullIf(depth, ${MEASURED})`]],
    formula: (depth) => `round(${depth}, 1)`,
    definition:
      'Mean of the furthest that page views were scrolled, percent of the page; a page that fits the window is not counted.',
  },
  ...[25, 50, 75, 100].map(reach),
  {
    name: 'exits',
    unit: 'count',
    of: [['exits', () => 'count()']],
    definition: 'Visits whose last page it was.',
  },
  {
    name: 'exit_rate',
    unit: 'percent',
    numerator: 'exits',
    denominator: 'pageviews of the page',
    needs: 'page',
    of: [
      ['exits', () => 'count()'],
      ['pages', () => PAGEVIEWS],
    ],
    formula: (exits, views) => percent(`ifNull(${exits}, 0)`, `${views}`),
    definition: 'Visits that ended on the page ÷ its page views.',
  },
  {
    name: 'percentage',
    unit: 'percent',
    numerator: 'visitors of the group',
    denominator: 'visitors of all groups, each once',
    needs: 'dimensions',
    of: [
      ['people', VISITORS],
      ['whole', VISITORS],
    ],
    // A group may be one of visits alone.
    formula: (some, all) => percent(`ifNull(${some}, 0)`, all),
    definition: 'Visitors of the group ÷ all visitors. Groups may share visitors.',
  },
  {
    name: 'new_visitors',
    unit: 'count',
    needsFirst: true,
    of: [['people', ({ isNewHere }) => `uniqExactIf(visitor, ${isNewHere})`]],
    definition: 'Visitors whose first visit in the record began in the range or bucket.',
  },
  {
    name: 'returning_visitors',
    unit: 'count',
    needsFirst: true,
    of: [['people', ({ isNewHere }) => `uniqExactIf(visitor, not ${isNewHere})`]],
    definition: 'Visitors who had begun a visit before the range or bucket.',
  },
  {
    name: 'current_visitors',
    unit: 'count',
    of: [['now', VISITORS]],
    definition: 'Visitors with an event in the last 5 minutes, whatever the range.',
  },
  {
    name: 'conversions',
    unit: 'count',
    needs: 'goal',
    of: [['events', () => 'count()']],
    definition: 'Times that a goal was reached.',
  },
  {
    name: 'conversion_value',
    unit: 'money',
    isSum: true,
    needs: 'goal',
    of: [['events', ({ goalValue, goalMoney }) => `if(${goalMoney} > 1, null, sum(${goalValue}))`]],
    formula: (value) => `round(${value}, 4)`,
    definition:
      'Conversions × the value that the goal was given, summed; null where goals of several currencies were reached: group by event:goal.',
  },
  rate('visitor_cr', 'base', 'visitors', 'Visitors that reached a goal ÷ all visitors.'),
  rate(
    'session_cr',
    'base',
    'visits',
    'Visits in which a goal was reached in the range or bucket ÷ all visits with an event there, whenever they began.',
  ),
  rate('group_visitor_cr', 'group', 'visitors', 'The same of the visitors of each group.'),
  rate('group_session_cr', 'group', 'visits', 'The same of the visits of each group.'),
  {
    name: 'total_revenue',
    unit: 'money',
    isSum: true,
    of: [['events', () => `if(${ONE_CURRENCY}, toFloat64(sum(revenue)), null)`]],
    definition:
      'Revenue of the events; null where currencies mix: group or filter by event:currency.',
  },
  {
    name: 'average_revenue',
    unit: 'money',
    of: [
      [
        'events',
        () =>
          `if(${ONE_CURRENCY}, toFloat64(sum(revenue)) / nullIf(countIf(currency != ''), 0), null)`,
      ],
    ],
    formula: (money) => `round(${money}, 4)`,
    definition: 'Revenue ÷ events that have one; null where currencies mix.',
  },
  ...EXPERIENCE_METRICS,
  ...PLAUSIBLE_METRICS,
]

const byName = new Map(METRICS.map((metric) => [metric.name, metric]))

export const metricOf = (name: string): Metric | undefined => byName.get(name)
