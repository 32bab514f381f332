import { getAllCountries } from 'countries-and-timezones'
import { iso31662 } from 'iso-3166'

/** A dimension of Plausible's: ours, and what its values are called there. */
export interface PlausibleDimension {
  readonly name: string
  /** What stands for an empty value; absent: rows without one are left out. */
  readonly empty?: string
  /** Its names of values that we call otherwise, by ours. */
  readonly labels?: Readonly<Record<string, string>>
  readonly show?: (value: string) => string | number
  /** The values that a name stands for; absent: itself, and those labelled so. */
  readonly read?: (label: string) => readonly string[]
}

/** What a value is called there. */
export function shownValue(dimension: PlausibleDimension, value: string): string | number {
  if (value === '' && dimension.empty !== undefined) return dimension.empty
  return dimension.show?.(value) ?? dimension.labels?.[value] ?? value
}

/** The values that are called so there, in any case where `folds`. */
export function valuesNamed(
  dimension: PlausibleDimension,
  label: string,
  folds = false,
): readonly string[] {
  if (label === dimension.empty && dimension.name !== 'visit:source') return ['']
  const fold = (text: string) => (folds ? text.toLowerCase() : text)
  const named = Object.entries(dimension.labels ?? {}).flatMap(([value, each]) =>
    fold(each) === fold(label) ? [value] : [],
  )
  return [...named, ...(dimension.read?.(label) ?? [label])]
}

const DEVICES = {
  desktop: 'Desktop',
  mobile: 'Mobile',
  tablet: 'Tablet',
  tv: 'TV',
  console: 'Console',
  wearable: 'Wearable',
  car: 'Car',
}
const regionNames = new Intl.DisplayNames('en', { type: 'region' })
const COUNTRIES = Object.fromEntries(
  Object.keys(getAllCountries()).map((code) => [code, regionNames.of(code) ?? code]),
)

/** Of a region that was imported by its code; a database of places tells the name itself. */
const REGIONS = Object.fromEntries(iso31662.map(({ code, name }) => [code, name]))

/** Of an address without a path, which we keep with a slash. */
const REFERRER: PlausibleDimension = {
  name: 'visit:referrer',
  empty: 'Direct / None',
  show: (value) => (/^https?:\/\/[^/]+\/$/.test(value) ? value.slice(0, -1) : value),
  read: (label) => (/^https?:\/\/[^/]+$/.test(label) ? [label, `${label}/`] : [label]),
}
/** A number of GeoNames there: where one was imported, it is one. */
const CITY: PlausibleDimension = {
  name: 'visit:city',
  show: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : value),
}

const NOT_SET = '(not set)'
const plain = (name: string): PlausibleDimension => ({ name, empty: NOT_SET })

// Plausible's own tests have Linux, its dashboard GNU/Linux.
const OS: PlausibleDimension = {
  ...plain('visit:os'),
  labels: { macOS: 'Mac' },
  read: (label) => (label === 'GNU/Linux' ? [label, 'Linux'] : [label]),
}

export const PLAUSIBLE_DIMENSIONS: Readonly<Record<string, PlausibleDimension>> = {
  time: { name: 'time' },
  'time:hour': { name: 'time:hour' },
  'time:day': { name: 'time:day' },
  'time:week': { name: 'time:week' },
  'time:month': { name: 'time:month' },
  'event:name': { name: 'event:name' },
  'event:page': { name: 'event:page' },
  'event:goal': { name: 'event:goal' },
  'event:hostname': { name: 'event:hostname' },
  'visit:entry_page': { name: 'visit:entry_page' },
  'visit:exit_page': { name: 'visit:exit_page' },
  'visit:entry_page_hostname': { name: 'visit:entry_hostname' },
  'visit:exit_page_hostname': { name: 'visit:exit_hostname' },
  'visit:source': { name: 'visit:source', empty: 'Direct / None' },
  'visit:referrer': REFERRER,
  'visit:channel': { name: 'visit:channel', empty: 'Direct' },
  'visit:utm_medium': plain('visit:utm_medium'),
  'visit:utm_source': plain('visit:utm_source'),
  'visit:utm_campaign': plain('visit:utm_campaign'),
  'visit:utm_content': plain('visit:utm_content'),
  'visit:utm_term': plain('visit:utm_term'),
  'visit:device': { ...plain('visit:device'), labels: DEVICES },
  'visit:screen': { ...plain('visit:device'), labels: DEVICES },
  'visit:browser': plain('visit:browser'),
  'visit:browser_version': plain('visit:browser_version'),
  'visit:os': OS,
  'visit:os_version': plain('visit:os_version'),
  'visit:country': { name: 'visit:country' },
  'visit:region': { name: 'visit:region' },
  'visit:city': CITY,
  'visit:country_name': { name: 'visit:country', labels: COUNTRIES },
  'visit:region_name': { name: 'visit:region', labels: REGIONS },
  'visit:city_name': { name: 'visit:city' },
}

const PROPERTY = /^event:props:.{1,120}$/s

/** The dimension of a name; undefined where Plausible has none. */
export function plausibleDimension(name: unknown): PlausibleDimension | undefined {
  if (typeof name !== 'string') return undefined
  if (Object.hasOwn(PLAUSIBLE_DIMENSIONS, name)) return PLAUSIBLE_DIMENSIONS[name]
  return PROPERTY.test(name) ? { name, empty: '(none)' } : undefined
}

interface PlausibleMetric {
  readonly name: string
  /** By the hour, where it counts who is there. */
  readonly present?: string
  /** By the day and longer, where it is asked of visits alone. */
  readonly ended?: string
  /** What it says where there is nothing. */
  readonly zero?: 0
  readonly of?: 'visit' | 'event'
}

/** Its metrics, by ours. */
export const PLAUSIBLE_METRICS: Readonly<Record<string, PlausibleMetric>> = {
  visitors: {
    name: 'visitors',
    present: 'plausible_visitors_present',
    ended: 'plausible_visitors_ended',
    zero: 0,
  },
  visits: {
    name: 'plausible_visits',
    present: 'plausible_visits_present',
    ended: 'plausible_visits_ended',
    zero: 0,
  },
  pageviews: { name: 'pageviews', zero: 0, of: 'event' },
  views_per_visit: { name: 'plausible_views_per_visit', zero: 0, of: 'visit' },
  bounce_rate: { name: 'plausible_bounce_rate', zero: 0, of: 'visit' },
  visit_duration: { name: 'plausible_visit_duration', zero: 0, of: 'visit' },
  events: { name: 'events', zero: 0, of: 'event' },
  scroll_depth: { name: 'plausible_scroll_depth' },
  percentage: { name: 'percentage', zero: 0 },
  conversion_rate: { name: 'plausible_cr', zero: 0 },
  group_conversion_rate: { name: 'plausible_group_cr', zero: 0 },
  exit_rate: { name: 'exit_rate' },
  time_on_page: { name: 'plausible_time_on_page' },
  average_revenue: { name: 'average_revenue' },
  total_revenue: { name: 'total_revenue' },
}
