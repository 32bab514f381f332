import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../cli/free-port.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { signalTree, trySignal } from './processes.ts'
import { sleep } from './wait.ts'

/** A PostgreSQL that faults are done to. What ends by itself is started again, as `footfall start` does. */
export interface PostgresServer {
  readonly url: string
  readonly port: number
  /** kill -9 of the server and all its processes, or of the first alone; it stays down until it is started. */
  kill(which?: 'all' | 'first'): Promise<void>
  /** kill -9 at whatever point of its start it is; it is started again. */
  strike(): void
  /** Resolves when it accepts connections. */
  start(): Promise<void>
  freeze(): void
  thaw(): void
  /** How often it ended by itself. */
  readonly ends: number
  stop(): Promise<void>
}

/** Starts it with its data in `folder`/postgres. */
export async function startPostgresServer(folder: string): Promise<PostgresServer> {
  const port = await freePort()
  const data = join(folder, 'postgres')
  let current: EmbeddedPostgres | undefined
  let isWanted = true
  let ends = 0
  let starting: Promise<void> = Promise.resolve()

  const startOnce = async () => {
    const server = await startEmbeddedPostgres({
      folder: data,
      port,
      password: 'faults',
      logFile: join(folder, 'postgres.log'),
    })
    current = server
    void server.ended.then(() => {
      if (!isWanted) return
      ends++
      starting = keepTrying()
    })
    return server.url
  }
  const keepTrying = async () => {
    while (isWanted) {
      try {
        await startOnce()
        return
      } catch {
        // Its memory is still held by a dying process, or its disk is still full.
        await sleep(100)
      }
    }
  }
  const pid = (): number | undefined => {
    try {
      return Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10) || undefined
    } catch {
      return undefined
    }
  }
  const signal = (name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => {
    const running = pid()
    if (running !== undefined) signalTree(running, name)
  }
  const kill = async (which: 'all' | 'first' = 'all') => {
    isWanted = false
    await starting
    // It may have ended by itself, and not have come back.
    const running = pid()
    if (running === undefined) return
    if (which === 'all') signalTree(running, 'SIGKILL')
    else trySignal(running, 'SIGKILL')
    await current?.ended
  }

  const url = await startOnce()
  return {
    url,
    port,
    kill,
    strike: () => signal('SIGKILL'),
    async start() {
      isWanted = true
      starting = keepTrying()
      await starting
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    get ends() {
      return ends
    },
    // The folder is thrown away: nothing needs to be written down.
    stop: () => kill(),
  }
}
