import type { ScopedSql } from './scope.ts'
import { bucketExpression, bucketText, GRAINS, type Grain, stretchOf } from './time.ts'

/** A fact that no single row has: rows are joined with it where a query asks. */
export type Fact = 'exit' | 'first' | 'hosts' | 'view'

/** What rows can be grouped, filtered and sorted by. */
export interface Dimension {
  readonly name: string
  readonly definition: string
  /** Expression over one row of `events`. */
  readonly row: (sql: ScopedSql) => string
  /** The one value of a visit, over all of its rows. Absent: a visit has many, and its metrics have no groups by it. */
  readonly visit?: (sql: ScopedSql) => string
  /** Where it is known from: the visit as a whole, or each event. */
  readonly of: 'time' | 'visit' | 'event'
  readonly needs?: Fact
  /** Of time: that of the visit, on any of its rows. */
  readonly start?: (sql: ScopedSql) => string
  /** Of time: the bucket of any other time of a row. */
  readonly bucket?: (at: string, sql: ScopedSql) => string
  /** Of time: its value of any other time. */
  readonly at?: (at: string, sql: ScopedSql) => string
  readonly grain?: Grain
  /** All of its values, where they are few and known. */
  readonly values?: readonly string[]
  /** Sorted as numbers are. */
  readonly isNumber?: true
  /** Rows whose value is empty are in no group. */
  readonly isEmptyAbsent?: true
  /** It is of bots, who are in no other answer: a query that names it asks about them alone. */
  readonly ofBots?: true
}

const ofTime = (
  name: string,
  bucket: (at: string, sql: ScopedSql) => string,
  text: (bucket: string) => string,
  definition: string,
): Dimension => {
  const valueAt = (at: string, sql: ScopedSql) => text(bucket(at, sql))
  const start = (sql: ScopedSql) => valueAt('session_started_at', sql)
  return {
    name: `time:${name}`,
    definition,
    row: (sql) => valueAt('occurred_at', sql),
    visit: (sql) => `any(${start(sql)})`,
    start,
    of: 'time',
    bucket,
    at: valueAt,
  }
}

const grain = (grain: Grain): Dimension => ({
  ...ofTime(
    grain,
    (at, sql) => bucketExpression(grain, at, sql),
    (bucket) => bucketText(grain, bucket),
    `The ${grain} in the query's time zone; a visit belongs to the one it started in.`,
  ),
  grain,
})

const cycle = (name: string, fn: string, values: readonly string[], definition: string) => ({
  ...ofTime(
    name,
    (at) => `${fn}(toDateTime(${stretchOf(at)}, {timezone:String}))`,
    (number) => `toString(${number})`,
    definition,
  ),
  values,
  isNumber: true as const,
})

const ofVisit = (name: string, column: string, definition: string): Dimension => ({
  name: `visit:${name}`,
  definition,
  row: () => column,
  visit: () => `any(${column})`,
  of: 'visit',
})

const ofBots = (name: string, column: string, definition: string): Dimension => ({
  ...ofVisit(name, column, definition),
  ofBots: true,
})

const ofEvent = (name: string, expression: string, definition: string): Dimension => ({
  name: `event:${name}`,
  definition,
  row: () => expression,
  of: 'event',
  isEmptyAbsent: true,
})

/** A property that only some types of events have. */
const ofType = (name: string, property: string, types: readonly string[], definition: string) =>
  ofEvent(
    name,
    `if(event_type in (${types.map((type) => `'${type}'`).join(', ')}), properties['${property}'], '')`,
    definition,
  )

const FORM_EVENTS = ['load', 'view', 'touch', 'start', 'submit', 'invalid', 'success', 'abandon']
const FORM_TYPES = FORM_EVENTS.map((name) => `form_${name}`)

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

