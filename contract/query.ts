/** The query language of `POST /api/v1/sites/{site}/query`. */
export type Filter =
  | readonly ['is' | 'is_not' | 'contains' | 'contains_not', string, readonly string[]]
  | readonly ['and' | 'or', readonly Filter[]]
  | readonly ['not', Filter]

export type OrderBy = readonly [string, 'asc' | 'desc']

export interface Query {
  readonly metrics: readonly string[]
  readonly dimensions?: readonly string[]
  /** A named range or a first and last local day (`YYYY-MM-DD`), or two instants. */
  readonly range: string | readonly [string, string]
  readonly filters?: readonly Filter[]
  readonly compare?: 'previous_period'
  /** `zero`: buckets of time without events are rows too. */
  readonly fill?: 'zero'
  /** IANA zone; the site's own when absent. */
  readonly timezone?: string
  readonly order_by?: readonly OrderBy[]
  readonly limit?: number
}

export type MetricValue = number | null

export interface QueryRow {
  readonly dimensions: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, MetricValue>>
  readonly compare?: Readonly<Record<string, MetricValue>>
}

export interface QueryAnswer {
  readonly rows: readonly QueryRow[]
  readonly totals: Readonly<Record<string, MetricValue>>
  readonly meta: {
    /** First and last instant of the range, ISO 8601 in UTC; the last is exclusive. */
    readonly range: readonly [string, string]
    readonly compare_range?: readonly [string, string]
    readonly timezone: string
    readonly uniques_basis: 'persistent_id' | 'session_id' | 'daily_hash' | 'mixed' | 'none'
    /** Everything acknowledged before this instant is in the numbers. */
    readonly freshness: string
    readonly warnings: readonly string[]
  }
}
