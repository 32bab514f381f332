import type { Metric } from './metrics.ts'
import type { Part } from './parts.ts'

const VISITORS = () => 'uniqExact(visitor)'

const conversion = (name: string, part: Part, denominator: string): Metric => ({
  name,
  unit: 'percent',
  numerator: 'visitors that reached a goal',
  denominator,
  needs: 'goal',
  of: [
    ['people', VISITORS],
    [part, VISITORS],
  ],
  formula: (some, all) => `round(100 * ${some} / nullIf(${all}, 0), 2)`,
  definition: `Visitors that reached a goal ÷ ${denominator}, as Plausible has it.`,
})

/**
 * What Plausible counts otherwise, for its API: it has no engaged visits, and
 * the reading of a page prolongs none.
 */
export const PLAUSIBLE_METRICS: readonly Metric[] = [
  {
    name: 'plausible_visits',
    unit: 'count',
    of: [['people', () => 'uniqExact(session)']],
    definition: 'Visits as Plausible counts them: those with an event in the range or bucket.',
  },
  {
    name: 'plausible_visitors_present',
    unit: 'count',
    of: [['stays', () => 'uniqExact(of_visitor)']],
    definition:
      'Visitors as Plausible counts them by the hour: in each that a visit of theirs goes on in, with an event in it or not.',
  },
  {
    name: 'plausible_visits_present',
    unit: 'count',
    of: [['stays', () => 'uniqExact(of_session)']],
    definition: 'Visits as Plausible counts them by the hour: in each that they go on in.',
  },
  {
    name: 'plausible_visitors_ended',
    unit: 'count',
    of: [['ends', () => 'uniqExact(of_visitor)']],
    definition:
      'Visitors as Plausible counts them by the day and longer, where it is asked of visits alone: in each that a visit of theirs ends in.',
  },
  {
    name: 'plausible_visits_ended',
    unit: 'count',
    of: [['ends', () => 'count()']],
    definition: 'Visits as Plausible counts them by the day and longer: in the one they end in.',
  },
  {
    name: 'plausible_views_per_visit',
    unit: 'ratio',
    numerator: 'page views of the visits',
    denominator: 'visits',
    of: [
      ['ends', () => 'sum(pageviews)'],
      ['ends', () => 'count()'],
    ],
    formula: (views, visits) => `round(${views} / nullIf(${visits}, 0), 2)`,
    definition:
      'Page views a visit as Plausible counts them: of the visits that go on in the range.',
  },
  {
    name: 'plausible_bounce_rate',
    unit: 'percent',
    numerator: 'visits with at most one page view or event of the site’s own',
    denominator: 'visits',
    of: [
      ['ends', () => 'countIf(acts <= 1)'],
      ['ends', () => 'count()'],
    ],
    formula: (some, all) => `round(100 * ${some} / nullIf(${all}, 0))`,
    definition:
      'Bounce rate as Plausible counts it: one page view and no interactive custom event. Of the visits that go on in the range; in time a visit lies where it ends.',
  },
  {
    name: 'plausible_visit_duration',
    unit: 'seconds',
    of: [['ends', () => 'avgOrNull(acting_ms)']],
    formula: (ms) => `round(${ms} / 1000)`,
    definition:
      'Visit duration as Plausible counts it: without what tells how a page is read. Of the visits that go on in the range; in time a visit lies where it ends.',
  },
  {
    name: 'plausible_time_on_page',
    unit: 'seconds',
    of: [['readings', () => 'sum(visible_ms) / nullIf(uniqExact(session), 0)']],
    formula: (ms) => `round(${ms} / 1000)`,
    definition:
      'Time on page as Plausible counts it: for each visit to the page, all views together.',
  },
  {
    name: 'plausible_scroll_depth',
    unit: 'percent',
    of: [
      [
        'readings',
        () => 'arrayAvg(maxMapIf([session], [toFloat64(scroll_depth)], scroll_depth > 0).2)',
      ],
      ['readings', () => 'countIf(scroll_depth > 0)'],
    ],
    formula: (depth, known) => `if(${known} > 0, round(${depth}), null)`,
    definition:
      'Scroll depth as Plausible counts it: the furthest of each visit; pages that fit the window too.',
  },
  {
    name: 'plausible_foreign_revenue',
    unit: 'count',
    needs: 'goal',
    of: [
      [
        'events',
        ({ goalCurrencies }) =>
          `countIf(currency != '' and not has(${goalCurrencies}, toString(currency)))`,
      ],
    ],
    definition:
      'Events with revenue in another currency than that of their goal, which Plausible would have converted.',
  },
  conversion('plausible_cr', 'all', 'all visitors of the range'),
  conversion('plausible_group_cr', 'group', 'all visitors of the group'),
]
