import type { ClickHouse } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { deliverNext } from './deliver.ts'
import { type Loop, runLoop } from './loop.ts'
import { mender } from './mend.ts'
import { refillIfLost } from './rebuild.ts'
import { applyRetention } from './retention.ts'

export interface Delivery extends Loop {
  /** Whether ClickHouse has all that waits now; false when it does not within a moment. */
  catchesUp(): Promise<boolean>
}

const MAX_BACKOFF_MS = 5_000
const MOMENT_MS = 500
const STOP_WITHIN_MS = 5_000
const RETENTION_MS = 3_600_000
const LOOK_MS = 10_000

/**
 * Takes to ClickHouse what the outbox has for it, mends it, and does what else
 * needs it: beside the pipeline, which goes on where ClickHouse is away or hangs.
 */
export function runDelivery(parts: {
  readonly pool: Pool
  readonly clickhouse: ClickHouse
  readonly now: () => Date
  readonly onError: (error: Error) => void
}): Delivery {
  const { pool, clickhouse, now, onError } = parts
  const stopping = new AbortController()
  let isFilled = false
  let isWell = false
  let retentionDueAtMs = 0
  let lookDueAtMs = 0
  let asking: ((isEmpty: boolean) => void)[] = []

  const mend = mender(pool, clickhouse)
  const mendIfDue = async () => {
    if (now().getTime() < lookDueAtMs) return
    lookDueAtMs = now().getTime() + LOOK_MS // also where it fails: the delivery has its turn first
    const startedAt = performance.now()
    const months = await mend(stopping.signal)
    // To read all files may cost minutes: it takes a tenth of the time.
    lookDueAtMs += 10 * (performance.now() - startedAt)
    if (months.length > 0)
      onError(
        new Error(
          `files of ClickHouse were damaged: ${months.join(', ')} made anew from the record`,
        ),
      )
  }

  const step = async (): Promise<boolean> => {
    const asked = asking
    asking = []
    try {
      await mendIfDue()
      if (!isFilled) await refillIfLost(pool, clickhouse, stopping.signal)
      isFilled = true
      const hasWorked = await deliverNext(pool, clickhouse, stopping.signal)
      isWell = true
      if (hasWorked) {
        asking.push(...asked)
        return true
      }
      for (const answer of asked) answer(true)
    } catch (error) {
      isWell = false
      for (const answer of asked) answer(false)
      throw error
    }
    if (now().getTime() >= retentionDueAtMs) {
      retentionDueAtMs = now().getTime() + RETENTION_MS
      await applyRetention(pool, clickhouse, now())
    }
    return false
  }

  const { wake, stop } = runLoop(step, { maxBackoffMs: MAX_BACKOFF_MS, onError })
  return {
    wake,
    async stop() {
      // Who hangs is not waited for: what becomes of the insert is found out by who comes next.
      const timer = setTimeout(() => stopping.abort(), STOP_WITHIN_MS)
      await stop()
      clearTimeout(timer)
    },
    async catchesUp() {
      if (!isWell) return false
      const { promise, resolve } = Promise.withResolvers<boolean>()
      asking.push(resolve)
      wake()
      const timer = setTimeout(() => {
        isWell = false // until a step tells otherwise
        resolve(false)
      }, MOMENT_MS)
      const isEmpty = await promise
      clearTimeout(timer)
      return isEmpty
    },
  }
}
