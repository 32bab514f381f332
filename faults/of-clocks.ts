import { Agent } from 'node:http'
import { type Fault, judge } from './fault.ts'
import { Ledger, post, sendUntilStored } from './ledger.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { uuidAt } from './uuid-at.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** Late events and wrong clocks: the part that the collector has in them, which is `occurred_at`. */
export const CLOCK_FAULTS: readonly Fault[] = [
  {
    id: 'F28',
    title: 'late events: 1 h, 1 d, 6 d 23 h and 8 d old',
    ok: 'the first three are at their time, the last is refused as too_old',
    rounds: { small: 100, full: 10_000, asked: 10_000 },
    shortened: 'the record; rollups are the pipeline’s',
    async run(rig, { rounds }) {
      const [site = ''] = sitesOf('F28', 1)
      const collector = await rig.collector()
      const book = new Book(site)
      for (let at = 0; at < rounds; at += 50) {
        const ages = [HOUR_MS, DAY_MS, 7 * DAY_MS - HOUR_MS]
        await book.send(collector.url, { clockOffsetMs: 0, ages, count: Math.min(50, rounds - at) })
      }
      const tooOld = await post(
        `${collector.url}/collect`,
        JSON.stringify({
          ...{ siteId: site, visitorId: 'v', sentAt: Date.now() },
          events: [{ eventType: 'pageview', timestamp: Date.now() - 8 * DAY_MS }],
        }),
        new Agent(),
      )
      const isRefused = tooOld.answer === 400 && tooOld.text.includes('too_old')
      return book.judge(rig, rounds, [!isRefused && `8 days: ${tooOld.answer} ${tooOld.text}`])
    },
  },
  {
    id: 'F29',
    title: 'client clocks wrong by ±1 h, ±1 d and ±10 y, and set during a visit',
    ok: 'the stored time is within 2 s of the true one',
    rounds: { small: 140, full: 10_000, asked: 10_000 },
    shortened: 'the record; sessions are the pipeline’s',
    async run(rig, { rounds }) {
      const [site = ''] = sitesOf('F29', 1)
      const collector = await rig.collector()
      const book = new Book(site)
      const offsets = [0, HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS, 10 * YEAR_MS, -10 * YEAR_MS]
      for (let at = 0, turn = 0; at < rounds; at += 20, turn++) {
        await book.send(collector.url, {
          clockOffsetMs: offsets[turn % offsets.length] ?? 0,
          ages: [0, 5 * SECOND_MS, 60 * SECOND_MS],
          count: Math.min(20, rounds - at),
        })
      }
      return book.judge(rig, rounds)
    },
  },
  {
    id: 'F30',
    title: 'the server’s clock jumps by +1 h and −1 h during collecting',
    ok: 'nothing is lost or stored twice; times are the server’s of that moment',
    rounds: { small: 2, full: 10, asked: 10 },
    shortened: 'the record; local days are the pipeline’s',
    async run(rig, { rounds }) {
      const sites = sitesOf('F30')
      const [jumpSite = ''] = sitesOf('F30-jump', 1)
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      const book = new Book(jumpSite)
      for (let round = 0; round < rounds; round++) {
        for (const offsetMs of [HOUR_MS, 0, -HOUR_MS, 0]) {
          await collector.shiftClock(offsetMs)
          // A client with the true clock: the server's is the one that counts.
          const ages = [0, 5 * SECOND_MS]
          await book.send(collector.url, { clockOffsetMs: 0, ages, count: 20, serverMs: offsetMs })
        }
      }
      const ledger = await load.stop()
      const times = await book.judge(rig, rounds)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: times.measured,
        broken: times.broken,
      })
    },
  },
]

/** Sends events of a known true time, and compares it with `occurred_at`. */
class Book {
  readonly #site: string
  readonly #ledger = new Ledger()
  readonly #trueMs = new Map<string, number>()
  readonly #agent = new Agent({ keepAlive: true, timeout: 30_000 })

  constructor(site: string) {
    this.#site = site
  }

  /** Each event happened `ages` before it is sent, by a clock that is ahead by `clockOffsetMs`. */
  async send(
    url: string,
    how: { clockOffsetMs: number; ages: readonly number[]; count: number; serverMs?: number },
  ): Promise<void> {
    const now = Date.now()
    const events = Array.from({ length: how.count }, (_, index) => {
      const happenedMs = now - (how.ages[index % how.ages.length] ?? 0)
      const timestamp = happenedMs + how.clockOffsetMs
      const eventId = uuidAt(timestamp)
      this.#trueMs.set(eventId, happenedMs + (how.serverMs ?? 0))
      this.#ledger.fates.set(eventId, 'unknown')
      return { eventType: 'pageview', eventId, timestamp, sessionId: 's' }
    })
    const body = () =>
      JSON.stringify({
        ...{ siteId: this.#site, visitorId: 'v', sentAt: Date.now() + how.clockOffsetMs },
        events,
      })
    const expected = { size: events.length, bad: 0 }
    if (await sendUntilStored(url, body, this.#ledger, this.#agent, expected))
      for (const { eventId } of events) this.#ledger.fates.set(eventId, 'acked')
  }

  async judge(rig: Rig, runs: number, broken: readonly (string | false)[] = []) {
    this.#agent.destroy()
    const rows = await rig.query<{ event_id: string; occurred_at: Date }>(
      'select event_id, occurred_at from events_log where site_id = $1',
      [this.#site],
    )
    const errors = rows.map(({ event_id, occurred_at }) =>
      Math.abs(occurred_at.getTime() - (this.#trueMs.get(event_id) ?? Number.NaN)),
    )
    // Written so that an unknown event is wrong too. A request that waited is as late as it waited.
    const allowedMs = 2 * SECOND_MS + this.#ledger.longestMs
    const wrong = errors.filter((error) => !(error <= allowedMs)).length
    return judge(this.#ledger, await compare(rig, [this.#site], this.#ledger), {
      runs,
      measured: `${rows.length} times, off by at most ${(errors.reduce((a, b) => Math.max(a, b), 0) / SECOND_MS).toFixed(2)} s`,
      broken: [...broken, wrong > 0 && `${wrong} times are wrong`],
    })
  }
}
