import type { Pool } from '../../database/postgres.ts'

export type Changes = Awaited<ReturnType<typeof listenForChanges>>

/** Tells who listens that a site has new numbers. The pipeline notifies through PostgreSQL. */
export async function listenForChanges(pool: Pool, onError: (error: Error) => void) {
  const listeners = new Map<string, Set<() => void>>()
  let stopped = false
  let close = () => {}

  const connect = async (): Promise<void> => {
    const connection = await pool.connect()
    close = () => connection.release(true)
    connection.on('notification', ({ payload }) => {
      for (const listener of listeners.get(payload ?? '') ?? []) listener()
    })
    connection.once('error', (error) => {
      connection.release(true)
      close = () => {}
      if (stopped) return
      onError(error)
      retry()
    })
    await connection.query('listen site_changed')
  }
  const retry = () => {
    setTimeout(() => {
      if (!stopped) connect().catch(retry)
    }, 1_000).unref()
  }
  await connect()

  return {
    subscribe(siteId: string, listener: () => void): () => void {
      const set = listeners.get(siteId) ?? new Set()
      listeners.set(siteId, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0) listeners.delete(siteId)
      }
    },
    stop(): void {
      stopped = true
      close()
    },
  }
}
