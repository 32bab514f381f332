import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../cli/free-port.ts'
import { residentBytes } from './processes.ts'
import { sleep, until } from './wait.ts'

const MAIN = join(import.meta.dirname, '../cli/main.ts')
const CLOCK = join(import.meta.dirname, 'shifted-clock.ts')
const RESTART_MS = 250

export interface CollectorOptions {
  readonly databaseUrl: string
  readonly port?: number
  readonly nodeArguments?: readonly string[]
  /** Most open files, of sockets too. */
  readonly openFiles?: number
}

/** A collector in a process of its own. When it ends it is started again, as a supervisor does. */
export class CollectorProcess {
  readonly port: number
  readonly url: string
  readonly #options: CollectorOptions
  #child: ChildProcess
  #isReady = false
  #isWanted = true
  #clockOffsetMs = 0
  #output = ''
  restarts = 0

  private constructor(options: CollectorOptions, port: number) {
    this.#options = options
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.#child = this.#spawn()
  }

  static async start(options: CollectorOptions): Promise<CollectorProcess> {
    const collector = new CollectorProcess(options, options.port ?? (await freePort()))
    await collector.becomesReady()
    return collector
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get output(): string {
    return this.#output
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Bytes; 0 where the system does not tell. */
  get memory(): number {
    return residentBytes(this.pid) ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    // What is told to end is not ready from this moment, though we hear of it later.
    if (signal === 'SIGKILL' || signal === 'SIGTERM') this.#isReady = false
    this.#child.kill(signal)
  }

  /** Resolves when it listens; answers how long that took. */
  becomesReady(withinMs = 30_000): Promise<number> {
    return until(`a collector listens\n${this.#output}`, () => this.#isReady, withinMs)
  }

  /** Its clock is ahead of ours by this from now on. */
  async shiftClock(offsetMs: number): Promise<void> {
    this.#clockOffsetMs = offsetMs
    const child = this.#child
    const heard = new Promise<void>((resolve) => {
      const listen = (message: unknown) => {
        if ((message as { kind?: unknown }).kind !== 'clock-shifted') return // any message
        child.off('message', listen)
        resolve()
      }
      child.on('message', listen)
    })
    child.send({ kind: 'clock', offsetMs })
    await heard
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    this.#isWanted = false
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
  }

  #spawn(): ChildProcess {
    const { databaseUrl, nodeArguments = [], openFiles } = this.#options
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const command = [
      ...(openFiles ? ['prlimit', `--nofile=${openFiles}:${openFiles}`] : []),
      process.execPath,
      ...['--import', CLOCK],
      ...nodeArguments,
      ...[MAIN, 'collect'],
    ]
    const child = spawn(command[0] ?? '', command.slice(1), {
      env: {
        ...inherited,
        // The load is no flood: it comes from one address.
        LIMIT_NETWORK: '0',
        LIMIT_SITE: '0',
        DATABASE_URL: databaseUrl,
        HOST: '127.0.0.1',
        PORT: String(this.port),
        // A first event makes its site.
        ENVIRONMENT: 'development',
        FAULTS_CLOCK_OFFSET_MS: String(this.#clockOffsetMs),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-20_000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('message', (message) => {
      if ((message as { kind?: unknown }).kind === 'ready' && child === this.#child)
        this.#isReady = true
    })
    child.once('exit', () => {
      if (child !== this.#child) return
      this.#isReady = false
      void this.#restart()
    })
    return child
  }

  async #restart(): Promise<void> {
    await sleep(RESTART_MS)
    if (!this.#isWanted) return
    this.restarts++
    this.#child = this.#spawn()
  }
}
