import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** A running program that ends, with all that it has started, when it is told to or we are gone. */
export interface Program {
  /** What it writes to its file descriptor 3. */
  readonly said: NodeJS.ReadableStream
  end(): Promise<void>
}

const ENDS_MS = 2_000

// The shell heads a process group of its own. It reads until we close the pipe,
// which the system does for us after a kill -9, and ends its group: politely,
// so that the program tidies up, then whatever is left, itself included.
const KEEPER = '"$@" & trap : TERM; read -r _; kill 0; wait $!; kill -KILL 0'

export function start(
  file: string,
  args: readonly string[],
  variables: Record<string, string> = {},
): Program {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', file, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...variables },
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return {
    said: child.stdio[3] as NodeJS.ReadableStream, // a pipe, as asked for above
    async end() {
      child.stdin?.end()
      await Promise.race([exited, pause(ENDS_MS, undefined, { ref: false })])
      if (child.exitCode !== null || child.signalCode !== null || !child.pid) return
      process.kill(-child.pid, 'SIGKILL')
      await exited
    },
  }
}
