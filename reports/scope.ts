import type { Interval } from './range.ts'

/** The site a statement may read. Only an access check makes one, and no statement is made without it. */
export interface SiteScope {
  readonly siteId: string
}

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
  statement(sql: string): Statement
}

/** The zone is bound as `{timezone:String}`, the interval as `{from:Int64}` and `{to:Int64}`, milliseconds. */
export function scopedSql(scope: SiteScope, interval: Interval, timezone: string): ScopedSql {
  const params: Record<string, unknown> = {
    site: scope.siteId,
    from: interval.from.epochMilliseconds,
    to: interval.to.epochMilliseconds,
    timezone,
  }
  return {
    bind(type, value) {
      const name = `p${Object.keys(params).length}`
      params[name] = value
      return `{${name}:${type}}`
    },
    events: (...conditions) => where([OF_SITE, ...OCCURRED, ...conditions]),
    eventsOfVisits: (...conditions) => where([OF_SITE, ...STARTED, ...conditions]),
    statement: (sql) => ({ sql, params }) as Statement, // the brand has no value
  }
}

const FROM = "fromUnixTimestamp64Milli({from:Int64}, 'UTC')"
const TO = "fromUnixTimestamp64Milli({to:Int64}, 'UTC')"
const OF_SITE = 'site_id = {site:String}'
const OCCURRED = [`occurred_at >= ${FROM}`, `occurred_at < ${TO}`]
const STARTED = [
  `session_started_at >= ${FROM}`,
  `session_started_at < ${TO}`,
  `occurred_at >= ${FROM}`,
  `occurred_at < ${TO} + interval 25 hour`, // a visit lasts 24 hours at most
]

/** Whether a visit of a row started in the interval. */
export const STARTED_IN_RANGE = `session_started_at >= ${FROM}`

const where = (conditions: readonly string[]) => `from events\nwhere ${conditions.join('\n  and ')}`
