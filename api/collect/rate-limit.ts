/** How much may come in a second, and how much at once. */
export interface Limit {
  /** 0: no limit. */
  readonly perSecond: number
  readonly burst: number
}

export interface RateLimits {
  /** Requests of one client network. */
  readonly network: Limit
  /** Events of one site. */
  readonly site: Limit
  /** Events of all sites. */
  readonly total: Limit
}

export type LimitScope = keyof RateLimits

const MOST_KEYS = 100_000 // about 10 MB; beyond it the longest unused are forgotten

/** Token buckets, one a key. A key that nobody uses fills up and is forgotten. */
export class TokenBuckets {
  readonly #limit: Limit
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(limit: Limit) {
    this.#limit = limit
  }

  /** Takes `amount`; answers 0, or how many milliseconds until there is so much. */
  take(key: string, amount: number, nowMs: number): number {
    const { perSecond, burst } = this.#limit
    if (perSecond === 0) return 0
    const bucket = this.#buckets.get(key)
    const gained = bucket ? (Math.max(nowMs - bucket.atMs, 0) / 1_000) * perSecond : burst
    const tokens = Math.min((bucket?.tokens ?? 0) + gained, burst)
    const left = tokens >= amount ? tokens - amount : tokens
    // Moved to the end: a Map keeps the order in which keys came.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: left, atMs: nowMs })
    if (this.#buckets.size > MOST_KEYS)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    return tokens >= amount ? 0 : ((amount - tokens) / perSecond) * 1_000
  }
}

/**
 * Whether an address is this machine's own: a program on it, or a proxy that
 * `TRUST_PROXY` does not name, behind which everybody would share one limit.
 */
export const isOwnMachine = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address)
