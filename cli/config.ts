// The only reader of the environment.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isNetwork } from '../api/collect/networks.ts'
import type { Limit, RateLimits } from '../api/collect/rate-limit.ts'

export interface Config {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  readonly environment: 'development' | 'production'
  /** Undefined: the embedded one. */
  readonly databaseUrl: string | undefined
  readonly clickhouseUrl: string | undefined
  /** The cluster whose server that is: tables are made on all of it. */
  readonly clickhouseCluster: string | undefined
  /** Where people reach this installation: links and cookies are made for it. */
  readonly publicUrl: string
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: string[]
  readonly limits: RateLimits
  /** A MaxMind-format database; undefined: time zones tell the country. */
  readonly geoDatabase: string | undefined
  /** The header in which a trusted proxy tells the visitor's country. */
  readonly countryHeader: string | undefined
  /** CIDR ranges that people do not come from; hosts of referrer spam beside those known. */
  readonly botNetworks: readonly string[]
  readonly spamHosts: readonly string[]
  /** How long a collector that is told to end says so at /readyz before it does. */
  readonly drainS: number
  /** Set by the supervisor for the processes it starts. */
  readonly appUrl: string | undefined
}

/** A setting that cannot be used. Ends the program with a line each and no stack. */
export class ConfigError extends Error {}

export const ROOT = resolve(import.meta.dirname, '..')

/** The settings, or one ConfigError that lists everything wrong with them. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = []
  const read = <T>(
    name: string,
    fallback: T,
    parse: (value: string) => T | undefined,
    wanted: string,
  ): T => {
    const value = env[name]
    if (value === undefined || value === '') return fallback
    const parsed = parse(value)
    if (parsed !== undefined) return parsed
    problems.push(`${name} must be ${wanted}.`)
    return fallback
  }
  const url =
    (...protocols: string[]) =>
    (value: string) =>
      protocols.includes(URL.parse(value)?.protocol ?? '') ? value.replace(/\/$/, '') : undefined

  const passwordIn = (name: string) =>
    read<string | undefined>(
      name,
      undefined,
      (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined),
      'the path of a file with a password',
    )

  const port = read('PORT', 8_000, portNumber, 'a number from 1 to 65535')
  const host = read(
    'HOST',
    'localhost',
    (value) => (/^[\w.:-]+$/.test(value) ? value : undefined),
    'a host name or address',
  )
  const config: Config = {
    port,
    host,
    dataDir: resolve(
      ROOT,
      read('DATA_DIR', 'data', (value) => value, 'a path'),
    ),
    environment: read(
      'ENVIRONMENT',
      'development',
      (value) => (value === 'development' || value === 'production' ? value : undefined),
      'development or production',
    ),
    databaseUrl: withPassword(
      read<string | undefined>(
        'DATABASE_URL',
        undefined,
        url('postgres:', 'postgresql:'),
        'a postgres:// address',
      ),
      passwordIn('DATABASE_PASSWORD_FILE'),
    ),
    clickhouseUrl: withPassword(
      read<string | undefined>(
        'CLICKHOUSE_URL',
        undefined,
        url('http:', 'https:'),
        'an http:// address',
      ),
      passwordIn('CLICKHOUSE_PASSWORD_FILE'),
    ),
    clickhouseCluster: read<string | undefined>(
      'CLICKHOUSE_CLUSTER',
      undefined,
      (value) => (/^[\w-]+$/.test(value) ? value : undefined),
      'the name of a cluster',
    ),
    publicUrl: read(
      'PUBLIC_URL',
      `http://localhost:${port}`,
      url('http:', 'https:'),
      'an http:// or https:// address',
    ),
    trustProxy: read(
      'TRUST_PROXY',
      [],
      addresses,
      'a list of addresses or CIDR ranges, separated by commas',
    ),
    limits: {
      network: read('LIMIT_NETWORK', limit(500), limitOf, LIMIT_FORM),
      site: read('LIMIT_SITE', limit(50_000), limitOf, LIMIT_FORM),
      total: read('LIMIT_TOTAL', limit(0), limitOf, LIMIT_FORM),
    },
    geoDatabase: read<string | undefined>(
      'GEO_DATABASE',
      undefined,
      (value) => (existsSync(value) ? resolve(value) : undefined),
      'the path of a database in the MaxMind format',
    ),
    countryHeader: read<string | undefined>(
      'COUNTRY_HEADER',
      undefined,
      (value) => (/^[a-z0-9-]+$/i.test(value) ? value : undefined),
      'the name of a header',
    ),
    botNetworks: read(
      'BOT_NETWORKS',
      [],
      (path) => (linesOf(path)?.every(isNetwork) ? linesOf(path) : undefined),
      'a file with a CIDR range on each line',
    ),
    spamHosts: read('SPAM_HOSTS', [], linesOf, 'a file with a host on each line'),
    drainS: read(
      'DRAIN_S',
      0,
      (value) => (/^\d$|^1\d$/.test(value) ? Number(value) : undefined),
      'a number of seconds under 20',
    ),
    appUrl: read<string | undefined>('APP_URL', undefined, url('http:'), 'an http:// address'),
  }
  if (config.clickhouseCluster && !config.clickhouseUrl)
    problems.push(
      'CLICKHOUSE_CLUSTER needs CLICKHOUSE_URL: the embedded ClickHouse has no cluster.',
    )
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return config
}

/** The address with the password in it, which is nobody's to see in a list of processes or of settings. */
function withPassword(address: string | undefined, password: string | undefined) {
  if (address === undefined || password === undefined) return address
  const url = new URL(address)
  url.password = password
  return url.href.replace(/\/$/, '')
}

/** The lines of a file that say something; `#` begins a comment. */
function linesOf(path: string): string[] | undefined {
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
}

// Ten seconds' worth may come at once: an office behind one address, a page that was linked.
const limit = (perSecond: number): Limit => ({ perSecond, burst: perSecond * 10 })
const LIMIT_FORM = 'a number a second, 0 for no limit'
const limitOf = (value: string) => (/^\d{1,9}$/.test(value) ? limit(Number(value)) : undefined)

function portNumber(value: string): number | undefined {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

function addresses(value: string): string[] | undefined {
  const list = value.split(',').map((each) => each.trim())
  return list.every((each) => /^[\da-f.:]+(\/\d{1,3})?$/i.test(each)) ? list : undefined
}

/** The embedded ClickHouse's folder, or the server's address. */
export const clickhouseOf = (config: Config) =>
  config.clickhouseUrl
    ? { url: config.clickhouseUrl, cluster: config.clickhouseCluster }
    : { path: join(config.dataDir, 'clickhouse') }

/** The environment of a process that the supervisor starts: ours, with what it found out. */
export function childEnvironment(
  config: Config,
  found: { databaseUrl: string; appUrl: string },
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: found.databaseUrl,
    DATA_DIR: config.dataDir,
    APP_URL: found.appUrl,
  }
}
