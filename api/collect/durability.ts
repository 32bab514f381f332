const TELLS_EVERY_MS = 10_000

/**
 * What PostgreSQL's settings were at the last commit. Every commit looks, as an
 * operator may switch durability off at any time, for one role or database too;
 * what could be lost is then not stored, and clients are told 503.
 */
export class Durability {
  readonly #now: () => number
  readonly #onUnsafe: (settings: string) => void
  #unsafe = ''
  #toldAtMs = Number.NEGATIVE_INFINITY

  /** `onUnsafe` is told at once, and again as long as it lasts, with settings such as `fsync = off`. */
  constructor(options: { now: () => number; onUnsafe: (settings: string) => void }) {
    this.#now = options.now
    this.#onUnsafe = options.onUnsafe
  }

  /** The settings with which a commit could be lost; '' when there are none. */
  get unsafe(): string {
    return this.#unsafe
  }

  saw(unsafe: string): void {
    this.#unsafe = unsafe
    if (unsafe === '' || this.#now() - this.#toldAtMs < TELLS_EVERY_MS) return
    this.#toldAtMs = this.#now()
    this.#onUnsafe(unsafe)
  }
}
