import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { selectRows } from '../database/clickhouse.ts'
import { runCommand } from '../test/product.ts'
import { type App, startApp } from './app-process.ts'
import { type ClickHouseProcess, startClickHouse } from './clickhouse-process.ts'
import { type Fault, judge, most, seconds } from './fault.ts'
import type { Ledger } from './ledger.ts'
import {
  differing,
  hashesOf,
  hashOfEvents,
  rebuildSites,
  sitesThere,
  startEmpty,
} from './rebuilding.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { caughtUp, compareStores, differ } from './stores.ts'
import { until } from './wait.ts'

/** Everything that is made of the record is made of it again. */
export const REBUILD_FAULTS: readonly Fault[] = [
  {
    id: 'F34',
    title: 'a bit is flipped in a file of ClickHouse, or the file is cut short',
    ok: 'it is seen when ClickHouse starts or reads, and mended by itself: the same hash, as of an empty ClickHouse and a rebuild',
    rounds: { small: 2, full: 50, asked: 50 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const { sites, ledger, clickhouse, app } = await someEvents(rig, 'F34', 3, 30)
      const before = await hashesOf(rig, clickhouse.client)
      const seen = { 'refused to start': 0, 'set aside': 0, 'refused to read': 0 }
      let harmless = 0
      const mendedMs: number[] = []
      const different: string[] = []
      const rebuilds = async () => (await rig.query('select from rebuilds')).length
      const compareAfter = async (what: string) => {
        await caughtUp(rig)
        const tables = differing(before, await hashesOf(rig, clickhouse.client))
        if (tables.length > 0) different.push(`${tables} ${what}`)
      }
      for (let round = 0; round < rounds; round++) {
        const parts = await selectRows<{ path: string }>(
          clickhouse.client,
          `select path from system.parts where table = 'events' and active`,
        )
        const rebuiltBefore = await rebuilds()
        await clickhouse.kill()
        const damage = await damageAFile(
          parts.map(({ path }) => path),
          round % 2 === 0,
          rig.random,
        )
        const found = await clickhouse.start().then(
          () => hashOfEvents(clickhouse.client).catch(() => 'refused to read' as const),
          () => 'refused to start' as const,
        )
        if (found === before.get('events')) harmless++
        else {
          seen[found === 'refused to start' || found === 'refused to read' ? found : 'set aside']++
          if (found !== 'refused to start') {
            const seenAt = performance.now()
            await until(`mending: ${damage}`, async () => (await rebuilds()) > rebuiltBefore)
            await compareAfter(`after it mended itself: ${damage}`)
            mendedMs.push(performance.now() - seenAt)
          }
        }
        await startEmpty(clickhouse, app)
        await rebuildSites(rig)
        await compareAfter(`after a rebuild of nothing: ${damage}`)
      }
      const stores = await compareStores(rig, clickhouse.client)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${Object.entries(seen)
          .map(([what, times]) => `${what} ${times}`)
          .join(
            ', ',
          )}, the same rows nevertheless ${harmless}; mended at most ${seconds(most(mendedMs))} after it was seen`,
        broken: [
          differ(stores),
          different.length > 0 && `another hash: ${different[0]}`,
          Object.values(seen).every((times) => times === 0) && 'no damage was seen',
        ],
      })
    },
  },
  {
    id: 'F35',
    title:
      'all of the processed tables and ClickHouse from the record: over what is there, and of nothing',
    ok: 'the same hashes as those made while the events came',
    rounds: { small: 1, full: 1, asked: 1 },
    needsOwnRig: true,
    async run(rig, { rounds, size }) {
      const acks = size === 'full' ? 1_000 : 30
      const { sites, ledger, clickhouse, app } = await someEvents(rig, 'F35', 5, acks)
      const before = await hashesOf(rig, clickhouse.client)
      for (const site of await sitesThere(rig)) {
        const done = await runCommand(['rebuild', '--site', site], {
          DATABASE_URL: rig.postgres.url,
          DATA_DIR: app.dataDir,
        })
        if (done.code !== 0) throw new Error(`rebuild: ${done.stderr}`)
      }
      await caughtUp(rig)
      const over = differing(before, await hashesOf(rig, clickhouse.client))

      await rig.query(
        'truncate user_sessions, pageviews, user_events, form_submissions, daily_site_metrics',
      )
      await startEmpty(clickhouse, app)
      const emptied = differing(before, await hashesOf(rig, clickhouse.client))
      await rebuildSites(rig)
      await caughtUp(rig)
      const ofNothing = differing(before, await hashesOf(rig, clickhouse.client))
      const stores = await compareStores(rig, clickhouse.client)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${ledger.count('acked')} events; hash of ${[...before].map(([table, hash]) => `${table} ${hash.slice(-8)}`).join(', ')}`,
        broken: [
          differ(stores),
          over.length > 0 && `another hash after a rebuild over what is there: ${over}`,
          ofNothing.length > 0 && `another hash of nothing: ${ofNothing}`,
          emptied.length < 5 && 'the hash does not see that the tables are empty',
        ],
      })
    },
  },
]

/** The stores after some load, with nothing under way. */
async function someEvents(
  rig: Rig,
  id: string,
  siteCount: number,
  acks: number,
): Promise<{ sites: readonly string[]; ledger: Ledger; clickhouse: ClickHouseProcess; app: App }> {
  const sites = sitesOf(id, siteCount)
  const collector = await rig.collector()
  const clickhouse = await startClickHouse(rig)
  const app = await startApp(rig, { clickhouseUrl: clickhouse.url })
  const load = rig.load(collector.url, sites)
  await until('events', () => load.ledger.acks.length >= acks, 300_000)
  const ledger = await load.stop()
  await caughtUp(rig)
  return { sites, ledger, clickhouse, app }
}

/** Flips a bit of a file of one of the parts, or cuts it short; answers what was done. */
async function damageAFile(
  parts: readonly string[],
  isCut: boolean,
  random: () => number,
): Promise<string> {
  const pick = <Of>(of: readonly Of[]): Of => of[Math.floor(random() * of.length)] as Of // of some
  const part = pick(parts)
  const path = join(part, pick(await readdir(part)))
  const { size } = await stat(path)
  const at = Math.floor(random() * size)
  const file = await open(path, 'r+')
  try {
    if (isCut) await file.truncate(at)
    else {
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, at)
      byte[0] = (byte[0] ?? 0) ^ (1 << Math.floor(random() * 8))
      await file.write(byte, 0, 1, at)
    }
  } finally {
    await file.close()
  }
  return `${isCut ? 'cut' : 'flipped'} at ${at} of ${size}: ${path}`
}
