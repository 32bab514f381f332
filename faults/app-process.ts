import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { openDataFolder } from '../cli/data-folder.ts'
import { freePort } from '../cli/free-port.ts'
import type { Rig } from './rig.ts'
import { sleep, until } from './wait.ts'

const MAIN = join(import.meta.dirname, '../cli/main.ts')
const RESTART_MS = 250

export interface AppOptions {
  /** ClickHouse's address; absent: the embedded one, in the app's data folder. */
  readonly clickhouseUrl?: string
  /** What the database's address says further, as `?name=value` does. */
  readonly database?: Readonly<Record<string, string>>
  /** The name of its data folder in the rig's. */
  readonly name?: string
}

/** The app, that is the pipeline and the reports, on the rig's database; when it ends it is started again, as a supervisor does. */
export interface App {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  readonly output: string
  readonly restarts: number
  signal(signal: NodeJS.Signals): void
  /** Resolves when it serves; answers how long that took. */
  becomesReady(): Promise<number>
  /** Ends it for good. */
  stop(): Promise<void>
}

/** Resolves when it serves. Ends with the rig. */
export async function startApp(rig: Rig, options: AppOptions = {}): Promise<App> {
  const dataDir = join(rig.folder, options.name ?? 'data')
  await openDataFolder(dataDir)
  const port = await freePort()
  const databaseUrl = new URL(rig.postgres.url)
  for (const [name, value] of Object.entries(options.database ?? {}))
    databaseUrl.searchParams.set(name, value)
  const { NODE_OPTIONS: _, ...inherited } = process.env
  let child: ChildProcess | undefined
  let isReady = false
  let isWanted = true
  let restarts = 0
  let output = ''

  const start = () => {
    const started = spawn(process.execPath, [MAIN, 'serve'], {
      env: {
        ...inherited,
        DATABASE_URL: databaseUrl.href,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        ...(options.clickhouseUrl && { CLICKHOUSE_URL: options.clickhouseUrl }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = started
    const keep = (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000)
    }
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    started.on('message', (message) => {
      if ((message as { kind?: unknown }).kind === 'ready' && started === child) isReady = true // any message
    })
    started.once('exit', () => {
      isReady = false
      if (!isWanted) return
      restarts++
      void sleep(RESTART_MS).then(() => isWanted && start())
    })
  }
  start()
  const app: App = {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    get pid() {
      return child?.pid ?? 0
    },
    get output() {
      return output
    },
    get restarts() {
      return restarts
    },
    signal(signal) {
      // What is told to end is not ready from this moment, though we hear of it later.
      if (signal === 'SIGKILL') isReady = false
      child?.kill(signal)
    },
    becomesReady: () => until(`the app serves\n${output}`, () => isReady),
    async stop() {
      isWanted = false
      const last = child
      if (!last || last.exitCode !== null || last.signalCode !== null) return
      const ended = new Promise((resolve) => last.once('exit', resolve))
      last.kill('SIGKILL')
      await ended
    },
  }
  rig.after(() => app.stop())
  await app.becomesReady()
  return app
}
