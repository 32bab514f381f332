import { type FirstOf, STRETCH_MS } from '../contract/first-of.ts'
import type { Interval } from './range.ts'
import type { WeekStart } from './time.ts'

/** The site a statement may read. Only an access check makes one, and no statement is made without it. */
export interface SiteScope {
  readonly siteId: string
  /** The group that it is in. */
  readonly group?: string
  /** The sites of a group, each of which was checked; absent: the one. */
  readonly groupOf?: Readonly<Record<string, string>>
}

/** What a row must be the first of at least. */
export type LeastFirst = Exclude<FirstOf, 'visit' | 'nothing'>

declare const scoped: unique symbol

/** A statement of one site: nothing but `scopedSql` makes one, and nothing else is run. */
export interface Statement {
  readonly sql: string
  /** Bound by name and type: `{name:Type}` in the text. */
  readonly params: Readonly<Record<string, unknown>>
  readonly [scoped]: true
}

/** What the text of a statement is made with: its values, and the only way to its rows. */
export interface ScopedSql {
  /** Binds a value; the answer stands in the text in its place. */
  bind(type: string, value: unknown): string
  /** `from events where …`: the site's events of the interval that meet the conditions. */
  events(...conditions: readonly string[]): string
  /** The same of all events of the visits that started in the interval. */
  eventsOfVisits(...conditions: readonly string[]): string
  /** The same of all events that may be of a page view in the interval. */
  eventsOfViews(...conditions: readonly string[]): string
  /** The same of all events of any visit that has one in the interval. */
  eventsAround(...conditions: readonly string[]): string
  /** The same of all events up to the end of the interval, from the beginning. */
  history(...conditions: readonly string[]): string
  /** The same of events in the last `minutes` before `nowMs`. */
  recent(nowMs: number, minutes: number, ...conditions: readonly string[]): string
  /**
   * A condition on rows of the interval that leaves out those of which another
   * says the same of the visit, the hour and, for `page`, the page; all page
   * views stay as well then (contract/first-of.ts).
   */
  firsts(of: LeastFirst): string
  statement(sql: string): Statement
  /** The group of a row's site; empty where it is in none. */
  readonly siteGroup: string
  readonly weekStart: WeekStart
}

/** The zone is bound as `{timezone:String}`, the interval as `{from:Int64}` and `{to:Int64}`, milliseconds. */
export function scopedSql(
  scope: SiteScope,
  interval: Interval,
  timezone: string,
  weekStart: WeekStart = 'monday',
): ScopedSql {
  const [from, to] = [interval.from.epochMilliseconds, interval.to.epochMilliseconds]
  const params: Record<string, unknown> = {
    sites: scope.groupOf ? Object.keys(scope.groupOf) : [scope.siteId],
    from,
    to,
    timezone,
  }
  const names = new Map<string, string>()
  const bind = (type: string, value: unknown) => {
    const key = `${type} ${JSON.stringify(value)}`
    const name = names.get(key) ?? `p${names.size}`
    names.set(key, name)
    params[name] = value
    return `{${name}:${type}}`
  }
  const { groupOf, group = '' } = scope
  // Nearly all intervals are of whole stretches.
  const isOfStretches = isStretch(from) && isStretch(to)
  return {
    weekStart,
    get siteGroup() {
      if (!groupOf) return bind('String', group)
      return `transform(site_id, ${bind('Array(String)', Object.keys(groupOf))}, ${bind('Array(String)', Object.values(groupOf))}, '')`
    },
    bind,
    events: (...conditions) =>
      where([...(isOfStretches ? OCCURRED_STRETCHES : OCCURRED), ...conditions]),
    eventsOfVisits: (...conditions) =>
      where([...(isOfStretches ? STARTED_STRETCHES : STARTED), ...conditions]),
    eventsOfViews: (...conditions) => where([...OF_VIEWS, ...conditions]),
    eventsAround: (...conditions) => where([...AROUND, ...conditions]),
    history: (...conditions) => where([`occurred_at < ${TO}`, ...conditions]),
    recent: (nowMs, minutes, ...conditions) => {
      const now = instant(bind('Int64', nowMs))
      return where([
        `occurred_at > ${now} - interval ${minutes} minute`,
        `occurred_at <= ${now} + interval 1 minute`, // as far ahead as a client's clock is believed
        ...conditions,
      ])
    },
    firsts: (of) => {
      const whole = Math.ceil(from / STRETCH_MS) * STRETCH_MS
      // Of a stretch that began before the interval the first row may lie before it too.
      return whole === from
        ? isFirst(of)
        : `(${isFirst(of)} or occurred_at < ${instant(bind('Int64', whole))})`
    },
    statement: (sql) => ({ sql, params }) as Statement, // the brand has no value
  }
}

/** Whether a stretch begins then, within what a DateTime has. */
const isStretch = (ms: number) => ms % STRETCH_MS === 0 && ms >= 0 && ms < 2 ** 32 * 1_000

const instant = (ms: string) => `fromUnixTimestamp64Milli(${ms}, 'UTC')`
const FROM = instant('{from:Int64}')
const TO = instant('{to:Int64}')
const LONGEST_VISIT = 'interval 25 hour' // 24 hours, and a margin
const OCCURRED = [`occurred_at >= ${FROM}`, `occurred_at < ${TO}`]
// A hint follows from what it stands beside, so its column need not be read: it tells which parts of the table to read.
const HINT_OF_VISITS = `indexHint(occurred_at >= ${FROM} and occurred_at < ${TO} + ${LONGEST_VISIT})`
const STARTED = [`session_started_at >= ${FROM}`, `session_started_at < ${TO}`, HINT_OF_VISITS]
// Where the interval is of whole stretches, they tell the same, and are quicker to read.
const ofStretches = (column: string) => [
  `${column} >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')`,
  `${column} < toDateTime(intDiv({to:Int64}, 1000), 'UTC')`,
]
const OCCURRED_STRETCHES = [...ofStretches('stretch_at'), `indexHint(${OCCURRED.join(' and ')})`]
const STARTED_STRETCHES = [...ofStretches('session_stretch_at'), HINT_OF_VISITS]
const OF_VIEWS = [`occurred_at >= ${FROM}`, `occurred_at < ${TO} + ${LONGEST_VISIT}`]
const AROUND = [
  `occurred_at >= ${FROM} - ${LONGEST_VISIT}`,
  `occurred_at < ${TO} + ${LONGEST_VISIT}`,
]

/** Whether a row lies in the interval. */
export const IN_RANGE = OCCURRED.join(' and ')

/** Whether a row's visit, or whatever began at `at`, did so in the interval. */
export const beganInRange = (at: string) => `${at} >= ${FROM}`

/** The same where the interval has no beginning, or none that matters. */
export const isFirst = (of: LeastFirst) => `first_of <= '${of}'`

const where = (conditions: readonly string[]) =>
  `from events\nwhere ${['site_id in {sites:Array(String)}', ...conditions].join('\n  and ')}`
