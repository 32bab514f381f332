import { askCold, describeCold, longestMs, wrongCold } from './cold-requests.ts'
import { type Fault, judge, limitMs, megabytes, seconds, survived } from './fault.ts'
import { compare, sitesOf } from './rig.ts'
import type { TcpProxy } from './tcp-proxy.ts'
import { sleep, until } from './wait.ts'

/** What is done to connections, by a proxy in between. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    id: 'F15',
    title: 'collector to PostgreSQL cut when the commit was sent, before its answer',
    ok: 'the client gets 503, tries again, and each event is stored once',
    rounds: { small: 10, full: 200, asked: 200 },
    async run(rig, { rounds }) {
      const sites = sitesOf('F15')
      const proxy = await rig.proxy()
      const collector = await rig.collector({ behind: proxy })
      const load = rig.load(collector.url, sites, { maxBatch: 20 })
      const cuts = cutCommits(proxy, rounds, rig.random)
      await until(`${rounds} cuts`, () => cuts.done() >= rounds, 240_000)
      await sleep(500)
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: cuts.done(),
        measured: `${cuts.done()} commits cut, ${cuts.afterCommit()} of them when PostgreSQL had answered`,
        broken: [survived(collector), (ledger.answers.get(503) ?? 0) === 0 && 'no client was told'],
      })
    },
  },
  {
    id: 'F16',
    title: 'client to collector cut after the body, before the answer',
    ok: 'what the client does not know of is stored once after its retry',
    rounds: { small: 25, full: 500, asked: 500 },
    async run(rig, { rounds }) {
      const sites = sitesOf('F16')
      const collector = await rig.collector()
      const proxy = await rig.proxy(collector.port)
      const load = rig.load(`http://127.0.0.1:${proxy.port}`, sites, { maxBatch: 20 })
      let cuts = 0
      proxy.decide = (chunk) => {
        // A body ends with the end of its events.
        const isWhole = chunk.subarray(-2).toString('latin1') === ']}'
        if (!isWhole || cuts >= rounds || rig.random() > 0.5) return 'pass'
        cuts++
        return rig.random() < 0.5 ? 'cut' : 'cut at the answer'
      }
      await until(`${rounds} cuts`, () => cuts >= rounds, 240_000)
      await sleep(500)
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: cuts,
        measured: `${cuts} requests cut`,
        broken: [
          survived(collector),
          (ledger.answers.get('cut') ?? 0) < cuts && 'a cut did not reach its client',
        ],
      })
    },
  },
  {
    id: 'F17',
    title: '2 s of latency and 1 % loss between collector and PostgreSQL',
    ok: '503 and bounded memory; goes on when it is over',
    rounds: { small: 1, full: 1, asked: 1 },
    shortened: '60 s of 10 min; a lost packet is a chunk that is 200 ms late',
    async run(rig, { size }) {
      const sites = sitesOf('F17')
      const proxy = await rig.proxy()
      const collector = await rig.collector({ behind: proxy })
      const load = rig.load(collector.url, sites)
      await sleep(size === 'full' ? 5_000 : 500)
      const restBytes = collector.memory
      proxy.delayMs = 1_000
      proxy.lossShare = 0.01
      const asking = askCold(collector.url, 'f17-cold')
      await sleep(size === 'full' ? 60_000 : 4_000)
      const cold = await asking
      const grownBytes = collector.memory - restBytes
      proxy.delayMs = 0
      proxy.lossShare = 0
      const from = performance.now()
      await until('the first 202', () => load.ledger.firstAckAfter(from) !== undefined)
      const backMs = (load.ledger.firstAckAfter(from) ?? from) - from
      await sleep(500)
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: 1,
        measured: `memory ${megabytes(restBytes)} + ${megabytes(grownBytes)}; sites and visitors not seen before: ${describeCold(cold)}; first 202 ${seconds(backMs)} after it is over`,
        broken: [
          survived(collector),
          wrongCold(cold),
          limitMs(size, 'an answer for a new site', longestMs(cold), 5_000),
          (ledger.answers.get(503) ?? 0) === 0 && 'no 503',
          limitMs(size, 'an answer', ledger.longestMs, 5_000),
          size === 'full' && grownBytes > 100 * 1_048_576 && 'memory grew',
        ],
      })
    },
  },
]

const EVENT = /"url":"https:/
const SYNC = Buffer.from([0x53, 0, 0, 0, 4])

/** Cuts connections to PostgreSQL of which a statement with event ids was just sent to its end. */
function cutCommits(proxy: TcpProxy, wanted: number, random: () => number) {
  const carriesEvents = new Set<number>()
  let done = 0
  let afterCommit = 0
  proxy.decide = (chunk, connection) => {
    if (EVENT.test(chunk.toString('latin1'))) carriesEvents.add(connection)
    if (!chunk.subarray(-SYNC.length).equals(SYNC) || !carriesEvents.delete(connection))
      return 'pass'
    if (done >= wanted || random() > 0.4) return 'pass'
    done++
    // PostgreSQL answers what is committed: cut then, and the commit is certain; cut at once, and it is open.
    if (random() < 0.5) return 'cut'
    afterCommit++
    return 'cut at the answer'
  }
  return { done: () => done, afterCommit: () => afterCommit }
}
