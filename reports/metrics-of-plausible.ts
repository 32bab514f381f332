import type { Metric } from './metrics.ts'

/**
 * What Plausible counts otherwise, for its API: it has no engaged visits, and
 * the reading of a page prolongs none.
 */
export const PLAUSIBLE_METRICS: readonly Metric[] = [
  {
    name: 'plausible_bounce_rate',
    unit: 'percent',
    numerator: 'visits with at most one page view or event of the site’s own',
    denominator: 'visits',
    of: [
      ['visits', () => 'countIf(acts <= 1)'],
      ['visits', () => 'count()'],
    ],
    formula: (some, all) => `round(100 * ${some} / nullIf(${all}, 0))`,
    definition:
      'Bounce rate as Plausible counts it: one page view and no interactive custom event.',
  },
  {
    name: 'plausible_visit_duration',
    unit: 'seconds',
    of: [['visits', () => 'avgOrNull(acting_ms)']],
    formula: (ms) => `round(${ms} / 1000)`,
    definition: 'Visit duration as Plausible counts it: without what tells how a page is read.',
  },
  {
    name: 'plausible_time_on_page',
    unit: 'seconds',
    of: [
      [
        'views',
        () => 'sumIf(seen_ms, is_measured) / nullIf(uniqExactIf(of_session, is_measured), 0)',
      ],
    ],
    formula: (ms) => `round(${ms} / 1000)`,
    definition:
      'Time on page as Plausible counts it: for each visit to the page, all views together.',
  },
  {
    name: 'plausible_scroll_depth',
    unit: 'percent',
    of: [
      ['views', () => 'arrayAvg(maxMapIf([of_session], [toFloat64(depth)], is_measured).2)'],
      ['views', () => 'countIf(is_measured)'],
    ],
    formula: (depth, known) => `if(${known} > 0, round(${depth}), null)`,
    definition:
      'Scroll depth as Plausible counts it: the furthest of each visit; pages that fit the window too.',
  },
]
