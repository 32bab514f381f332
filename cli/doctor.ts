import { readFileSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { openClickHouse, selectRows } from '../database/clickhouse.ts'
import { type Config, clickhouseOf, ROOT } from './config.ts'
import { findRunning } from './data-folder.ts'
import { findingsOfDatabase } from './doctor-database.ts'
import { findingsOfSettings } from './doctor-settings.ts'
import { bad, type Finding, note, ok } from './finding.ts'
import { readOperations } from './operations.ts'
import { withDatabase } from './with-database.ts'

const HOUR_MS = 3_600_000
const WAIT_MS = 5_000

/** `footfall doctor`: looks at everything, and says what to do. True when nothing is bad. */
export async function doctor(
  config: Config,
  now: () => number,
  say: (line: string) => void,
): Promise<boolean> {
  const found = [
    ...ofVersions(),
    ...findingsOfSettings(config),
    ...(await ofDataFolder(config)),
    ...(await attempt('the database', 'Is it running, and is DATABASE_URL right?', async () => {
      const findings: Finding[] = []
      await withDatabase(config, async (pool) => {
        findings.push(...(await findingsOfDatabase(pool, now())))
      })
      return findings
    })),
    ...(await ofClickHouse(config)),
    ...(await ofPublicUrl(config, now())),
    ...ofOperations(config, now()),
  ]
  for (const { level, what, todo } of found) {
    say(`${{ ok: 'ok  ', note: 'note', bad: 'BAD ' }[level]}  ${what}`)
    if (todo) say(`      → ${todo}`)
  }
  const count = found.filter(({ level }) => level === 'bad').length
  say(count === 0 ? 'Nothing is bad.' : `${count} to mend.`)
  return count === 0
}

async function attempt(
  what: string,
  todo: string,
  look: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [bad(`${what} does not answer: ${(error as Error).message}`, todo)] // whatever it is, it is shown
  }
}

function ofVersions(): Finding[] {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) // our own
  return [ok(`Footfall ${version}, Node ${process.versions.node}`)]
}

async function ofDataFolder(config: Config): Promise<Finding[]> {
  const found: Finding[] = []
  const disk = await statfs(config.dataDir).catch(() => undefined)
  if (!disk)
    return [
      note(
        `DATA_DIR ${config.dataDir} is not there yet`,
        'It is made by "footfall start" or "footfall migrate".',
      ),
    ]
  const share = disk.bavail / disk.blocks
  const left = `${Math.round(share * 100)} % of the disk of ${config.dataDir} is free (${((disk.bavail * disk.bsize) / 1e9).toFixed(1)} GB)`
  const todo = 'Make room or grow it: on a full disk collecting answers 503 (docs/operate.md).'
  found.push(share < 0.1 ? bad(left, todo) : share < 0.2 ? note(left, todo) : ok(left))
  const secrets = await stat(join(config.dataDir, 'footfall.json')).catch(() => undefined)
  if (secrets && (secrets.mode & 0o077) !== 0)
    found.push(
      bad('others can read footfall.json', `chmod 600 ${join(config.dataDir, 'footfall.json')}`),
    )
  return found
}

async function ofClickHouse(config: Config): Promise<Finding[]> {
  // The folder has one owner at a time: the app that runs.
  if (!config.clickhouseUrl) return [ok('ClickHouse is embedded in the app')]
  return attempt('ClickHouse', 'Is it running, and is CLICKHOUSE_URL right?', async () => {
    const clickhouse = await openClickHouse(clickhouseOf(config))
    try {
      const [row] = await selectRows<{ version: string }>(clickhouse, 'select version() as version')
      return [ok(`ClickHouse ${row?.version}`)]
    } finally {
      await clickhouse.close()
    }
  })
}

async function ofPublicUrl(config: Config, nowMs: number): Promise<Finding[]> {
  if (config.environment !== 'production' && !findRunning(config.dataDir)) return []
  const found: Finding[] = []
  const url = new URL(config.publicUrl)
  if (url.protocol === 'https:') {
    const certificate = await certificateOf(url).catch(() => undefined)
    if (certificate) found.push(ofCertificate(url, certificate, nowMs))
  }
  const answer = await fetch(`${config.publicUrl}/health`, {
    signal: AbortSignal.timeout(WAIT_MS),
  }).catch((error: Error) => error)
  found.push(
    answer instanceof Error
      ? bad(
          `${config.publicUrl} does not answer: ${(answer.cause as Error | undefined)?.message ?? answer.message}`, // fetch says why by its cause
          'Are nginx and the collectors running, and does the name point here?',
        )
      : answer.ok
        ? ok(`${config.publicUrl} answers, and events can be stored`)
        : bad(`${config.publicUrl}/health is ${answer.status}`, await answer.text()),
  )
  return found
}

interface Certificate {
  readonly expiresMs: number
  /** Why browsers do not trust it. */
  readonly distrust: string | undefined
}

function ofCertificate(url: URL, { expiresMs, distrust }: Certificate, nowMs: number): Finding {
  const days = (expiresMs - nowMs) / (24 * HOUR_MS)
  if (distrust)
    return bad(
      `browsers do not trust the certificate of ${url.host}: ${distrust}`,
      'Until there is one nginx shows its own. Let’s Encrypt says in "docker compose logs acme", or certbot itself, why it gave none; own files are named by TLS_CERTIFICATE and TLS_KEY.',
    )
  return days < 14
    ? bad(
        `the certificate of ${url.host} ends in ${days.toFixed(0)} days`,
        'Renew it; nginx takes it over within seconds.',
      )
    : ok(`the certificate of ${url.host} is good for ${days.toFixed(0)} days`)
}

function certificateOf(url: URL): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      // One that nobody trusts has to be looked at, too.
      {
        host: url.hostname,
        port: Number(url.port) || 443,
        servername: url.hostname,
        rejectUnauthorized: false,
      },
      () => {
        resolve({
          expiresMs: Date.parse(socket.getPeerCertificate().valid_to),
          distrust: socket.authorized ? undefined : `${socket.authorizationError}`,
        })
        socket.destroy()
      },
    )
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error('timeout')))
    socket.once('error', reject)
  })
}

function ofOperations({ dataDir, environment }: Config, nowMs: number): Finding[] {
  const { backup, drill } = readOperations(dataDir)
  const level = environment === 'production' ? bad : note
  const days = (at: number) => ((nowMs - at) / (24 * HOUR_MS)).toFixed(1)
  return [
    backup === undefined || nowMs - backup > 48 * HOUR_MS
      ? level(
          backup === undefined
            ? 'there is no backup'
            : `the last backup is ${days(backup)} days old`,
          'Run "footfall backup FOLDER" each night, to another disk (docs/operate.md).',
        )
      : ok(`the last backup is ${days(backup)} days old`),
    drill === undefined || nowMs - drill > 35 * 24 * HOUR_MS
      ? note(
          drill === undefined
            ? 'no backup was ever tried'
            : `the last drill is ${days(drill)} days old`,
          'Run "footfall restore BACKUP --drill yes" each month.',
        )
      : ok(`a backup was tried ${days(drill)} days ago`),
  ]
}
