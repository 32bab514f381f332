import { listen } from '../../database/listen.ts'
import type { Pool } from '../../database/postgres.ts'

export type Changes = Awaited<ReturnType<typeof listenForChanges>>

/** Tells who listens that a site has new numbers. The pipeline notifies through PostgreSQL. */
export async function listenForChanges(pool: Pool, onError: (error: Error) => void) {
  const listeners = new Map<string, Set<() => void>>()
  const listening = listen(pool, 'site_changed', {
    notification: (siteId) => {
      for (const listener of listeners.get(siteId) ?? []) listener()
    },
    // What was said meanwhile was not heard: anything may have changed.
    gap: () => {
      for (const listener of [...listeners.values()].flatMap((set) => [...set])) listener()
    },
    error: onError,
  })
  await listening.ready

  return {
    subscribe(siteId: string, listener: () => void): () => void {
      const set = listeners.get(siteId) ?? new Set()
      listeners.set(siteId, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0) listeners.delete(siteId)
      }
    },
    stop: listening.stop,
  }
}
