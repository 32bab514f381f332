/** Work that is done over and over until it is stopped. */
export interface Loop {
  /** There may be something to do. */
  wake(): void
  /** Resolves when the step in hand is done. */
  stop(): Promise<void>
}

const IDLE_MS = 200
const FIRST_BACKOFF_MS = 500

/**
 * Does step after step. Rests after one that found nothing to do (false), until it is woken; and after
 * one that failed, each time for twice as long, up to `maxBackoffMs`.
 */
export function runLoop(
  step: () => Promise<boolean>,
  { maxBackoffMs, onError }: { maxBackoffMs: number; onError: (error: Error) => void },
): Loop {
  let isStopped = false
  let isWoken = false
  let isIdle = false // in a rest that a wake ends: the one after a failure has its time
  let endRest = () => {}
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const running = (async () => {
    let backoffMs = FIRST_BACKOFF_MS
    while (!isStopped) {
      isWoken = false
      try {
        const hasWorked = await step()
        backoffMs = FIRST_BACKOFF_MS
        if (hasWorked || isWoken || isStopped) continue
        isIdle = true
        await rest(IDLE_MS)
        isIdle = false
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
        if (!isStopped) await rest(backoffMs)
        backoffMs = Math.min(2 * backoffMs, maxBackoffMs)
      }
    }
  })()

  return {
    wake() {
      isWoken = true
      if (isIdle) endRest()
    },
    stop() {
      isStopped = true
      endRest()
      return running
    },
  }
}
