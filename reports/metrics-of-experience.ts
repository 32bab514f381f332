import type { Metric } from './metrics.ts'

const VITALS = { lcp: 'LCP', inp: 'INP', cls: 'CLS', fcp: 'FCP', ttfb: 'TTFB' }

const VALUE = "toFloat64OrNull(properties['value'])"

/** The 75th percentile of a web vital, and the shares of loads where it was good or poor. */
function vital([key, name]: [string, string]): Metric[] {
  const isIt = `event_type = 'web_vital' and properties['name'] = '${name}'`
  const share = (rating: string): Metric => ({
    name: `${key}_${rating}`,
    unit: 'percent',
    numerator: `loads with a ${rating} ${name}`,
    denominator: `loads with ${name}`,
    of: [
      ['events', () => `countIf(${isIt} and properties['rating'] = '${rating}')`],
      ['events', () => `countIf(${isIt})`],
    ],
    formula: (some, all) => `round(100 * ${some} / nullIf(${all}, 0), 1)`,
    definition: `Loads whose ${name} was ${rating}, of those that told it.`,
  })
  return [
    {
      name: `${key}_p75`,
      unit: key === 'cls' ? 'ratio' : 'milliseconds',
      of: [['events', () => `quantileExactInclusiveOrNullIf(0.75)(${VALUE}, ${isIt})`]],
      formula: (value) => `round(${value}, ${key === 'cls' ? 3 : 0})`,
      definition: `75th percentile of ${name}${key === 'cls' ? '' : ', ms'}.`,
    },
    share('good'),
    share('poor'),
  ]
}

const count = (name: string, type: string, definition: string): Metric => ({
  name,
  unit: 'count',
  of: [['events', () => `countIf(event_type = '${type}')`]],
  definition,
})

/** How pages felt: web vitals, errors, and clicks that led nowhere. */
export const EXPERIENCE_METRICS: readonly Metric[] = [
  ...Object.entries(VITALS).flatMap(vital),
  count('errors', 'js_error', 'Errors of scripts that nothing caught, each once a page.'),
  count('rage_clicks', 'rage_click', 'Three clicks within a second and 30 px.'),
  count('dead_clicks', 'dead_click', 'Clicks after which for 2.5 s nothing changed.'),
  {
    name: 'friction_score',
    unit: 'ratio',
    numerator: 'errors + rage_clicks + dead_clicks',
    denominator: 'pageviews ÷ 100',
    of: [
      ['events', () => "countIf(event_type in ('js_error', 'rage_click', 'dead_click'))"],
      ['shown', () => "countIf(event_type = 'pageview')"],
    ],
    formula: (some, views) => `round(100 * ${some} / nullIf(${views}, 0), 2)`,
    definition: 'Errors, rage clicks and dead clicks to 100 page views.',
  },
]
