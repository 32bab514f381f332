import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TICKS_PER_SECOND = 100 // of Linux
const STARTS_MS = 20_000

/** A process of ours that is measured from outside. */
export class Child {
  readonly #process: ChildProcess
  #output = ''

  private constructor(process: ChildProcess) {
    this.#process = process
    for (const stream of [process.stdout, process.stderr])
      stream?.on('data', (chunk) => {
        this.#output += chunk
      })
  }

  static async start(file: string, args: string[], env: Record<string, string>): Promise<Child> {
    return new Child(
      spawn(process.execPath, [...process.execArgv, join(ROOT, file), ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
  }

  /** Resolves when something listens on the port. */
  async listens(port: number): Promise<void> {
    for (const endsAt = Date.now() + STARTS_MS; Date.now() < endsAt; ) {
      if (await isOpen(port)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`it does not listen: ${this.#output}`)
  }

  /** User and system time so far. */
  cpuSeconds(): number {
    const [user, system] = this.#read('stat').split(') ').at(-1)?.split(' ').slice(11, 13) ?? []
    return (Number(user) + Number(system)) / TICKS_PER_SECOND
  }

  memoryBytes(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(this.#read('status'))?.[1] ?? 0) * 1_024
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
  }

  #read(name: string): string {
    return readFileSync(`/proc/${this.#process.pid}/${name}`, 'utf8')
  }
}

const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
