import { type App, startApp } from './app-process.ts'
import { startClickHouse } from './clickhouse-process.ts'
import { copyEvent } from './copy-event.ts'
import { type Fault, judge } from './fault.ts'
import { AFTER_CLAIM, BEFORE_CHECKPOINT, BEFORE_COMMIT, type Held, prepareHolds } from './holds.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { compareStores, differ, passes } from './stores.ts'
import type { TcpProxy } from './tcp-proxy.ts'
import { until } from './wait.ts'

const MOMENTS = [AFTER_CLAIM, BEFORE_COMMIT, BEFORE_CHECKPOINT]

/** Two pipelines at once, on one ClickHouse. */
export const WORKER_FAULTS: readonly Fault[] = [
  {
    id: 'F23',
    title: `SIGSTOP of a pipeline longer than its lease (${MOMENTS.map(({ name }) => name).join('; ')}; between asking ClickHouse and writing to it), another takes over, it goes on`,
    ok: 'its commit is refused; every store has each event once',
    rounds: { small: 4, full: 52, asked: 50 },
    shortened: 'a lease of 2 s, the last 4 of 30 s',
    needsOwnRig: true,
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F23')
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig)
      const begin = await prepareHolds(rig, MOMENTS)
      const load = rig.load(collector.url, sites)
      const refused: string[] = []
      let workers = await startWorkers(rig, clickhouse.port, { [LEASE]: '2000' })
      for (let round = 0; round < rounds; round++) {
        if (size === 'full' && round === rounds - 4) {
          for (const { app } of workers.values()) await app.stop()
          workers = await startWorkers(rig, clickhouse.port, {})
        }
        const moment = MOMENTS[round % (MOMENTS.length + 1)]
        if (!moment) {
          const { app } = await stopsBeforeInsert(workers)
          await allPass(rig, workers)
          app.signal('SIGCONT')
          await serves(app)
          continue
        }
        const hold = await begin(moment)
        const held = await hold.taken()
        const stopped = workers.get(held.name)
        if (!stopped) throw new Error(`${held.name} is no worker`)
        stopped.app.signal('SIGSTOP')
        await hold.letGo()
        await until('its lease is over', () => isGone(rig, held))
        await allPass(rig, workers)
        stopped.app.signal('SIGCONT')
        await serves(stopped.app)
        refused.push(await fateOf(rig, held))
      }
      const ledger = await load.stop()
      const stores = await compareStores(rig, clickhouse.client)
      const committed = refused.filter((fate) => fate !== 'aborted').length
      const ended = [...workers.values()].reduce((sum, { app }) => sum + app.restarts, 0)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${refused.length} commits refused by PostgreSQL, ${rounds - refused.length} late writes by ClickHouse`,
        broken: [
          differ(stores),
          committed > 0 && `${committed} commits of a worker whose lease was over`,
          ended > 0 && `a pipeline ended ${ended} times`,
        ],
      })
    },
  },
  {
    id: 'F24',
    title: 'two pipelines by mistake; and, as the control, two that both have the lock',
    ok: 'every store has each event once; those of the control do not',
    rounds: { small: 1, full: 10, asked: 10 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F24')
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig)
      const begin = await prepareHolds(rig, MOMENTS)
      const load = rig.load(collector.url, sites)
      const workers = await startWorkers(rig, clickhouse.port, {})
      for (let round = 0; round < rounds; round++) {
        const hold = await begin(BEFORE_COMMIT)
        await hold.taken()
        const before = load.ledger.acks.length
        await until('events for the other', () => load.ledger.acks.length > before + 20)
        await hold.letGo()
        await allPass(rig, workers)
      }
      const ledger = await load.stop()
      const stores = await compareStores(rig, clickhouse.client)
      for (const { app } of workers.values()) await app.stop()

      // For the control, a function that says yes to all in the place of the lock, and no count of events, whose row
      // of a site is a lock too: two events of a visit, one to each.
      await rig.query(
        `create function public.pg_try_advisory_xact_lock(bigint) returns boolean language sql as 'select true';
         create function nothing() returns trigger language plpgsql as 'begin return null; end';
         create trigger uncounted before insert on event_counts for each row execute function nothing();
         create trigger uncounted before insert on event_totals for each row execute function nothing();`,
      )
      const unlocked = await startWorkers(rig, clickhouse.port, {
        options: '-c search_path=public,pg_catalog',
      })
      const writer = await rig.connect()
      const [template] = await rig.query<{ event_id: string }>(
        `select event_id from events_log where event_type = 'signup' limit 1`,
      )
      const addToVisit = async () => {
        await writer.query('begin')
        const id = await copyEvent(writer, template?.event_id ?? '')
        // Later than all others: what only adds to a visit is added to what was read of it.
        await writer.query('update events_log set occurred_at = now() where event_id = $1', [id])
        await writer.query('commit')
        ledger.fates.set(id, 'acked')
      }
      for (let round = 0; round < 3; round++) {
        const hold = await begin(BEFORE_COMMIT)
        await addToVisit()
        await hold.taken()
        await addToVisit()
        await until('both are in a transaction', async () => {
          const waiting = await rig.query('select distinct pid from pg_locks where not granted')
          return waiting.length > 1
        })
        await hold.letGo()
        await allPass(rig, unlocked)
      }
      await writer.end()
      const control = await compareStores(rig, clickhouse.client)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `the control: ${differ(control) || 'no difference'}`,
        broken: [differ(stores), !differ(control) && 'two without the lock do no harm'],
      })
    },
  },
]

interface Worker {
  readonly app: App
  readonly proxy: TcpProxy
}

/** What the address of a database says of the lease: openPostgres has 30 s. */
const LEASE = 'idle_in_transaction_session_timeout'

/** Pipelines by their names, each on a proxy of its own before ClickHouse. */
async function startWorkers(
  rig: Rig,
  clickhousePort: number,
  database: Readonly<Record<string, string>>,
  names: readonly string[] = ['one', 'other'],
): Promise<ReadonlyMap<string, Worker>> {
  const workers = names.map(async (name) => {
    const proxy = await rig.proxy(clickhousePort)
    const app = await startApp(rig, {
      name,
      clickhouseUrl: `http://127.0.0.1:${proxy.port}`,
      database: { ...database, application_name: name },
    })
    return [name, { app, proxy }] as const
  })
  return new Map(await Promise.all(workers))
}

