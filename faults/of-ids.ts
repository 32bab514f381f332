import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import { ensurePartitions } from '../database/migrate.ts'
import { openPostgres } from '../database/postgres.ts'
import { type Fault, judge } from './fault.ts'
import { Ledger, sendUntilStored } from './ledger.ts'
import { compare, sitesOf } from './rig.ts'
import { uuidAt } from './uuid-at.ts'

const DAY_MS = 86_400_000

/** The same id again. */
export const ID_FAULTS: readonly Fault[] = [
  {
    id: 'F20',
    title: 'the same id in 50 parallel requests to two collectors',
    ok: 'each is answered 202, one of them says that it is new',
    rounds: { small: 20, full: 1_000, asked: 1_000 },
    async run(rig, { rounds, size }) {
      const [site = ''] = sitesOf('F20', 1)
      const collectors = [await rig.collector(), await rig.collector()]
      const agent = new Agent({ keepAlive: true })
      rig.after(() => agent.destroy())
      const ledger = new Ledger()
      let never = 0
      for (let round = 0; round < rounds; round++) {
        const id = uuidAt(Date.now())
        ledger.fates.set(id, 'unknown')
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            sendUntilStored(
              collectors[index % 2]?.url ?? '',
              () => bodyOf(site, [id]),
              ledger,
              agent,
              ONE_GOOD_EVENT,
            ),
          ),
        )
        if (answers.includes(true)) ledger.fates.set(id, 'acked')
        never += answers.filter((isStored) => !isStored).length
      }
      return judge(ledger, await compare(rig, [site], ledger), {
        runs: rounds,
        measured: `${ledger.accepted} told to be new of ${rounds} ids`,
        broken: [
          ledger.accepted > rounds && 'one id was new twice',
          never > 0 && `${never} requests were never answered 202`,
          size === 'full' &&
            (ledger.answers.get(503) ?? 0) > 0 &&
            `${ledger.answers.get(503)} of the requests were answered 503`,
        ],
      })
    },
  },
  {
    id: 'F21',
    title: 'the same id again after midnight, a month, a new partition and a restart',
    ok: 'stored once, and told to be a duplicate',
    rounds: { small: 120, full: 1_000, asked: 1_000 },
    async run(rig, { rounds }) {
      const [site = ''] = sitesOf('F21', 1)
      const collector = await rig.collector()
      const agent = new Agent()
      rig.after(() => agent.destroy())
      const ledger = new Ledger()
      const now = Date.now()
      const nextMonth = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1)
      // Ids of months with a partition, without one yet, of no time at all, and around the switch.
      const times = [now, now - 40 * DAY_MS, now + 200 * DAY_MS, 0, nextMonth - 1, nextMonth]
      const ids = Array.from({ length: rounds }, (_, index) => {
        const time = times[index % (times.length + 1)]
        return time === undefined ? randomUUID() : uuidAt(time)
      })
      for (const id of ids) ledger.fates.set(id, 'unknown')
      const sendAll = async () => {
        const before = ledger.accepted
        for (let at = 0; at < ids.length; at += 50) {
          const some = ids.slice(at, at + 50)
          const expected = { size: some.length, bad: 0 }
          const body = () => bodyOf(site, some)
          if (await sendUntilStored(collector.url, body, ledger, agent, expected))
            for (const id of some) ledger.fates.set(id, 'acked')
        }
        return ledger.accepted - before
      }
      await collector.shiftClock(nextMonth - now - 500)
      const first = await sendAll()
      await collector.shiftClock(nextMonth - now + 500)
      const afterMidnight = await sendAll()
      collector.signal('SIGKILL')
      await collector.becomesReady()
      const afterRestart = await sendAll()
      const pool = openPostgres(rig.postgres.url, {
        ...{ max: 1, statementTimeoutMs: 60_000, onError: () => {} },
      })
      // Rows that waited in the default partition move to the new ones.
      await ensurePartitions(pool, new Date(now + 200 * DAY_MS))
      await pool.end()
      const afterPartition = await sendAll()
      const again = afterMidnight + afterRestart + afterPartition
      return judge(ledger, await compare(rig, [site], ledger), {
        runs: rounds,
        measured: `${first} new at first; then ${afterMidnight} in the next month, ${afterRestart} after a restart, ${afterPartition} after new partitions`,
        broken: [first !== rounds && 'not all were new', again > 0 && `${again} were new again`],
      })
    },
  },
]

const ONE_GOOD_EVENT = { size: 1, bad: 0 }

const bodyOf = (siteId: string, ids: readonly string[]) =>
  JSON.stringify({
    ...{ siteId, visitorId: 'v', sessionId: 's' },
    events: ids.map((eventId) => ({ eventType: 'pageview', eventId })),
  })
