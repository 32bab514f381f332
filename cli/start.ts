import { createServer } from 'node:net'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { type Child, keepRunning } from './child.ts'
import { type Config, ConfigError, childEnvironment } from './config.ts'
import { findRunning, markRunning, openDataFolder, unmarkRunning } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { prepareDatabase } from './prepare-database.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const warn = (line: string) => process.stderr.write(`${line}\n`)

/** `footfall start`: the whole product under one supervisor, until it is told to stop. */
export async function start(config: Config): Promise<void> {
  const startedAt = performance.now()
  // A terminal or pipe that went away is no reason to fall.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const secrets = await openDataFolder(config.dataDir)
  const running = await findLastingRunning(config.dataDir)
  if (running) {
    throw new ConfigError(
      `DATA_DIR ${config.dataDir} is in use by process ${running.pid}, on port ${running.port}.`,
    )
  }
  await assertPortFree(config.host, config.port)
  await markRunning(config.dataDir, config.port, config.databaseUrl)

  const stopped = Promise.withResolvers<void>()
  let stopping = false
  const requestStop = () => {
    if (stopping) process.exit(1) // asked twice: at once; every commit is safe
    stopping = true
    stopped.resolve()
  }
  process.on('SIGINT', requestStop)
  process.on('SIGTERM', requestStop)
  process.on('SIGHUP', requestStop)
  process.on('disconnect', () => stopping || requestStop()) // whoever started us is gone

  const children: Child[] = []
  const database = config.databaseUrl
    ? undefined
    : await keepPostgres(config, secrets.postgresPassword, () => stopping)
  try {
    const databaseUrl = config.databaseUrl ?? database?.url ?? ''
    await markRunning(config.dataDir, config.port, databaseUrl)
    await prepareDatabase(databaseUrl)
    const childEnv = childEnvironment(config, {
      databaseUrl,
      appUrl: `http://127.0.0.1:${await freePort()}`,
    })
    let signInLink: string | undefined
    const on = {
      message: (message: Parameters<Parameters<typeof keepRunning>[2]['message']>[0]) => {
        if (message.kind === 'sign-in-link') signInLink = message.url
      },
      restart: warn,
    }
    children.push(keepRunning('collect', childEnv, on), keepRunning('serve', childEnv, on))
    await Promise.race([Promise.all(children.map((child) => child.ready)), stopped.promise])
    if (!stopping) announce(config, signInLink, (performance.now() - startedAt) / 1_000)
    await stopped.promise
  } finally {
    stopping = true
    say('Stopping …')
    await Promise.all(children.map((child) => child.stop()))
    await database?.stop()
    await unmarkRunning(config.dataDir)
  }
  say('Stopped.')
  // The channel to whoever started us would keep the process alive.
  process.disconnect?.()
}

/** Whoever uses the folder, unless that one is on its way out: a killed start takes a moment to go. */
async function findLastingRunning(dataDir: string) {
  for (let waitedMs = 0; waitedMs < 4_000; waitedMs += 100) {
    if (!findRunning(dataDir)) return undefined
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return findRunning(dataDir)
}

function announce(config: Config, signInLink: string | undefined, seconds: number): void {
  say('')
  say(`  Footfall is ready after ${seconds.toFixed(1)} s (${config.environment})`)
  say('')
  say(`  Dashboard   ${config.publicUrl}/dashboard/`)
  if (config.environment === 'development') say(`  Demo site   ${config.publicUrl}/`)
  say(`  API         ${config.publicUrl}/docs`)
  say(`  Collecting  POST ${config.publicUrl}/collect`)
  say(`  Data        ${config.dataDir}`)
  if (signInLink) {
    say('')
    say('  Nobody has signed in yet. This link lets the first one in, once, within 24 hours:')
    say(`  ${signInLink}`)
  }
  say('')
}

/** The embedded PostgreSQL, started again on the same port when it ends by itself. */
async function keepPostgres(config: Config, password: string, isStopping: () => boolean) {
  const port = await freePort()
  const startOnce = () =>
    startEmbeddedPostgres({
      folder: join(config.dataDir, 'postgres'),
      port,
      password,
      logFile: join(config.dataDir, 'logs/postgres.log'),
    })
  let current: EmbeddedPostgres = await startOnce()
  let starting: Promise<unknown> = Promise.resolve()
  const watch = (server: EmbeddedPostgres) =>
    void server.ended.then((line) => {
      if (!isStopping()) {
        warn(`${line}; starting it again`)
        starting = restart()
      }
    })
  const restart = async (): Promise<void> => {
    while (!isStopping()) {
      try {
        current = await startOnce()
        watch(current)
        return
      } catch (error) {
        // Backends of the killed server may still hold its memory for a moment.
        warn(String(error))
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    }
  }
  watch(current)
  return {
    url: current.url,
    async stop() {
      await starting
      await current.stop()
    },
  }
}

async function assertPortFree(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new ConfigError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} is in use: stop what listens there, or set PORT.`
            : `Cannot listen on ${host}:${port}: ${error.message}`,
        ),
      )
    })
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
