import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from './config.ts'

/** The layout of the data folder. Raised when an older Footfall could not use a newer folder. */
const FORMAT = 1

export interface Secrets {
  readonly postgresPassword: string
  readonly authSecret: string
}

/** Makes the folder where it is missing; refuses one that is not ours, of another version or not writable. */
export async function openDataFolder(folder: string): Promise<Secrets> {
  try {
    await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o755 })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new ConfigError(`DATA_DIR ${folder} cannot be written: ${(error as Error).message}`) // fs throws Errors
  }
  const marker = join(folder, 'footfall.json')
  if (!existsSync(marker)) {
    const strangers = (await readdir(folder)).filter(
      (name) => name !== 'logs' && name !== 'footfall.json.new',
    )
    if (strangers.length > 0) {
      throw new ConfigError(
        `DATA_DIR ${folder} is not empty and not Footfall's: choose another folder.`,
      )
    }
    const secrets: Secrets = {
      postgresPassword: randomBytes(24).toString('base64url'),
      authSecret: randomBytes(32).toString('base64url'),
    }
    await writeSecrets(folder, secrets)
  }
  return readDataFolder(folder)
}

/** Takes over the key of sessions and links from a backup. */
export async function replaceAuthSecret(folder: string, authSecret: string): Promise<void> {
  await writeSecrets(folder, { ...(await readDataFolder(folder)), authSecret })
}

async function writeSecrets(folder: string, secrets: Secrets): Promise<void> {
  const marker = join(folder, 'footfall.json')
  // Written aside and renamed: a start killed here leaves no half-written file.
  await writeFile(`${marker}.new`, JSON.stringify({ format: FORMAT, ...secrets }, null, 2), {
    mode: 0o600,
  })
  await rename(`${marker}.new`, marker)
}

/** The secrets of a folder that exists. */
export async function readDataFolder(folder: string): Promise<Secrets> {
  const marker = join(folder, 'footfall.json')
  let content: Partial<Secrets> & { format?: unknown }
  try {
    content = JSON.parse(await readFile(marker, 'utf8')) as typeof content // checked below
  } catch (error) {
    throw new ConfigError(`DATA_DIR ${folder} cannot be used: ${(error as Error).message}`) // fs and JSON throw Errors
  }
  if (content.format !== FORMAT) {
    throw new ConfigError(
      `DATA_DIR ${folder} has format ${content.format}; this Footfall uses ${FORMAT}. Start the version that made it.`,
    )
  }
  if (!content.postgresPassword || !content.authSecret) {
    throw new ConfigError(
      `DATA_DIR ${folder} cannot be used: secrets are missing from footfall.json.`,
    )
  }
  return { postgresPassword: content.postgresPassword, authSecret: content.authSecret }
}

/** What a running supervisor tells the command line. */
export interface Running {
  readonly pid: number
  /** When that process began: process ids are used again. */
  readonly began: string
  readonly port: number
  readonly databaseUrl: string | undefined
}

const runningFile = (folder: string) => join(folder, 'running.json')

/** The supervisor that uses the folder now. One that was killed is not running, whatever its file says. */
export function findRunning(folder: string): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(runningFile(folder), 'utf8')) as Running // written by us, below
    return processBegan(running.pid) === running.began ? running : undefined
  } catch {
    return undefined
  }
}

/** Marks the folder as used by this process. */
export async function markRunning(
  folder: string,
  port: number,
  databaseUrl: string | undefined,
): Promise<void> {
  const running: Running = {
    pid: process.pid,
    began: processBegan(process.pid) ?? '',
    port,
    databaseUrl,
  }
  await writeFile(`${runningFile(folder)}.new`, JSON.stringify(running), { mode: 0o600 })
  await rename(`${runningFile(folder)}.new`, runningFile(folder))
}

export const unmarkRunning = (folder: string) => rm(runningFile(folder), { force: true })

/** When a process began; undefined when it has ended, also when nobody has collected its exit code yet. */
function processBegan(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // The name in brackets may hold spaces; after it come the state and, as field 22, the start time.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
      return fields?.[0] === 'Z' ? undefined : fields?.[19]
    }
    const [state, ...began] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+/)
    return state?.startsWith('Z') ? undefined : began.join(' ') || undefined
  } catch {
    return undefined
  }
}
