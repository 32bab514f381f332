import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiKey } from '../api/accounts/api-key.ts'
import { selectRows } from '../database/clickhouse.ts'
import { openPostgres } from '../database/postgres.ts'
import { type App, startApp } from './app-process.ts'
import { startClickHouse } from './clickhouse-process.ts'
import { type Fault, judge, limitMs, most, seconds } from './fault.ts'
import type { Ledger } from './ledger.ts'
import { attempt, keepFull } from './of-disk.ts'
import { rebuildSites } from './rebuilding.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { caughtUp, compareEmbedded, compareStores, differ, passes } from './stores.ts'
import { sleep, until } from './wait.ts'

const LIVE_RATE = 500

/** Between the pipeline and ClickHouse, and what becomes of reports. */
export const CLICKHOUSE_FAULTS: readonly Fault[] = [
  {
    id: 'F04',
    title: 'kill -9 of ClickHouse, that is of the app that embeds it; its newest file cut short',
    ok: 'reports answer as soon as it is back, with how fresh they are; what was cut is whole after a rebuild',
    rounds: { small: 2, full: 100, asked: 100 },
    needsOwnRig: true,
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F04')
      const collector = await rig.collector()
      const app = await startApp(rig)
      const load = rig.load(collector.url, sites)
      await until('a first event', async () => {
        const there = await rig.query('select from sites where site_id = $1', [sites[0]])
        return there.length > 0
      })
      const reports = await startReader(rig, app, sites[0] ?? '')
      await until('a report', () => reports.answers.has(200))
      const backMs: number[] = []
      let cut = 0
      for (let round = 0; round < rounds; round++) {
        await sleep(300 + rig.random() * 700)
        app.signal('SIGKILL')
        if (round % 2 === 1 && (await cutNewest(join(app.dataDir, 'clickhouse/store')))) cut++
        const startedAt = performance.now()
        await app.becomesReady()
        const before = reports.answers.get(200) ?? 0
        await until('a report again', () => (reports.answers.get(200) ?? 0) > before)
        backMs.push(performance.now() - startedAt)
        const processed = await eventsProcessed(rig)
        await until('a batch', async () => (await eventsProcessed(rig)) > processed)
      }
      const ledger = await load.stop()
      const { answers, lagMs } = reports.stop()
      await caughtUp(rig)
      await rebuildSites(rig)
      const stores = await compareEmbedded(rig, app)
      const others = [...answers].filter(([status]) => ![200, 503, 0].includes(status))
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${cut} files cut; reports ${answers.get(200)} × 200, ${answers.get(503) ?? 0} × 503, ${answers.get(0) ?? 0} × no app; a report at most ${seconds(most(backMs))} after the kill, events at most ${seconds(lagMs)} old`,
        broken: [
          differ(stores),
          others.length > 0 && `reports answered ${JSON.stringify(others)}`,
          limitMs(size, 'a report', most(backMs), 30_000),
        ],
      })
    },
  },
  {
    id: 'F12',
    title: 'ClickHouse is down, its volume is full, it hangs',
    ok: 'collecting goes on as before; afterwards it catches up at five times the live rate or more',
    rounds: { small: 2, full: 3, asked: 3 },
    shortened: '60 s each of 6 h',
    needsOwnRig: true,
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F12')
      const volume = join(rig.folder, 'volume')
      await mkdir(volume)
      const isVolume = attempt('mount', '-t', 'tmpfs', '-o', 'size=512m', 'tmpfs', volume)
      if (isVolume) rig.after(() => attempt('umount', '--lazy', volume))
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig, { folder: join(volume, 'clickhouse') })
      const app = await startApp(rig, { clickhouseUrl: clickhouse.url })
      const load = rig.load(collector.url, sites)
      let free = async () => {}
      const outages = [
        { name: 'down', begin: clickhouse.kill, end: clickhouse.start },
        ...(isVolume
          ? [
              {
                name: 'full',
                // A ClickHouse that merges frees some: it would take the next blocks.
                begin: async () => {
                  free = await keepFull(join(volume, 'ballast'))
                },
                end: () => free(),
              },
            ]
          : []),
        {
          name: 'hangs',
          begin: () => clickhouse.signal('SIGSTOP'),
          end: () => clickhouse.signal('SIGCONT'),
        },
      ]
      const lines: string[] = []
      const slow: string[] = []
      for (const { name, begin, end } of outages.slice(0, rounds)) {
        await sleep(size === 'full' ? 20_000 : 1_000)
        const beganAt = performance.now()
        await begin()
        await sleep(size === 'full' ? 60_000 : 3_000)
        const endedAt = performance.now()
        const waiting = await eventsWaiting(rig)
        await end()
        const tookMs = await passes(rig, new Date(), 600_000)
        // What came meanwhile went the same way.
        const rate = waiting / (tookMs / 1_000) + LIVE_RATE
        const p99 = [
          load.ledger.percentileMs(0.99, beganAt - 20_000, beganAt),
          load.ledger.percentileMs(0.99, beganAt, endedAt),
        ].map(seconds)
        lines.push(
          `${name}: ${waiting} events waited, ${Math.round(rate)} a second afterwards, p99 of 202 ${p99.join(' before and ')} during`,
        )
        if (size === 'full' && rate < 5 * LIVE_RATE) slow.push(name)
      }
      const ledger = await load.stop()
      const stores = await compareStores(rig, clickhouse.client)
      // A merge that has no room may leave a part whose files are empty.
      const rebuilds = await rig.query('select from rebuilds')
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: lines.length,
        measured: `${lines.join('; ')}; ${rebuilds.length} rebuilds of what was damaged`,
        broken: [
          differ(stores),
          onlyAcknowledged(ledger),
          app.restarts > 0 && `the app ended ${app.restarts} times`,
          slow.length > 0 && `caught up at less than 5 × the live rate: ${slow.join(', ')}`,
        ],
      })
    },
  },
  {
    id: 'F26',
    title: 'ClickHouse cuts each insert into blocks of 20 rows, and fails at one of them',
    ok: 'what is there of an insert is completed, not repeated',
    rounds: { small: 5, full: 50, asked: 50 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F26')
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig, {
        statements: [
          'set max_insert_block_size = 20, min_insert_block_size_rows = 0, min_insert_block_size_bytes = 0',
        ],
      })
      const app = await startApp(rig, { clickhouseUrl: clickhouse.url })
      await clickhouse.client.command({
        query:
          'alter table events add constraint fails check throwIf(rand(occurred_at) % 300 = 0) = 0',
      })
      const load = rig.load(collector.url, sites)
      const failed = async () => {
        const [error] = await selectRows<{ times: number }>(
          clickhouse.client,
          `select value as times from system.errors where name = 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'`,
        )
        return error?.times ?? 0
      }
      await until('inserts fail', async () => (await failed()) >= rounds, 300_000)
      const times = await failed()
      await clickhouse.client.command({ query: 'alter table events drop constraint fails' })
      const ledger = await load.stop()
      const stores = await compareStores(rig, clickhouse.client)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: times,
        measured: `${times} inserts failed`,
        broken: [
          differ(stores),
          onlyAcknowledged(ledger),
          app.restarts > 0 && `the app ended ${app.restarts} times`,
        ],
      })
    },
  },
  {
    id: 'F27',
    title:
      'pipeline to ClickHouse cut when the write is done, before its answer; and before it is done',
    ok: 'each event is there once',
    rounds: { small: 5, full: 50, asked: 50 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F27')
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig)
      const proxy = await rig.proxy(clickhouse.port)
      const app = await startApp(rig, { clickhouseUrl: `http://127.0.0.1:${proxy.port}` })
      const cuts = { 'cut at the answer': 0, cut: 0 }
      proxy.decide = (chunk) => {
        const isWrite = chunk.includes('insert+into+events') || chunk.includes('delete from events')
        const [fate] = Object.entries(cuts).sort(([, a], [, b]) => a - b)[0] ?? []
        if (!isWrite || cuts.cut >= rounds || rig.random() < 0.5) return 'pass'
        cuts[fate as keyof typeof cuts]++ // of its own entries
        return fate as keyof typeof cuts
      }
      const load = rig.load(collector.url, sites)
      await until('writes are cut', () => cuts.cut >= rounds, 300_000)
      const ledger = await load.stop()
      const stores = await compareStores(rig, clickhouse.client)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: cuts.cut + cuts['cut at the answer'],
        measured: `${cuts['cut at the answer']} cut at the answer, ${cuts.cut} before`,
        broken: [
          differ(stores),
          onlyAcknowledged(ledger),
          app.restarts > 0 && `the app ended ${app.restarts} times`,
        ],
      })
    },
  },
]

