import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '../deploy/test/installation.ts'

export interface Sample {
  readonly atS: number
  readonly lagS: number
  readonly residentBytes: Readonly<Record<'collectors' | 'app', number>>
  /** User and system time so far, of all processes of each part. */
  readonly cpuS: Readonly<Record<'nginx' | 'collectors' | 'PostgreSQL' | 'app', number>>
  readonly databaseBytes: number
  readonly clickhouseBytes: number
}

const EVERY_MS = 5_000

/** Looks at an installation every five seconds, until it is told to stop. */
export function watch(product: Installation): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = []
  const startedAt = performance.now()
  let isOver = false
  let wake = () => {}
  const running = (async () => {
    while (!isOver) {
      samples.push(await look(product, (performance.now() - startedAt) / 1_000))
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, EVERY_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()
  return {
    async stop() {
      isOver = true
      wake()
      await running
      return samples
    },
  }
}

async function look(
  { app, collectors, nginx, pool, dataDir }: Installation,
  atS: number,
): Promise<Sample> {
  const metrics = await (await fetch(`http://127.0.0.1:${app.port}/metrics`)).text()
  const { rows } = await pool.query<{ bytes: number; pid: number }>(
    'select pg_database_size(current_database()) as bytes, pg_backend_pid() as pid',
  )
  const nginxPid = Number(readFileSync(join(nginx.folder, 'run/nginx.pid'), 'utf8'))
  return {
    atS,
    lagS: Number(/^etl_lag_seconds (\S+)/m.exec(metrics)?.[1] ?? 0),
    residentBytes: {
      collectors: collectors.reduce((sum, { pid }) => sum + resident(pid), 0),
      app: resident(app.pid),
    },
    cpuS: {
      nginx: ofTree(nginxPid),
      collectors: collectors.reduce((sum, { pid }) => sum + ofTree(pid), 0),
      PostgreSQL: ofTree(parentOf(rows[0]?.pid ?? 0)),
      app: ofTree(app.pid),
    },
    databaseBytes: rows[0]?.bytes ?? 0,
    clickhouseBytes: sizeOf(join(dataDir, 'clickhouse')),
  }
}

const resident = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024

const TICKS_PER_SECOND = 100 // of Linux

/** What stands after the name in /proc/PID/stat, from the state on. */
const statOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
const parentOf = (pid: number) => Number(statOf(pid)[1])

/** A process, its children that live and those that it has outlived. */
function ofTree(pid: number): number {
  try {
    const own =
      statOf(pid)
        .slice(11, 15)
        .reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children
      .split(' ')
      .filter(Boolean)
      .reduce((sum, child) => sum + ofTree(Number(child)), own)
  } catch {
    return 0 // it has ended meanwhile
  }
}

function sizeOf(path: string): number {
  try {
    const stat = statSync(path)
    if (!stat.isDirectory()) return stat.size
    return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
  } catch {
    return 0 // merged away meanwhile
  }
}

/** Least squares: how much a value grows in a second, over the second half of the samples: the first warms up. */
export function slopePerSecond(samples: readonly Sample[], value: (sample: Sample) => number) {
  const half = samples.slice(Math.floor(samples.length / 2))
  const mean = (of: (sample: Sample) => number) =>
    half.reduce((sum, sample) => sum + of(sample), 0) / half.length
  const [atS, level] = [mean((sample) => sample.atS), mean(value)]
  const over = half.reduce((sum, sample) => sum + (sample.atS - atS) ** 2, 0)
  return half.reduce((sum, sample) => sum + (sample.atS - atS) * (value(sample) - level), 0) / over
}
