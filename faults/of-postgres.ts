import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type pg from 'pg'
import { askCold, type ColdAnswer, describeCold, longestMs, wrongCold } from './cold-requests.ts'
import { type Fault, judge, limitMs, megabytes, most, seconds, survived } from './fault.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { sleep, until } from './wait.ts'

/** What is done to PostgreSQL while collectors store. */
export const POSTGRES_FAULTS: readonly Fault[] = [
  {
    id: 'F03',
    title:
      'kill -9 of PostgreSQL with all its processes, in turn with its first process alone and again while it starts',
    ok: 'no 202 while it is down; the first within 10 s of its return',
    rounds: { small: 2, full: 100, asked: 100 },
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F03')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      const backMs: number[] = []
      let whileDown = 0
      for (let round = 0; round < rounds; round++) {
        await sleep(100 + rig.random() * 700)
        await rig.postgres.kill(round % 2 === 0 ? 'all' : 'first')
        // Those that are left end when they see it; a commit that is under way may end well.
        if (round % 2 === 1) await sleep(200)
        const downAt = performance.now()
        await sleep(200)
        whileDown += load.ledger.acksWithin(downAt, performance.now())
        const starting = rig.postgres.start()
        if (round % 2 === 1) {
          await sleep(rig.random() * 400)
          rig.postgres.strike()
        }
        await starting
        backMs.push(await firstAck(load.ledger))
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `first 202 at most ${seconds(most(backMs))} after it accepts`,
        broken: [
          survived(collector),
          whileDown > 0 && `${whileDown} × 202 while it was down`,
          limitMs(size, 'the first 202', most(backMs), 10_000),
        ],
      })
    },
  },
  {
    id: 'F07',
    title: 'control for F03: the same with synchronous_commit = off',
    ok: 'a collector stores nothing, a new one refuses to start; one that is lied to FAILS: acknowledged events are lost, and the ledger sees it',
    rounds: { small: 2, full: 10, asked: 10 },
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F07')
      const collector = await rig.collector()
      await rig.query('alter role current_user set synchronous_commit = off')
      rig.after(() => rig.query('alter role current_user reset synchronous_commit'))
      const newConnections = () =>
        rig.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'footfall' and pid <> pg_backend_pid()`,
        )
      await newConnections()
      const isRefused = await refuses(collector.url, sites[0] ?? '')
      const isStartRefused = await refusesToStart(rig)
      // Each commit looks at the settings: the control has to be lied to.
      await rig.query('create schema lies')
      await rig.query(
        `create function lies.current_setting(text) returns text language sql as $$ select 'on' $$`,
      )
      await rig.query('alter role current_user set search_path = lies, pg_catalog, public')
      await rig.query('checkpoint') // what was set without waiting is not to be lost with the events
      rig.after(async () => {
        await rig.query('alter role current_user reset search_path')
        await rig.query('drop schema lies cascade')
      })
      // In a small run nothing is flushed in the background, so that one kill is enough.
      if (size === 'small') {
        await rig.query("alter system set wal_writer_delay = '10s'")
        rig.after(async () => {
          await rig.query('alter system reset wal_writer_delay')
          await rig.query('select pg_reload_conf()')
        })
        await rig.query('select pg_reload_conf()')
      }
      await newConnections()
      const load = rig.load(collector.url, sites)
      for (let round = 0; round < rounds; round++) {
        await sleep(800 + rig.random() * 400)
        await rig.postgres.kill()
        await rig.postgres.start()
        await firstAck(load.ledger)
      }
      const ledger = await load.stop()
      const comparison = await compare(rig, sites, ledger)
      const control = judge(ledger, comparison, {
        runs: rounds,
        measured: `${comparison.lost} lost, ${(comparison.lost / rounds).toFixed(0)} a kill; before PostgreSQL lied, a collector ${isRefused ? 'stored nothing' : 'STORED'}, a new one ${isStartRefused ? 'refused to start' : 'STARTED'}`,
      })
      return {
        ...control,
        broken: [
          ...(comparison.lost === 0 ? ['nothing was lost: the harness is blind'] : []),
          ...(isRefused ? [] : ['a collector stores what may be lost']),
          ...(isStartRefused ? [] : ['a collector starts on a database that may lose commits']),
        ],
      }
    },
  },
  {
    id: 'F09',
    title: 'SIGSTOP of all PostgreSQL processes',
    ok: '503 within 2 s of the deadline, for new sites too; memory grows by less than 50 MB',
    rounds: { small: 1, full: 3, asked: 20 },
    shortened: '30 s of 60 s',
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F09')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      await sleep(size === 'full' ? 10_000 : 500)
      const restBytes = collector.memory
      let highest = restBytes
      const cold: ColdAnswer[] = []
      const backMs: number[] = []
      rig.after(() => rig.postgres.thaw())
      for (let round = 0; round < rounds; round++) {
        rig.postgres.freeze()
        const end = performance.now() + (size === 'full' ? 30_000 : 4_000)
        await sleep(200)
        const asking = askCold(collector.url, `f09-cold-${round}`)
        while (performance.now() < end) {
          highest = Math.max(highest, collector.memory)
          await sleep(100)
        }
        rig.postgres.thaw()
        backMs.push(await firstAck(load.ledger))
        cold.push(...(await asking))
        await sleep(500)
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `memory ${megabytes(restBytes)} + ${megabytes(highest - restBytes)}; sites and visitors not seen before: ${describeCold(cold)}; first 202 ${seconds(most(backMs))} after it goes on`,
        broken: [
          survived(collector),
          limitMs(size, 'an answer', ledger.longestMs, 4_000),
          limitMs(size, 'an answer for a new site', longestMs(cold), 4_000),
          wrongCold(cold),
          size === 'full' && highest - restBytes > 50 * 1_048_576 && 'memory grew',
        ],
      })
    },
  },
  {
    id: 'F11',
    title: 'PostgreSQL is down for a long time',
    ok: 'only 503; everything is delivered afterwards, once',
    rounds: { small: 1, full: 1, asked: 3 },
    shortened: '3 min of 30 min; clients of the harness in place of browsers',
    async run(rig, { size }) {
      const sites = sitesOf('F11')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      await sleep(500)
      const restBytes = collector.memory
      await rig.postgres.kill()
      const downAt = performance.now()
      await sleep(size === 'full' ? 180_000 : 3_000)
      const whileDown = load.ledger.acksWithin(downAt, performance.now())
      const grownBytes = collector.memory - restBytes
      await rig.postgres.start()
      const backMs = await firstAck(load.ledger)
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: 1,
        measured: `memory ${megabytes(restBytes)} + ${megabytes(grownBytes)}; first 202 ${seconds(backMs)} after it accepts`,
        broken: [
          survived(collector),
          whileDown > 0 && `${whileDown} × 202 while it was down`,
          limitMs(size, 'an answer', ledger.longestMs, 5_000),
        ],
      })
    },
  },
  {
    id: 'F18',
    title: 'another client takes all connections of PostgreSQL',
    ok: '503 while there is none; recovers by itself',
    rounds: { small: 1, full: 10, asked: 10 },
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F18')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      const backMs: number[] = []
      let taken = 0
      for (let round = 0; round < rounds; round++) {
        await sleep(300)
        const greedy = await takeAllConnections(rig)
        taken = greedy.length
        await sleep(size === 'full' ? 5_000 : 1_500)
        await Promise.all(greedy.map((client) => client.end()))
        backMs.push(await firstAck(load.ledger))
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${taken} connections taken; first 202 at most ${seconds(most(backMs))} after they are free`,
        broken: [
          survived(collector),
          (ledger.answers.get(503) ?? 0) === 0 && 'no 503: the collector kept a connection',
          limitMs(size, 'an answer', ledger.longestMs, 5_000),
        ],
      })
    },
  },
  {
    id: 'F19',
    title: 'events_log is locked (access exclusive)',
    ok: '503 after the deadline; goes on when the lock is gone',
    rounds: { small: 1, full: 10, asked: 10 },
    shortened: '10 s of 30 s, once 30 s',
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F19')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      const backMs: number[] = []
      for (let round = 0; round < rounds; round++) {
        await sleep(300)
        const locker = await rig.connect()
        await locker.query('begin')
        await locker.query('lock table events_log in access exclusive mode')
        await sleep(size === 'small' ? 3_000 : round === 0 ? 30_000 : 10_000)
        await locker.query('commit')
        await locker.end()
        backMs.push(await firstAck(load.ledger))
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `first 202 at most ${seconds(most(backMs))} after the lock`,
        broken: [
          survived(collector),
          (ledger.answers.get(503) ?? 0) === 0 && 'no 503',
          limitMs(size, 'an answer', ledger.longestMs, 4_000),
        ],
      })
    },
  },
]

