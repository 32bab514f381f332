import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../cli/free-port.ts'
import { type ClickHouse, openClickHouse } from '../database/clickhouse.ts'
import type { Rig } from './rig.ts'
import { until } from './wait.ts'

/** The embedded ClickHouse in a process of its own, which faults are done to. It stays down until it is started. */
export interface ClickHouseProcess {
  readonly port: number
  readonly url: string
  readonly folder: string
  /** Of ours, past every proxy. */
  readonly client: ClickHouse
  signal(signal: NodeJS.Signals): void
  kill(): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
}

/** Starts it on a folder, `clickhouse` of the rig's unless it is named; each start begins with the statements. */
export async function startClickHouse(
  rig: Pick<Rig, 'folder' | 'after'>,
  options: { readonly folder?: string; readonly statements?: readonly string[] } = {},
): Promise<ClickHouseProcess> {
  const port = await freePort()
  const folder = options.folder ?? join(rig.folder, 'clickhouse')
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const kill = async () => {
    const last = child
    if (!last || last.exitCode !== null || last.signalCode !== null) return
    const ended = new Promise((resolve) => last.once('exit', resolve))
    last.kill('SIGKILL')
    await ended
  }
  const start = async () => {
    const { NODE_OPTIONS: _, ...env } = process.env
    let output = ''
    let isReady = false
    const started = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'clickhouse-http.ts'),
        folder,
        String(port),
        ...(options.statements ?? []),
      ],
      { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    )
    child = started
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk).slice(-5_000)
      })
    started.on('message', () => {
      isReady = true
    })
    await until('ClickHouse answers', () => {
      if (started.exitCode !== null) throw new Error(`ClickHouse ended: ${output}`)
      return isReady
    })
  }
  const client = await openClickHouse({ url })
  rig.after(() => client.close())
  rig.after(kill)
  await start()
  return { port, url, folder, client, signal: (name) => child?.kill(name), kill, start }
}
