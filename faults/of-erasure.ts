import { mkdir } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { openPostgres } from '../database/postgres.ts'
import { runCommand } from '../test/product.ts'
import { startApp } from './app-process.ts'
import { startClickHouse } from './clickhouse-process.ts'
import { type Fault, judge } from './fault.ts'
import { type Ledger, post } from './ledger.ts'
import { rebuildSites } from './rebuilding.ts'
import { compare, sitesOf } from './rig.ts'
import { caughtUp, compareStores, differ } from './stores.ts'
import { uuidAt } from './uuid-at.ts'
import { sleep, until } from './wait.ts'

export const ERASURE_FAULTS: readonly Fault[] = [
  {
    id: 'F36',
    title:
      'a visitor is erased while their events come, history is rebuilt and a backup is written',
    ok: 'no event of until then is in any store, after a rebuild neither, nor after the backup is restored; every other is',
    rounds: { small: 2, full: 50, asked: 50 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const [site = '', ...others] = sitesOf('F36', 2)
      const collector = await rig.collector()
      const clickhouse = await startClickHouse(rig)
      const app = await startApp(rig, { clickhouseUrl: clickhouse.url })
      const load = rig.load(collector.url, [site, ...others], { eventsPerSecond: 200 })
      await until('events', () => load.ledger.acks.length >= 10)
      const backups = join(rig.folder, 'backups')
      await mkdir(backups)
      const command = async (databaseUrl: string, ...args: string[]) => {
        const done = await runCommand(args, { DATABASE_URL: databaseUrl, DATA_DIR: app.dataDir })
        if (done.code !== 0) throw new Error(`${args[0]}: ${done.stderr}`)
        return done.stdout.trim()
      }
      const onRig = (...args: string[]) => command(rig.postgres.url, ...args)

      const visitors: Visitor[] = []
      const paths: string[] = []
      for (let round = 0; round < rounds; round++) {
        const visitor = new Visitor(collector.url, site, `erased-${round}`)
        visitors.push(visitor)
        const walking = visitor.walk()
        await until('they are there', () => visitor.acked.size >= 3)
        const working = Promise.all([onRig('rebuild', '--site', site), onRig('backup', backups)])
        await sleep(rig.random() * 2_000)
        const receipt = await onRig('visitor', 'erase', visitor.id, '--site', site)
        visitor.erasedToMs = Date.parse(JSON.parse(receipt).erasedTo) // as it prints it
        // From the queue of a browser that was away.
        await visitor.send(visitor.erasedToMs - 60_000)
        const [, path] = await working
        paths.push(path)
        await visitor.send(Date.now())
        visitor.leave()
        await walking
      }
      const ledger = await load.stop()
      for (const visitor of visitors) visitor.tell(ledger)
      await caughtUp(rig)
      await rebuildSites(rig)
      await caughtUp(rig)
      const stores = await compareStores(rig, clickhouse.client)
      const gone = new Set(visitors.flatMap((visitor) => visitor.gone()))
      const left = await recorded(rig.postgres.url, gone)
      // What was erased since a backup is known by a newer one beside it.
      await onRig('backup', backups)
      let restored = 0
      for (const [round, path] of paths.entries()) {
        const name = `restored_${round}`
        await rig.query(`create database ${name}`)
        const url = new URL(rig.postgres.url)
        url.pathname = `/${name}`
        await command(url.href, 'restore', path)
        restored += await recorded(url.href, gone)
        await rig.query(`drop database ${name}`)
      }
      const kept = visitors.reduce((sum, visitor) => sum + visitor.acked.size, 0) - gone.size
      return judge(ledger, await compare(rig, [site, ...others], ledger), {
        runs: rounds,
        measured: `${gone.size} events erased, ${kept} of the same visitors after that kept; ${paths.length} backups restored`,
        broken: [
          differ(stores),
          left > 0 && `${left} erased events in the record`,
          restored > 0 && `${restored} erased events in restored backups`,
          gone.size < rounds * 4 && 'next to nothing was erased',
        ],
      })
    },
  },
]

/** Someone whose events are in no ledger yet: some of them will have to go. */
class Visitor {
  readonly id: string
  /** Events that were acknowledged, with their times. */
  readonly acked = new Map<string, number>()
  erasedToMs = 0
  readonly #url: string
  readonly #site: string
  readonly #agent = new Agent({ keepAlive: true })
  #isLeaving = false

  constructor(url: string, site: string, id: string) {
    this.#url = `${url}/collect`
    this.#site = site
    this.id = id
  }

  async send(timestamp: number): Promise<void> {
    const eventId = uuidAt(timestamp)
    const event = { eventType: 'pageview', eventId, timestamp, url: 'https://shop.example/mine' }
    const body = { siteId: this.#site, visitorId: this.id, sessionId: this.id, events: [event] }
    const { answer, text } = await post(this.#url, JSON.stringify(body), this.#agent)
    if (answer !== 202) throw new Error(`${answer}: ${text}`)
    this.acked.set(eventId, timestamp)
  }

  /** An event now and then, until they leave. */
  async walk(): Promise<void> {
    while (!this.#isLeaving) {
      await this.send(Date.now())
      await sleep(100)
    }
    this.#agent.destroy()
  }

  leave(): void {
    this.#isLeaving = true
  }

  gone(): string[] {
    return [...this.acked].flatMap(([id, atMs]) => (atMs <= this.erasedToMs ? [id] : []))
  }

  /** What has to be there. */
  tell(ledger: Ledger): void {
    const gone = new Set(this.gone())
    for (const id of this.acked.keys()) {
      if (gone.has(id)) continue
      ledger.fates.set(id, 'acked')
      ledger.accepted++
    }
  }
}

/** How many of the events are in the record of a database. */
async function recorded(databaseUrl: string, ids: ReadonlySet<string>): Promise<number> {
  const pool = openPostgres(databaseUrl, { max: 1, statementTimeoutMs: 60_000, onError: () => {} })
  try {
    const { rowCount } = await pool.query(
      'select from events_log where event_id = any($1::uuid[])',
      [[...ids]],
    )
    return rowCount ?? 0
  } finally {
    await pool.end()
  }
}
