import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './config.ts'

/** What a process tells its supervisor. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sign-in-link'; readonly url: string }

export interface Child {
  /** Resolves when it was ready for the first time. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

const FIRST_BACKOFF_MS = 250
const MAX_BACKOFF_MS = 5_000
const STOP_WITHIN_MS = 15_000
const END_WITHIN_MS = 25_000 // systemd and Docker are told to wait for 30 s

/** Keeps one of our commands running: what ends by itself is started again. */
export function keepRunning(
  command: string,
  env: NodeJS.ProcessEnv,
  on: { message: (message: ChildMessage) => void; restart: (line: string) => void },
): Child {
  let child: ChildProcess | undefined
  let stopping = false
  let backoffMs = FIRST_BACKOFF_MS
  let timer: NodeJS.Timeout | undefined
  const ready = Promise.withResolvers<void>()

  const start = () => {
    const startedAt = Date.now()
    child = spawn(process.execPath, [...process.execArgv, join(ROOT, 'cli/main.ts'), command], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child.on('message', (message: ChildMessage) => {
      if (message.kind === 'ready') ready.resolve()
      on.message(message)
    })
    child.once('exit', (code, signal) => {
      if (stopping) return
      if (Date.now() - startedAt > 10_000) backoffMs = FIRST_BACKOFF_MS
      on.restart(`${command} ended (${signal ?? `exit code ${code}`}); starting it again`)
      timer = setTimeout(start, backoffMs)
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    })
  }
  start()

  return {
    ready: ready.promise,
    async stop() {
      stopping = true
      clearTimeout(timer)
      const running = child
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      const kill = setTimeout(() => running.kill('SIGKILL'), STOP_WITHIN_MS)
      await ended
      clearTimeout(kill)
    },
  }
}

/**
 * Inside such a process: says it is ready, and ends it when told to or when the
 * supervisor is gone. Told twice, or when closing takes too long, it ends at
 * once: every commit is safe, also from SIGKILL.
 */
export function reportToSupervisor(close: () => Promise<void>): (message: ChildMessage) => void {
  let closing = false
  const end = () => {
    if (closing) process.exit(1)
    closing = true
    setTimeout(() => process.exit(1), END_WITHIN_MS).unref()
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', end)
  if (process.send) {
    // Ctrl-C reaches the whole group; the supervisor decides the order.
    process.on('SIGINT', () => {})
    process.on('disconnect', () => closing || end())
  } else process.on('SIGINT', end)
  return (message) => void process.send?.(message)
}
