// Hot path. Group commit: requests that arrive together share one insert and
// one commit, because a commit costs a flush however many rows it carries.
//
// States of the buffer:
//   idle      nothing waits.
//   gathering a first request came; it waits at most `gatherMs` for others.
//   flushing  up to `maxFlights` inserts are on their way; requests that come
//             meanwhile gather for the next one.
// A request leaves in one of three ways: stored (its insert committed), failed
// (the insert did not, or did and nobody was told: the client hears 503 and its
// retry carries the same ids), or refused at once because the queue is full.
// How long a client waits is not decided here. A request whose rows PostgreSQL does not take is
// found by halving its group, and refused alone.
import { UnsafeSettings } from '../../database/durability.ts'
import { isRefused, type Pool } from '../../database/postgres.ts'
import { Problem } from '../errors.ts'
import type { EventRow } from './event-row.ts'
import { insertEvents } from './event-row.ts'

export interface GroupCommitOptions {
  readonly pool: Pool
  readonly gatherMs?: number
  readonly maxEvents?: number
  readonly maxFlights?: number
  readonly maxQueuedEvents?: number
  readonly maxQueuedBytes?: number
  readonly onCommit?: (events: number, seconds: number) => void
  /** What each commit says of PostgreSQL's settings; '' when it is durable. */
  readonly onSettings?: (unsafe: string) => void
}

interface Waiting {
  readonly rows: readonly EventRow[]
  readonly bytes: number
  readonly resolve: (stored: number) => void
  readonly reject: (error: Error) => void
}

export class GroupCommit {
  readonly #options: Required<GroupCommitOptions>
  #queue: Waiting[] = []
  /** In the queue, without those on their way. */
  #waitingEvents = 0
  #queuedEvents = 0
  #queuedBytes = 0
  #flights = 0
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []

  constructor(options: GroupCommitOptions) {
    this.#options = {
      gatherMs: 2,
      maxEvents: 500,
      maxFlights: 3,
      maxQueuedEvents: 20_000,
      maxQueuedBytes: 32 * 1024 * 1024,
      onCommit: () => {},
      onSettings: () => {},
      ...options,
    }
  }

  get queuedEvents(): number {
    return this.#queuedEvents
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** How full the queue is, 0 to 1. */
  get fill(): number {
    const { maxQueuedEvents, maxQueuedBytes } = this.#options
    return Math.max(this.#queuedEvents / maxQueuedEvents, this.#queuedBytes / maxQueuedBytes)
  }

  /** Resolves with the number of rows that were new, once they are committed. */
  store(rows: readonly EventRow[], bytes: number): Promise<number> {
    const { maxQueuedEvents, maxQueuedBytes } = this.#options
    if (
      this.#queuedEvents + rows.length > maxQueuedEvents ||
      this.#queuedBytes + bytes > maxQueuedBytes
    ) {
      return Promise.reject(
        new Problem('unavailable', 'The queue is full; send the same events again.'),
      )
    }
    this.#waitingEvents += rows.length
    this.#queuedEvents += rows.length
    this.#queuedBytes += bytes
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, bytes, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.#queue.length === 0 && this.#flights === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#flights >= this.#options.maxFlights || this.#queue.length === 0) return
    if (this.#waitingEvents >= this.#options.maxEvents) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      void this.#flush()
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        void this.#flush()
      }, this.#options.gatherMs)
    }
  }

  async #flush(): Promise<void> {
    const group: Waiting[] = []
    let events = 0
    while (this.#queue.length > 0 && events < this.#options.maxEvents) {
      const next = this.#queue.shift()
      if (!next) break
      group.push(next)
      events += next.rows.length
    }
    if (group.length === 0) return
    this.#waitingEvents -= events
    this.#flights++
    try {
      await this.#storeGroup(group)
    } finally {
      this.#flights--
      this.#queuedEvents -= events
      this.#queuedBytes -= group.reduce((sum, each) => sum + each.bytes, 0)
      this.#schedule()
      if (this.#queue.length === 0 && this.#flights === 0)
        for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  /** Settles every request of the group; never rejects. */
  async #storeGroup(group: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now()
    try {
      const stored = await insertEvents(
        this.#options.pool,
        group.map((each) => each.rows),
      )
      const events = group.reduce((sum, each) => sum + each.rows.length, 0)
      this.#options.onCommit(events, (performance.now() - startedAt) / 1_000)
      this.#options.onSettings('')
      for (const [at, each] of group.entries()) each.resolve(stored[at] ?? 0)
    } catch (cause) {
      if (isRefused(cause) && group.length > 1) {
        const middle = Math.ceil(group.length / 2)
        await this.#storeGroup(group.slice(0, middle))
        await this.#storeGroup(group.slice(middle))
        return
      }
      if (cause instanceof UnsafeSettings) this.#options.onSettings(cause.settings)
      const problem = isRefused(cause)
        ? new Problem('invalid_event', 'An event holds a value that cannot be stored.')
        : new Problem('unavailable', 'The events could not be stored; send them again.')
      problem.cause = cause
      for (const each of group) each.reject(problem)
    }
  }
}
