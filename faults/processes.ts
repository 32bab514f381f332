import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function allProcesses(): Process[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return []
      try {
        const fields =
          readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return [{ pid: Number(name), parent: Number(fields[1]), command }]
      } catch {
        return [] // it ended while we looked
      }
    })
  }
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, ...command] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), command: command.join(' ') }
    })
}

const PATTERNS = { collector: /main\.ts collect/, app: /main\.ts serve/, postgres: /\bpostgres -D/ }
export type Part = keyof typeof PATTERNS

/** Sends the signal to a process and its own processes. A stopped parent can make no more of them meanwhile. */
export function signalTree(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  if (signal !== 'SIGCONT') trySignal(pid, 'SIGSTOP')
  for (const child of allProcesses().filter((each) => each.parent === pid))
    trySignal(child.pid, signal)
  trySignal(pid, signal)
}

export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone.
  }
}

/** Memory that the process holds now; undefined where the system does not tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024
  } catch {
    return undefined
  }
}

/** kill -9 of one part of the product under this supervisor, with all its own processes. False when it is not there. */
export function killPart(supervisor: number, part: Part): boolean {
  const processes = allProcesses()
  const main = processes.find(
    (each) => each.parent === supervisor && PATTERNS[part].test(each.command),
  )
  if (!main) return false
  signalTree(main.pid, 'SIGKILL')
  return true
}
