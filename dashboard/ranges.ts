/** The ranges on offer, with the length of a step in the graph. */
export const RANGES = [
  { value: 'day', label: 'Today', grain: 'time:hour' },
  { value: '24h', label: 'Last 24 hours', grain: 'time:hour' },
  { value: '7d', label: 'Last 7 days', grain: 'time:day' },
  { value: '30d', label: 'Last 30 days', grain: 'time:day' },
  { value: '91d', label: 'Last 91 days', grain: 'time:day' },
  { value: '12mo', label: 'Last 12 months', grain: 'time:month' },
] as const

export type RangeValue = (typeof RANGES)[number]['value']

export const isRange = (value: unknown): value is RangeValue =>
  RANGES.some((range) => range.value === value)

export const grainOf = (value: RangeValue) =>
  RANGES.find((range) => range.value === value)?.grain ?? 'time:day'

/** A bucket of time as an axis or a tooltip shows it: "14:00", "24 Nov", "Nov 2026". */
export function bucketLabel(bucket: string): string {
  if (bucket.includes('T')) return bucket.slice(11, 16)
  const date = new Date(`${bucket}T00:00:00Z`)
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

export function monthLabel(bucket: string): string {
  const date = new Date(`${bucket}T00:00:00Z`)
  return date.toLocaleDateString('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' })
}
