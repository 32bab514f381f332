import type { MetricValue } from '../contract/query.ts'

/** The headline figures, in the order they are read. */
export const HEADLINES = [
  { metric: 'visitors', label: 'Visitors' },
  { metric: 'visits', label: 'Visits' },
  { metric: 'pageviews', label: 'Page views' },
  { metric: 'views_per_visit', label: 'Views per visit' },
  { metric: 'bounce_rate', label: 'Bounce rate', lowerIsBetter: true },
  { metric: 'visit_duration', label: 'Visit duration' },
] as const

export type HeadlineMetric = (typeof HEADLINES)[number]['metric']

const whole = new Intl.NumberFormat('en')
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A metric's value as people read it; a dash where there is none. */
export function formatMetric(metric: string, value: MetricValue | undefined): string {
  if (value === null || value === undefined) return '–'
  switch (metric) {
    case 'bounce_rate':
      return `${decimal.format(value)}%`
    case 'visit_duration':
      return value < 60
        ? `${Math.round(value)}s`
        : `${Math.floor(value / 60)}m ${Math.round(value % 60)}s`
    case 'views_per_visit':
      return decimal.format(value)
    default:
      return whole.format(value)
  }
}

/** Change in percent against the period before; undefined where there was nothing to compare with. */
export function changeOf(
  now: MetricValue | undefined,
  before: MetricValue | undefined,
): number | undefined {
  if (now === null || now === undefined || !before) return undefined
  return Math.round((100 * (now - before)) / before)
}
