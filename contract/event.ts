/** Limits of `POST /collect`. Sizes in bytes, lengths in UTF-16 code units. */
export const LIMITS = {
  bodyBytes: 65_536,
  inflatedBytes: 262_144,
  events: 100,
  depth: 6,
  properties: 50,
  url: 2_048,
  title: 512,
  name: 120,
  /** Of a property's name: longer ones are cut. */
  key: 64,
  id: 64,
  text: 1_024,
  /** An event older than this is refused as `too_old`. */
  maxAgeMs: 7 * 24 * 3_600_000,
  /** A client clock ahead by more than this is not believed. */
  maxFutureMs: 60_000,
} as const

/** A property value: what JSON has, without the depth that nobody reads. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Where a visitor id came from; named with every count of visitors. */
export type VisitorBasis = 'persistent_id' | 'session_id' | 'daily_hash'

/** What the client said of the page and the device, beside the event itself. */
export type EventContext = { [key: string]: Json }

/** One event as a client sends it; an envelope may carry the shared fields. */
export interface WireEvent {
  readonly eventType: string
  readonly siteId?: string
  /** UUIDv7, the idempotency key. */
  readonly eventId?: string
  readonly visitorId?: string
  readonly sessionId?: string
  /** ISO 8601 or epoch milliseconds, by the client's clock. */
  readonly timestamp?: string | number
  readonly url?: string
  readonly referrer?: string
  readonly title?: string
  readonly eventData?: { [key: string]: Json }
  readonly context?: EventContext
  /** What the visitor has answered; only what is granted, or not said, is stored. */
  readonly consent?: 'granted' | 'denied' | 'unknown'
}

/** Answer of `POST /collect`. Every event of the request is in exactly one of its members. */
export interface CollectAnswer {
  readonly accepted: number
  readonly duplicates: number
  /**
   * Understood and, as it was asked, not stored: the visitor has said no, the
   * site excludes it, or the browser only prepared a page. Absent when 0.
   */
  readonly ignored?: number
  readonly rejected: readonly {
    readonly index: number
    readonly code: string
    readonly message: string
  }[]
}

/** What the collector found out of the request that carried an event, before it forgot the address. */
export interface Derived {
  /** ISO 3166-1, two letters. */
  readonly country?: string
  readonly region?: string
  readonly city?: string
  readonly browser?: string
  readonly browserVersion?: string
  readonly os?: string
  readonly osVersion?: string
  readonly device?: string
  /** Only when it is one. */
  readonly isBot?: true
  readonly botName?: string
  readonly botKind?: string
  readonly botReason?: string
}

/** `clock_invalid`: the time was absurd; `clock_ahead`: it lay in the future. Both have the time of receipt instead. */
export type EventFlag = 'clock_invalid' | 'clock_ahead'

/** An event of the record after redaction, without what columns of `events_log` have; see `storedEvent`. */
export interface StoredEvent {
  readonly derived?: Derived
  readonly flags?: readonly EventFlag[]
  readonly url?: string
  readonly referrer?: string
  readonly title?: string
  readonly eventData?: { [key: string]: Json }
  readonly context?: EventContext
}

/** Columns of `events_log` that hold what the request told, with their member of `Derived`. */
export const DERIVED_COLUMNS = {
  country: 'country',
  region: 'region',
  city: 'city',
  browser: 'browser',
  browser_version: 'browserVersion',
  os: 'os',
  os_version: 'osVersion',
  device: 'device',
} as const satisfies Record<string, keyof Derived>

export type DerivedColumns = { readonly [Column in keyof typeof DERIVED_COLUMNS]: string | null }

/** The event of a row of `events_log`: of `event`, and `derived` of the columns. What is no event stays what it is. */
export function storedEvent(row: DerivedColumns & { readonly event: StoredEvent }): StoredEvent {
  // Whoever reads the rows judges them one by one: a bad one must not stop the others here.
  if (typeof row.event !== 'object' || row.event === null) return row.event
  const told: Record<string, string> = {}
  let column: keyof DerivedColumns
  for (column in DERIVED_COLUMNS) {
    const value = row[column]
    if (value !== null) told[DERIVED_COLUMNS[column]] = value
  }
  return { ...row.event, derived: { ...row.event.derived, ...told } }
}
