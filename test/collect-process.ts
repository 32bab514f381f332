import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../cli/free-port.ts'

export interface CollectProcess {
  readonly url: string
  readonly pid: number
  /** Whether it has ended by itself or was stopped. */
  hasEnded(): boolean
  stop(): Promise<void>
}

/** `footfall collect` as a process of its own; it may not listen yet. */
export async function startCollectProcess(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CollectProcess> {
  const port = await freePort()
  const child = spawn(process.execPath, [join(import.meta.dirname, '../cli/main.ts'), 'collect'], {
    env: { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: `${port}`, ...env },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