/** Collecting has nothing to do with ClickHouse. */
const onlyAcknowledged = ({ answers }: Ledger): string | false =>
  [...answers.keys()].some((answer) => answer !== 202) &&
  `collecting answered ${JSON.stringify([...answers])}`

/** Events of the record that ClickHouse does not have yet. */
async function eventsWaiting(rig: Rig): Promise<number> {
  const [row] = await rig.query<{ events: number }>(
    `select (select coalesce(sum(events), 0) from events_batches)::integer
          + (select coalesce(sum(rows), 0) from clickhouse_outbox)::integer as events`,
  )
  return row?.events ?? 0
}

async function eventsProcessed(rig: Rig): Promise<number> {
  const [row] = await rig.query<{ events: number }>(
    'select coalesce(sum(events), 0)::integer as events from event_totals',
  )
  return row?.events ?? 0
}

/** Cuts the newest data file of a folder in half, as a power cut may; false where there is none. */
async function cutNewest(folder: string): Promise<boolean> {
  let newest: { path: string; at: number; size: number } | undefined
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.bin')) continue
    const path = join(folder, name)
    const { mtimeMs, size } = await stat(path)
    if (!newest || mtimeMs > newest.at) newest = { path, at: mtimeMs, size }
  }
  if (!newest) return false
  const file = await open(newest.path, 'r+')
  await file.truncate(Math.floor(newest.size / 2))
  await file.close()
  return true
}

/** Asks for a report all the time; answers by status, 0 where nobody answers. */
async function startReader(rig: Rig, app: App, site: string) {
  const pool = openPostgres(rig.postgres.url, {
    ...{ max: 1, statementTimeoutMs: 10_000, onError: () => {} },
  })
  const key = await createApiKey(pool, { scope: 'read', siteId: null })
  await pool.end()
  const answers = new Map<number, number>()
  let lagMs = 0
  let isWanted = true
  const ask = async (): Promise<number> => {
    const answer = await fetch(`${app.url}/api/v1/sites/${site}/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ metrics: ['events', 'visitors'], range: '7d' }),
      signal: AbortSignal.timeout(30_000),
    })
    const report = (await answer.json()) as { meta?: { freshness: string } } // docs/api.md
    if (report.meta) lagMs = Math.max(lagMs, Date.now() - Date.parse(report.meta.freshness))
    return answer.status
  }
  void (async () => {
    while (isWanted) {
      const status = await ask().catch(() => 0)
      answers.set(status, (answers.get(status) ?? 0) + 1)
      await sleep(100)
    }
  })()
  const stop = () => {
    isWanted = false
    return { answers, lagMs }
  }
  rig.after(stop)
  return { answers, stop }
}
