/** The length of a bucket of time; `undefined` for a dimension that is not time. */
export type Grain = 'minute' | 'hour' | 'day' | 'month'

/** What rows can be grouped and filtered by. */
export interface Dimension {
  readonly name: string
  /** Expression over one row of `events`. */
  readonly event: string
  /** The same of a whole visit: what `events` says where a visit has one value, its entry where it has many. */
  readonly session: string
  readonly grain?: Grain
  /** Rows that have no value of it and are left out of a grouping. */
  readonly absent?: string
  /** It is of bots, who are in no other answer: a query that names it asks about them alone. */
  readonly ofBots?: true
  readonly definition: string
}

const BUCKETS: Record<Grain, (at: string) => string> = {
  minute: (at) => `toStartOfMinute(${at}, {timezone:String})`,
  hour: (at) => `toStartOfHour(${at}, {timezone:String})`,
  day: (at) => `toDate(${at}, {timezone:String})`,
  month: (at) => `toStartOfMonth(${at}, {timezone:String})`,
}

const time = (grain: Grain): Dimension => ({
  name: `time:${grain}`,
  event: `toString(${BUCKETS[grain]('occurred_at')})`,
  session: `toString(${BUCKETS[grain]('session_started_at')})`,
  grain,
  definition: `The ${grain} in the query's time zone; a visit belongs to the one it started in.`,
})

const column = (name: string, expression: string, definition: string): Dimension => ({
  name,
  event: expression,
  session: expression,
  definition,
})

const bots = (name: string, expression: string, definition: string): Dimension => ({
  ...column(name, expression, definition),
  ofBots: true,
})

/** Every dimension, once: selecting, grouping, filtering and sorting read the same entry. */
export const DIMENSIONS: readonly Dimension[] = [
  time('minute'),
  time('hour'),
  time('day'),
  time('month'),
  {
    name: 'event:page',
    event: 'path',
    session: 'entry_page',
    absent: "path = ''",
    definition: 'Path of the page; for bounce rate and duration, the page the visit began on.',
  },
  column('event:hostname', 'host', 'Host name of the page.'),
  column('event:name', 'event_type', 'Type of the event or name of the custom event.'),
  column('visit:entry_page', 'entry_page', 'First page of the visit.'),
  column(
    'visit:source',
    'source',
    'Where the visit came from: utm_source, else the referrer’s host.',
  ),
  column('visit:utm_medium', 'medium', 'utm_medium of the visit.'),
  column('visit:utm_campaign', 'campaign', 'utm_campaign of the visit.'),
  column('visit:channel', 'channel', 'Kind of source.'),
  column('visit:country', 'country', 'ISO 3166-1 code of the country.'),
  column('visit:region', 'region', 'Region or state, where a database of places is configured.'),
  column('visit:city', 'city', 'City, where a database of places is configured.'),
  column('visit:browser', 'browser', 'Browser, or the app that showed the page.'),
  column('visit:browser_version', 'browser_version', 'Major version of the browser.'),
  column('visit:os', 'os', 'Operating system.'),
  column('visit:os_version', 'os_version', 'Major version of the operating system.'),
  column('visit:device', 'device', 'desktop, mobile, tablet, tv, console, wearable or car.'),
  bots('visit:bot', 'bot_name', 'Name of the bot, where it is known.'),
  bots('visit:bot_kind', 'bot_kind', 'Kind of bot: ai, search, seo, monitor, preview …'),
]

const byName = new Map(DIMENSIONS.map((dimension) => [dimension.name, dimension]))

export const dimensionOf = (name: string): Dimension | undefined => byName.get(name)
