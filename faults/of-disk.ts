import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Fault, judge, most, type Outcome, seconds, skipped, survived } from './fault.ts'
import { compare, type Rig, sitesOf, startRig } from './rig.ts'
import { sleep, until } from './wait.ts'

/** A full disk. PostgreSQL lies on small volumes of its own: its data on one, its log (WAL) on the other. */
export const DISK_FAULTS: readonly Fault[] = [
  {
    id: 'F13',
    title: 'disk full: the volume of PostgreSQL’s log, the volume of its data',
    ok: 'never 202 for what is not stored; freeing space is all that is needed',
    rounds: { small: 1, full: 5, asked: 25 },
    shortened: '2 of 5 volumes: the others hold nothing of the collector',
    async run(given, { rounds, size }) {
      const folder = await mkdtemp(join(tmpdir(), 'footfall-faults-disk-'))
      given.after(() => rm(folder, { recursive: true, force: true }))
      const volumes = { data: join(folder, 'data'), wal: join(folder, 'wal') }
      for (const volume of Object.values(volumes)) {
        await mkdir(volume)
        if (!attempt('mount', '-t', 'tmpfs', '-o', 'size=512m', 'tmpfs', volume))
          return skipped('a small volume cannot be mounted here: that takes root')
        given.after(() => attempt('umount', '--lazy', volume))
      }
      const rig = await startRig(given.random, { folder: volumes.data })
      given.after(() => rig.close())
      return fillVolumes(rig, volumes, rounds, size === 'full' ? 5_000 : 1_500)
    },
  },
]

export function attempt(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function fillVolumes(
  rig: Rig,
  volumes: { readonly data: string; readonly wal: string },
  rounds: number,
  holdMs: number,
): Promise<Outcome> {
  // PostgreSQL's log moves to its own volume, as administrators do it.
  await rig.postgres.kill()
  const log = join(volumes.data, 'postgres/pg_wal')
  execFileSync('cp', ['-a', log, join(volumes.wal, 'pg_wal')])
  await rm(log, { recursive: true })
  await symlink(join(volumes.wal, 'pg_wal'), log)
  await rig.postgres.start()

  const sites = sitesOf('F13')
  const collector = await rig.collector()
  const load = rig.load(collector.url, sites)
  const backMs: number[] = []
  const refused = () => load.ledger.answers.get(503) ?? 0
  for (let round = 0; round < rounds; round++) {
    for (const volume of [volumes.data, volumes.wal]) {
      await sleep(500)
      const before = refused()
      // What the last round left in the log would be most of a small volume.
      await rig.query('checkpoint')
      await fill(join(volume, 'ballast'))
      await until(`${volume} is full`, async () => {
        // It may have room in files that it has; its log goes to the next one.
        if (volume === volumes.wal) await rig.query('select pg_switch_wal()').catch(() => {})
        return refused() > before
      })
      await sleep(holdMs)
      await rm(join(volume, 'ballast'))
      const freedAt = performance.now()
      await until(
        `the first 202 after ${volume} was freed`,
        () => load.ledger.firstAckAfter(freedAt) !== undefined,
      ).catch((error: Error) => {
        const answers = JSON.stringify([...load.ledger.answers])
        const log = readFileSync(join(volumes.data, 'postgres.log'), 'utf8')
          .split('\n')
          .filter((line) => !/not yet accepting|is starting up|recovery state has not/.test(line))
          .join('\n')
          .slice(-3_000)
        throw new Error(`${error.message}; ${answers}; ${collector.output.slice(-500)}; ${log}`)
      })
      backMs.push((load.ledger.firstAckAfter(freedAt) ?? freedAt) - freedAt)
    }
  }
  const ledger = await load.stop()
  return judge(ledger, await compare(rig, sites, ledger), {
    runs: rounds * 2,
    measured: `PostgreSQL ended ${rig.postgres.ends} times; first 202 at most ${seconds(most(backMs))} after space was freed`,
    broken: [survived(collector)],
  })
}

/** Writes until nothing more fits, behind what is there. */
export async function fill(path: string): Promise<void> {
  const file = await open(path, 'a')
  for (const bytes of [1_048_576, 4_096]) {
    const chunk = Buffer.alloc(bytes)
    try {
      for (;;) await file.write(chunk)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error // all of fs throws these
    }
  }
  await file.close()
}

/** Fills, and fills again what is freed, until the returned function is called, which frees it all. */
export async function keepFull(path: string): Promise<() => Promise<void>> {
  let isWanted = true
  await fill(path)
  const filling = (async () => {
    while (isWanted) {
      await sleep(50)
      await fill(path)
    }
  })()
  return async () => {
    isWanted = false
    await filling
    await rm(path)
  }
}
