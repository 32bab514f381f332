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
}

/** Answer of `POST /collect`. Every event of the request is in exactly one of the three. */
export interface CollectAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: readonly {
    readonly index: number
    readonly code: string
    readonly message: string
  }[]
}

/** What `events_log.event` holds: the event after redaction, without the extracted columns. */
export interface StoredEvent {
  readonly url?: string
  readonly referrer?: string
  readonly title?: string
  readonly eventData?: { [key: string]: Json }
  readonly context?: EventContext
}
