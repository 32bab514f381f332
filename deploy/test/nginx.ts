import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../cli/free-port.ts'
import { until } from '../../faults/wait.ts'

const ENTRYPOINT = join(import.meta.dirname, '../nginx/entrypoint.sh')

export interface Nginx {
  readonly url: string
  readonly tlsUrl: string
  /** Where it tells its own numbers. */
  readonly statusUrl: string
  readonly folder: string
  /** The lines of its access log. */
  log(): Record<string, string | number>[]
  /** All that it wrote anywhere. */
  output(): string
  /** New workers with the configuration as it is; the old ones answer what they have begun. */
  reload(): void
  /** Asks it to end; what it has begun is answered. Its exit code. */
  stop(): Promise<number | null>
}

/** Debian's nginx on the shipped configuration, started as its container starts it, on free ports of loopback. */
export async function startNginx(settings: Readonly<Record<string, string>>): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-nginx-'))
  const [port, tlsPort, statusPort] = [await freePort(), await freePort(), await freePort()]
  const accessLog = join(folder, 'access.log')
  const child = spawn('sh', [ENTRYPOINT], {
    env: {
      PATH: process.env.PATH,
      RUN_DIR: join(folder, 'run'),
      LISTEN: `127.0.0.1:${port}`,
      LISTEN_TLS: `127.0.0.1:${tlsPort}`,
      STATUS_LISTEN: `127.0.0.1:${statusPort}`,
      ACCESS_LOG: accessLog,
      CHECK_EVERY_S: '1',
      // Nobody: 503.
      COLLECTORS: '127.0.0.1:1',
      APP: '127.0.0.1:1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const statusUrl = `http://127.0.0.1:${statusPort}`
  await until('nginx answers', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${output}`)
    return fetch(`${statusUrl}/livez`).then(
      (answer) => answer.ok,
      () => false,
    )
  })
  const readLog = () => readFileSync(accessLog, 'utf8')
  return {
    url: `http://127.0.0.1:${port}`,
    tlsUrl: `https://127.0.0.1:${tlsPort}`,
    statusUrl,
    folder,
    log: () =>
      readLog()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    output: () => output + readLog(),
    reload() {
      const run = join(folder, 'run')
      const args = ['-p', run, '-c', join(run, 'conf/nginx.conf'), '-s', 'reload']
      execFileSync('/usr/sbin/nginx', args, { stdio: 'ignore' })
    },
    async stop() {
      child.kill('SIGTERM')
      const code = await ended
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}
