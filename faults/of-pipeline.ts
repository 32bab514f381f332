import type pg from 'pg'
import { startApp } from './app-process.ts'
import { copyEvent } from './copy-event.ts'
import { type Fault, judge, limitMs, most, seconds } from './fault.ts'
import {
  AFTER_CLAIM,
  BEFORE_CHECKPOINT,
  BEFORE_COMMIT,
  IN_RECOMPUTE,
  prepareHolds,
} from './holds.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { caughtUp, compareEmbedded, differ, passes } from './stores.ts'
import { sleep, until } from './wait.ts'

const MOMENTS = [AFTER_CLAIM, BEFORE_COMMIT, BEFORE_CHECKPOINT, IN_RECOMPUTE]

/** Where collector and pipeline meet: the record and its work list; and the pipeline when it is killed. */
export const PIPELINE_FAULTS: readonly Fault[] = [
  {
    id: 'F02',
    title: `kill -9 of the pipeline ${MOMENTS.map(({ name }) => name).join('; ')}; in the write to ClickHouse`,
    ok: 'every store has each event once; the backlog is gone within 60 s',
    rounds: { small: 1, full: 40, asked: 200 },
    needsOwnRig: true,
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F02')
      const collector = await rig.collector()
      const app = await startApp(rig)
      const hold = await prepareHolds(rig, MOMENTS)
      const load = rig.load(collector.url, sites)
      const caughtUpMs: number[] = []
      let kills = 0
      for (let round = 0; round < rounds; round++) {
        for (const moment of [...MOMENTS, 'writing' as const]) {
          if (moment === 'writing') await writesToClickHouse(rig)
          const held = moment === 'writing' ? undefined : await hold(moment)
          await held?.taken()
          app.signal('SIGKILL')
          await held?.letGo()
          await app.becomesReady()
          kills++
        }
        caughtUpMs.push(await passes(rig, new Date()))
      }
      const ledger = await load.stop()
      const stores = await compareEmbedded(rig, app)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: kills,
        measured: `backlog gone at most ${seconds(most(caughtUpMs))} after the pipeline was back`,
        broken: [differ(stores), limitMs(size, 'the backlog', most(caughtUpMs), 60_000)],
      })
    },
  },
  {
    id: 'F05',
    title: 'kill -9 of collector, app and PostgreSQL at once',
    ok: 'every store has each event once',
    rounds: { small: 1, full: 50, asked: 50 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F05')
      const collector = await rig.collector()
      const app = await startApp(rig)
      const load = rig.load(collector.url, sites)
      const backMs: number[] = []
      for (let round = 0; round < rounds; round++) {
        const before = load.ledger.acks.length
        await until('events are acknowledged', () => load.ledger.acks.length > before + 10)
        await sleep(rig.random() * 1_000)
        app.signal('SIGKILL')
        collector.signal('SIGKILL')
        await rig.postgres.kill()
        const startedAt = performance.now()
        await rig.postgres.start()
        await Promise.all([collector.becomesReady(), app.becomesReady()])
        backMs.push(performance.now() - startedAt)
      }
      const ledger = await load.stop()
      const stores = await compareEmbedded(rig, app)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `all back after at most ${seconds(most(backMs))}`,
        broken: [differ(stores)],
      })
    },
  },
  {
    id: 'F22',
    title: 'a slow transaction with a lower number commits after the pipeline passed it',
    ok: 'its events are processed, each once; a reader that asks for higher numbers (the control) misses them',
    rounds: { small: 10, full: 200, asked: 200 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F22')
      const collector = await rig.collector()
      const app = await startApp(rig)
      const load = rig.load(collector.url, sites)
      await until('a first event', async () => (await templates(rig, sites)) > 0)
      const slow: string[] = []
      let missed = 0
      const all = await rig.query<{ event_id: string }>('select event_id from events_log limit 1')
      const template = all[0]?.event_id ?? ''
      for (let round = 0; round < rounds; round += 10) {
        const writers = await Promise.all(
          Array.from({ length: Math.min(10, rounds - round) }, () => rig.connect()),
        )
        for (const writer of writers) {
          await writer.query('begin')
          slow.push(await copyEvent(writer, template))
        }
        const { rows } = await (writers[0] as pg.Client).query<{ last: number }>(
          // at least one
          'select max(batch_id)::integer as last from events_batches',
        )
        // Higher numbers are committed and processed meanwhile.
        await until('the pipeline passes', async () => {
          const [row] = await rig.query<{ passed: boolean }>(
            `select exists (select from events_log l where l.batch_id > $1)
               and not exists (select from events_batches b where b.batch_id > $1
                                and b.received_at < now() - interval '5 s') as passed`,
            [rows[0]?.last ?? 0],
          )
          return row?.passed === true
        })
        const [seen] = await rig.query<{ last: number }>(
          'select max(batch_id) as last from events_log',
        )
        for (const writer of writers) {
          await writer.query('commit')
          await writer.end()
        }
        const [passed] = await rig.query<{ events: number }>(
          'select count(*) as events from events_log where event_id = any($1) and batch_id <= $2',
          [slow.slice(-writers.length), seen?.last ?? 0],
        )
        missed += passed?.events ?? 0
      }
      const ledger = await load.stop()
      for (const id of slow) ledger.fates.set(id, 'acked')
      const stores = await compareEmbedded(rig, app)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${slow.length} events committed late, of which a reader of higher numbers would miss ${missed}`,
        broken: [
          differ(stores),
          missed === 0 && 'the control, a reader of higher numbers, misses nothing',
        ],
      })
    },
  },
  {
    id: 'F25',
    title: 'rows that cannot be processed, put into the record',
    ok: 'each is quarantined with a reason, all others pass',
    rounds: { small: 3, full: 10, asked: 10 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F25')
      const collector = await rig.collector()
      const app = await startApp(rig)
      const load = rig.load(collector.url, sites)
      await until('a first event', async () => (await templates(rig, sites)) > 0)
      const all = await rig.query<{ event_id: string }>('select event_id from events_log limit 1')
      const template = all[0]?.event_id ?? ''
      const poison: string[] = []
      const writer = await rig.connect()
      const startedAt = performance.now()
      for (let round = 0; round < rounds; round++) {
        for (const spoil of POISON) {
          await writer.query('begin')
          const id = await copyEvent(writer, template)
          await writer.query(`update events_log set ${spoil} where event_id = $1`, [id])
          await writer.query('commit')
          poison.push(id)
        }
        await sleep(200)
      }
      await writer.end()
      const ledger = await load.stop()
      for (const id of poison) ledger.fates.set(id, 'acked')
      await caughtUp(rig)
      const tookMs = performance.now() - startedAt
      const stores = await compareEmbedded(rig, app, poison)
      const aside = await rig.query<{ event_id: string; reason: string }>(
        'select event_id, reason from quarantine',
      )
      const ids = new Set(aside.map(({ event_id }) => event_id))
      const missing = poison.filter((id) => !ids.has(id)).length
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${aside.length} of ${poison.length} put aside (${[...new Set(aside.map(({ reason }) => reason))].join(', ')}); all done ${seconds(tookMs)} after the first`,
        broken: [
          differ(stores),
          missing > 0 && `${missing} are not in quarantine`,
          aside.length > poison.length && 'good events are in quarantine',
        ],
      })
    },
  },
]

// Times that no JavaScript date or no text of one has, an id that no index takes, an event that is none.
const POISON = [
  "occurred_at = '290000-01-01'",
  `session_id = (select string_agg(md5(n::text), '') from generate_series(1, 300) n)`,
  "event = 'null'",
  "occurred_at = '12000-01-01'",
]

/** Resolves when the pipeline has read a block for ClickHouse, and PostgreSQL waits for what comes of it. */
async function writesToClickHouse(rig: Rig): Promise<void> {
  const watcher = await rig.connect()
  await until('a block is written to ClickHouse', async () => {
    const { rowCount } = await watcher.query(
      `select from pg_stat_activity where state = 'idle in transaction' and query like '/* next delivery */%'`,
    )
    return rowCount !== 0
  })
  await watcher.end()
}

async function templates(rig: Rig, sites: readonly string[]): Promise<number> {
  const rows = await rig.query('select from events_log where site_id = any($1) limit 1', [sites])
  return rows.length
}