/** Every dimension, once: selecting, grouping, filtering, sorting and the documentation read the same entry. */
export const DIMENSIONS: readonly Dimension[] = [
  ...GRAINS.map(grain),
  cycle('weekday', 'toDayOfWeek', upTo(1, 7), 'Day of the week, 1 (Monday) to 7.'),
  cycle('hour_of_day', 'toHour', upTo(0, 23), 'Hour of the day, 0–23.'),
  {
    ...ofEvent('page', 'path', 'Path of the page; for metrics of visits, the entry page.'),
    visit: () => 'any(entry_page)',
  },
  {
    ...ofEvent('hostname', 'host', 'Host name of the page; for metrics of visits, of the first.'),
    visit: () => 'argMin(host, (occurred_at, toUInt128(event_id)))',
  },
  ofEvent('title', 'title', 'Title of the page, of page views.'),
  ofEvent('name', 'event_type', 'Type of the event or name of the custom event.'),
  {
    ...ofEvent(
      'goal',
      "''",
      'Goal of the site that the event reached; one event may reach several.',
    ),
  },
  ofType('form', 'form', FORM_TYPES, 'Form: its id, its name, else its selector.'),
  ofType('field', 'field', FORM_TYPES, 'Field of a form.'),
  ofType('download', 'url', ['file_download'], 'File that was downloaded.'),
  ofType('outbound_link', 'url', ['outbound_link'], 'Link to another site that was followed.'),
  ofEvent('currency', 'currency', 'ISO 4217 code of the revenue.'),
  {
    ...ofEvent('scroll_depth', 'toString(view_scroll_depth)', 'How far the page view was read, %.'),
    needs: 'view',
  },
  {
    ...ofEvent(
      'engaged_time',
      'toString(view_engaged_ms / 1000)',
      'How long the page view was engaged with, seconds.',
    ),
    needs: 'view',
  },
  {
    ...ofVisit('entry_page', 'entry_page', 'First page of the visit.'),
    isEmptyAbsent: true,
  },
  {
    ...ofVisit('exit_page', 'exit_page', 'Last page of the visit.'),
    needs: 'exit',
    isEmptyAbsent: true,
  },
  {
    ...ofVisit('entry_hostname', 'entry_host', 'Host name of the first page of the visit.'),
    needs: 'hosts',
    isEmptyAbsent: true,
  },
  {
    ...ofVisit('exit_hostname', 'exit_host', 'Host name of the last page of the visit.'),
    needs: 'hosts',
    isEmptyAbsent: true,
  },
  ofVisit('source', 'source', 'Where the visit came from, by name.'),
  ofVisit('referrer', 'referrer', 'Address that led to the visit.'),
  ofVisit('channel', 'channel', 'Kind of source.'),
  ofVisit('utm_source', 'utm_source', 'utm_source of the visit, as the link has it.'),
  ofVisit('utm_medium', 'medium', 'utm_medium of the visit.'),
  ofVisit('utm_campaign', 'campaign', 'utm_campaign of the visit.'),
  ofVisit('utm_content', 'content', 'utm_content of the visit.'),
  ofVisit('utm_term', 'term', 'utm_term of the visit.'),
  ofVisit('country', 'country', 'ISO 3166-1 code of the country.'),
  ofVisit('region', 'region', 'Region or state, where a database of places is configured.'),
  ofVisit('city', 'city', 'City, where a database of places is configured.'),
  ofVisit('language', 'language', 'Language of the browser.'),
  ofVisit('device', 'device', 'desktop, mobile, tablet, tv, console, wearable or car.'),
  ofVisit('browser', 'browser', 'Browser, or the app that showed the page.'),
  ofVisit('browser_version', 'browser_version', 'Major version of the browser.'),
  ofVisit('os', 'os', 'Operating system.'),
  ofVisit('os_version', 'os_version', 'Major version of the operating system.'),
  ofVisit('screen', 'viewport_class', 'Class of the width of the window.'),
  {
    ...ofVisit(
      'visitor_type',
      "if(session_started_at = first_started_at, 'new', 'returning')",
      '`new`: the first visit of its visitor in the record; else `returning`.',
    ),
    needs: 'first',
    values: ['new', 'returning'],
  },
  ofVisit('site', 'site_id', 'Site, of an answer over a group of sites.'),
  {
    ...ofVisit('site_group', '', 'Group that the site is in.'),
    row: (sql) => sql.siteGroup,
    visit: (sql) => `any(${sql.siteGroup})`,
  },
  ofBots('bot', 'bot_name', 'Name of the bot, where it is known.'),
  ofBots('bot_kind', 'bot_kind', 'Kind of bot: ai, search, seo, monitor, preview …'),
]

/** The first part of a dimension of any property. */
export const PROPERTY = 'event:props:'
const MAX_NAME = 120

/** `event:props:NAME`. Events without it are in the group of the empty value. */
const property = (name: string): Dimension => ({
  name: `${PROPERTY}${name}`,
  definition: 'Value of the property; empty where an event has none.',
  row: (sql) => `properties[${sql.bind('String', name)}]`,
  of: 'event',
})

const byName = new Map(DIMENSIONS.map((dimension) => [dimension.name, dimension]))

/** The dimension of a name, `time` being resolved before; undefined when there is none. */
export function dimensionOf(name: string): Dimension | undefined {
  const known = byName.get(name)
  if (known || !name.startsWith(PROPERTY)) return known
  const key = name.slice(PROPERTY.length)
  return key.length > 0 && key.length <= MAX_NAME ? property(key) : undefined
}
