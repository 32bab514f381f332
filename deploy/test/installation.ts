import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '../../api/accounts/api-key.ts'
import { openDataFolder } from '../../cli/data-folder.ts'
import { freePort } from '../../cli/free-port.ts'
import { prepareDatabase } from '../../cli/prepare-database.ts'
import { startEmbeddedPostgres } from '../../database/embedded-postgres.ts'
import { openPostgres, type Pool } from '../../database/postgres.ts'
import { until } from '../../faults/wait.ts'
import { type Nginx, startNginx } from './nginx.ts'

/** One of our processes as systemd or Docker runs it: no supervisor of ours above it. */
export interface Process {
  readonly port: number
  readonly pid: number
  output(): string
  /** SIGTERM, and its end; its exit code. */
  stop(): Promise<number | null>
  /** Starts it again on the same port; resolves when it is ready. */
  start(program?: string): Promise<void>
}

/** PostgreSQL, collectors, the app, and nginx in front: what `docker compose up` starts, as processes. */
export interface Installation {
  readonly nginx: Nginx
  readonly collectors: readonly Process[]
  readonly app: Process
  readonly pool: Pool
  readonly databaseUrl: string
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
  /** A key that reads every site. */
  readonly key: string
  /** Everything that came up to now is in the reports. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')

/** The directory of the program that is started: this one, or another version of it. */
export async function startInstallation(options: {
  collectors: number
  sites: readonly string[]
  environment?: 'development' | 'production'
  nginx?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  program?: string
}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-deploy-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    return await start()
  } catch (error) {
    for (const each of undo.reverse()) await each()
    throw error
  }

  async function start(): Promise<Installation> {
    const dataDir = join(folder, 'data')
    await openDataFolder(dataDir)
    const postgres = await startEmbeddedPostgres({
      folder: join(folder, 'postgres'),
      port: await freePort(),
      password: 'deploy',
      logFile: join(folder, 'postgres.log'),
    })
    undo.push(() => postgres.stop())
    if (options.program)
      await runIn(options.program, 'migrate', { DATABASE_URL: postgres.url, DATA_DIR: dataDir })
    else await prepareDatabase(postgres.url)
    const pool = openPostgres(postgres.url, {
      max: 4,
      statementTimeoutMs: 60_000,
      onError: () => {},
    })
    undo.push(() => pool.end())
    for (const site of options.sites)
      await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
    const key = await createApiKey(pool, { scope: 'read', siteId: null })
    const env = {
      DATABASE_URL: postgres.url,
      DATA_DIR: dataDir,
      ENVIRONMENT: options.environment ?? 'production',
      TRUST_PROXY: '127.0.0.1',
      HOST: '127.0.0.1',
      ...options.env,
    }
    const appPort = await freePort()
    const program = options.program ?? ROOT
    const collectors: Process[] = []
    const app = ourProcess('serve', appPort, '/dashboard/', env)
    undo.push(() => app.stop())
    await Promise.all([
      app.start(program),
      ...Array.from({ length: options.collectors }, async () => {
        const port = await freePort()
        const collector = ourProcess('collect', port, '/readyz', {
          ...env,
          APP_URL: `http://127.0.0.1:${appPort}`,
        })
        undo.push(() => collector.stop())
        collectors.push(collector)
        await collector.start(program)
      }),
    ])
    const nginx = await startNginx({
      COLLECTORS: collectors.map(({ port }) => `127.0.0.1:${port}`).join(' '),
      APP: `127.0.0.1:${appPort}`,
      ...options.nginx,
    })
    undo.push(() => nginx.stop())
    return {
      nginx,
      collectors,
      app,
      pool,
      databaseUrl: postgres.url,
      dataDir,
      env,
      key,
      caughtUp: () => caughtUp(pool),
      async close() {
        for (const each of undo.reverse()) await each()
      },
    }
  }
}

function ourProcess(
  command: 'collect' | 'serve',
  port: number,
  readyPath: string,
  env: Readonly<Record<string, string>>,
): Process {
  let child: ChildProcess | undefined
  let output = ''
  let program = ROOT
  const { NODE_OPTIONS: _, ...inherited } = process.env
  return {
    port,
    get pid() {
      return child?.pid ?? 0
    },
    output: () => output,
    async stop() {
      const running = child
      if (!running || running.exitCode !== null || running.signalCode !== null) return null
      const ended = new Promise<number | null>((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      return ended
    },
    async start(from = program) {
      program = from
      const started = spawn(process.execPath, [join(program, 'cli/main.ts'), command], {
        env: { ...inherited, ...env, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      for (const stream of [started.stdout, started.stderr])
        stream?.on('data', (chunk) => {
          output = (output + chunk).slice(-20_000)
        })
      await until(
        `${command} is ready`,
        async () => {
          if (started.exitCode !== null) throw new Error(`${command} ended:\n${output}`)
          return fetch(`http://127.0.0.1:${port}${readyPath}`).then(
            (answer) => answer.ok,
            () => false,
          )
        },
        100_000,
      )
    },
  }
}

/** Runs a command of some version of the program to its end. */
export async function runIn(
  program: string,
  command: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(process.execPath, [join(program, 'cli/main.ts'), command], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`footfall ${command} ended with ${code}:\n${output}`)
}

async function caughtUp(pool: Pool): Promise<void> {
  await until('the pipeline has caught up', async () => {
    const { rows } = await pool.query<{ waiting: number }>(
      `select (select count(*) from events_batches) + (select count(*) from clickhouse_outbox)
            + (select count(*) from changed_days) as waiting`,
    )
    return rows[0]?.waiting === 0
  })
}