/** From now to the first acknowledgement of a request that is sent after now. */
async function firstAck(ledger: { firstAckAfter(time: number): number | undefined }) {
  const from = performance.now()
  await until('the first 202', () => ledger.firstAckAfter(from) !== undefined, 60_000)
  return (ledger.firstAckAfter(from) ?? from) - from
}

/** Whether a running collector has seen the setting, and stores nothing. */
async function refuses(url: string, siteId: string): Promise<boolean> {
  await until('the collector says what is wrong', async () => {
    const readiness = (await (await fetch(`${url}/readyz`)).json()) as { settings?: string }
    return readiness.settings === 'synchronous_commit = off'
  })
  const event = { siteId, eventType: 'pageview', url: `https://${siteId}/` }
  const answer = await fetch(`${url}/collect`, { method: 'POST', body: JSON.stringify(event) })
  return answer.status === 503
}

/** Whether a collector that is started now ends and names the setting. */
function refusesToStart(rig: Rig): Promise<boolean> {
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      [join(import.meta.dirname, '../cli/main.ts'), 'collect'],
      { env: { DATABASE_URL: rig.postgres.url, HOST: '127.0.0.1', PORT: '1' }, timeout: 30_000 },
      (error, _stdout, stderr) => resolve(error?.code === 1 && /synchronous_commit/.test(stderr)),
    ),
  )
}

/** Connects until PostgreSQL has no more, and takes those of the collector when it loses them. */
async function takeAllConnections(rig: Rig): Promise<pg.Client[]> {
  const taken: pg.Client[] = []
  rig.after(() => Promise.all(taken.map((client) => client.end().catch(() => {}))))
  const first = await rig.connect()
  taken.push(first)
  const takeMore = async () => {
    for (;;) {
      const client = await rig.connect().catch(() => undefined)
      if (!client) return
      taken.push(client)
    }
  }
  await until('all connections are taken', async () => {
    await takeMore()
    const { rows } = await first.query<{ left: number }>(
      `select count(pg_terminate_backend(pid)) as left from pg_stat_activity
       where application_name = 'footfall'`,
    )
    await takeMore()
    return Number(rows[0]?.left) === 0
  })
  return taken
}
