/** The query language of `POST /api/v1/sites/{site}/query`. */

/** What a filter compares a dimension's text with; of several values one is enough. `matches`: RE2, anywhere in the text. */
export type TextOperator =
  | 'is'
  | 'is_not'
  | 'contains'
  | 'contains_not'
  | 'matches'
  | 'matches_not'
  | 'starts'
  | 'starts_not'
  | 'ends'
  | 'ends_not'

/** Of numbers: what is no number passes none of them. */
export type NumberOperator = 'gt' | 'gte' | 'lt' | 'lte'

export interface TextModifiers {
  readonly case_sensitive?: boolean
  /** What is asked of is what values are called here, by the values. No query from outside has it. */
  readonly labels?: Readonly<Record<string, string>>
}

export type Filter =
  | readonly [TextOperator, string, readonly string[], TextModifiers?]
  | readonly [NumberOperator, string, readonly number[]]
  | readonly ['and' | 'or', readonly Filter[]]
  | readonly ['not', Filter]
  /** Whether an event of the same visit, or of the same visitor in the range, passes. */
  | readonly ['has_done' | 'has_not_done', Filter, { readonly by?: 'visit' | 'visitor' }?]
  /** Whether the visit has events that pass the filters one after another; `next`: whether this event is what came next. */
  | readonly ['sequence', readonly Filter[], { readonly next?: boolean }?]

export type OrderBy = readonly [string, 'asc' | 'desc']

/** A name, a first and last local day (`YYYY-MM-DD`), or two instants of which the second is exclusive. */
export type Range = string | readonly [string, string]

export interface Query {
  readonly metrics: readonly string[]
  readonly dimensions?: readonly string[]
  readonly range: Range
  readonly filters?: readonly Filter[]
  /** `year_before_by_weekday`: 52 weeks before, so that Mondays meet Mondays. */
  readonly compare?:
    | 'previous_period'
    | 'year_before'
    | 'year_before_by_weekday'
    | readonly [string, string]
  /** `zero`: buckets of time without events are rows too. */
  readonly fill?: 'zero'
  /** IANA zone; the site's own when absent. */
  readonly timezone?: string
  /** The first day of `time:week`; Monday when absent. */
  readonly week_start?: 'monday' | 'saturday' | 'sunday'
  readonly order_by?: readonly OrderBy[]
  readonly limit?: number
  /** `meta.next_cursor` of the page before. */
  readonly cursor?: string
}

export type MetricValue = number | null

export interface QueryRow {
  readonly dimensions: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, MetricValue>>
  readonly compare?: Readonly<Record<string, MetricValue>>
}

export interface QueryAnswer {
  readonly rows: readonly QueryRow[]
  /** Over the whole set, never the sum of the rows. */
  readonly totals: Readonly<Record<string, MetricValue>>
  readonly meta: {
    /** First and last instant of the range, ISO 8601 in UTC; the last is exclusive. */
    readonly range: readonly [string, string]
    readonly compare_range?: readonly [string, string]
    readonly timezone: string
    readonly uniques_basis: 'persistent_id' | 'session_id' | 'daily_hash' | 'mixed' | 'none'
    /** Everything acknowledged before this instant is in the numbers. */
    readonly freshness: string
    /** What one could misread in this answer. */
    readonly warnings: readonly string[]
    /** There are more rows: ask again with this as `cursor`. */
    readonly next_cursor?: string
  }
}