/** Stops the first that asks ClickHouse whether it has a block, before it can hear the answer. */
function stopsBeforeInsert(workers: ReadonlyMap<string, Worker>): Promise<Worker> {
  return new Promise((resolve) => {
    for (const worker of workers.values())
      worker.proxy.decide = (chunk) => {
        if (!chunk.includes('where outbox_id = {id:UInt64}')) return 'pass'
        for (const { proxy } of workers.values()) proxy.decide = () => 'pass'
        worker.app.signal('SIGSTOP')
        resolve(worker)
        return 'pass'
      }
  })
}

/** Resolves when what is in the record now has passed them. */
async function allPass(rig: Rig, workers: ReadonlyMap<string, Worker>): Promise<void> {
  await passes(rig, new Date()).catch((error: Error) => {
    const told = [...workers].map(([name, { app }]) => `${name}: ${app.output.slice(-1_500)}`)
    throw new Error(`${error.message}\n${told.join('\n')}`)
  })
}

async function isGone(rig: Rig, { pid }: Held): Promise<boolean> {
  return (await rig.query('select from pg_stat_activity where pid = $1', [pid])).length === 0
}

/** What became of the transaction. */
async function fateOf(rig: Rig, { transaction }: Held): Promise<string> {
  const [row] = await rig.query<{ fate: string }>('select pg_xact_status($1::xid8) as fate', [
    transaction,
  ])
  return row?.fate ?? 'unknown'
}

/** Resolves when it answers, and with that has come to what it had in hand. */
async function serves(app: App): Promise<void> {
  await until('it answers', async () => {
    const answer = await fetch(app.url, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    )
    await answer?.arrayBuffer()
    return answer !== undefined
  })
}
