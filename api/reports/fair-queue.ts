import { Problem } from '../errors.ts'

/** Begins what waits. */
type Waiting = () => void

/**
 * Lets a few run at once. Keys take turns, however many wait for one of them;
 * who has gone before its turn is never started, and keeps nobody's place.
 */
export function createFairQueue(limits: {
  readonly running: number
  readonly runningOfSite: number
  readonly waitingOfSite: number
}) {
  // In the order of their turns: who had one goes to the end.
  const waiting = new Map<string, Waiting[]>()
  const running = new Map<string, number>()
  let all = 0

  const next = () => {
    for (const [key, list] of waiting) {
      if (all >= limits.running) return
      if ((running.get(key) ?? 0) >= limits.runningOfSite) continue
      const first = list.shift()
      waiting.delete(key)
      if (list.length > 0) waiting.set(key, list)
      if (!first) continue
      all += 1
      running.set(key, (running.get(key) ?? 0) + 1)
      first()
    }
  }
  const done = (key: string) => {
    all -= 1
    const left = (running.get(key) ?? 1) - 1
    if (left > 0) running.set(key, left)
    else running.delete(key)
    next()
  }

  return {
    /** Runs `work` when it is the key's turn, or fails with a 429 Problem when too many wait. */
    enter<T>(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
      const list = waiting.get(key) ?? []
      if (list.length >= limits.waitingOfSite)
        return Promise.reject(
          new Problem(
            'flood',
            'Too many reports of this site wait already; try again in a moment.',
          ),
        )
      return new Promise<T>((resolve, reject) => {
        const leave = () => {
          const left = (waiting.get(key) ?? []).filter((each) => each !== start)
          if (left.length > 0) waiting.set(key, left)
          else waiting.delete(key)
          reject(new Problem('unavailable', 'Nobody waits for it any more.'))
        }
        const start = () => {
          signal.removeEventListener('abort', leave)
          work()
            .then(resolve, reject)
            .finally(() => done(key))
        }
        if (signal.aborted) return leave()
        signal.addEventListener('abort', leave, { once: true })
        waiting.set(key, [...list, start])
        next()
      })
    },
  }
}
