import type { Pool } from './postgres.ts'

const RETRIES_AFTER_MS = 1_000

export interface Listening {
  /** Resolves when it listens for the first time; rejects when the first try fails (it goes on trying). */
  readonly ready: Promise<void>
  stop(): void
}

/**
 * Listens to a channel of PostgreSQL's notifications on a connection of its
 * own, and again when that breaks. `gap` is called each time it begins to
 * listen: what was said before was not heard.
 */
export function listen(
  pool: Pool,
  channel: string,
  on: {
    notification: (payload: string) => void
    gap?: () => void
    error: (error: Error) => void
    retryMs?: number
  },
): Listening {
  let isStopped = false
  let release = () => {}

  const connect = async (): Promise<void> => {
    const connection = await pool.connect()
    let isListening = false
    let isOver = false
    const end = () => {
      if (!isOver) connection.release(true)
      isOver = true
    }
    release = end
    connection.on('notification', ({ payload = '' }) => on.notification(payload))
    connection.once('error', (error) => {
      end()
      // While it begins to listen the query fails, too: who tries again twice listens twice,
      // and after a few more of these has taken the whole pool.
      if (isStopped || !isListening) return
      on.error(error)
      retry()
    })
    if (isStopped) return end()
    await connection.query(`listen ${channel}`).catch((error) => {
      end()
      throw error
    })
    isListening = true
    on.gap?.()
  }
  const retry = () => {
    setTimeout(() => {
      if (!isStopped) connect().catch(retry)
    }, on.retryMs ?? RETRIES_AFTER_MS).unref()
  }
  const ready = connect()
  ready.catch(retry)

  return {
    ready,
    stop() {
      isStopped = true
      release()
    },
  }
}
