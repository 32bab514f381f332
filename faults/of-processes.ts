import { startBalancer } from './balancer.ts'
import { type Fault, judge, limitMs, most, seconds } from './fault.ts'
import { compare, sitesOf } from './rig.ts'
import { sleep, until } from './wait.ts'

/** What is done to the processes of collectors. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    id: 'F01',
    title: 'kill -9 of the collector at a random time',
    ok: 'it is back within 5 s',
    rounds: { small: 3, full: 200, asked: 200 },
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F01')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      const backMs: number[] = []
      for (let round = 0; round < rounds; round++) {
        await sleep(100 + rig.random() * 700)
        collector.signal('SIGKILL')
        backMs.push(await collector.becomesReady())
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `back after at most ${seconds(most(backMs))}`,
        broken: [limitMs(size, 'coming back', most(backMs), 5_000)],
      })
    },
  },
  {
    id: 'F08',
    title: 'rolling restart (SIGTERM) of two collectors under load',
    ok: 'no request fails twice for a client that tries again (p99 is measured only)',
    rounds: { small: 1, full: 20, asked: 20 },
    shortened: 'collectors only',
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F08')
      const collectors = [await rig.collector(), await rig.collector()]
      const balancer = await startBalancer(
        collectors.map(({ url }) => url),
        5_000,
      )
      rig.after(() => balancer.close())
      const load = rig.load(balancer.url, sites)
      await sleep(size === 'full' ? 10_000 : 1_000)
      const from = performance.now()
      for (let round = 0; round < rounds; round++) {
        for (const collector of collectors) {
          const { pid } = collector
          collector.signal('SIGTERM')
          await until('a new process', () => collector.pid !== pid)
          await collector.becomesReady()
          await sleep(200)
        }
      }
      const usualMs = load.ledger.percentileMs(0.99, 0, from)
      const duringMs = load.ledger.percentileMs(0.99, from)
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${ledger.failed.once} requests failed once, ${ledger.failed.twice} twice; p99 ${seconds(usualMs)} before, ${seconds(duringMs)} during`,
        broken: [ledger.failed.twice > 0 && `${ledger.failed.twice} requests failed twice`],
      })
    },
  },
  {
    id: 'F10',
    title: 'SIGSTOP of one of two collectors behind a balancer',
    ok: 'no request waits longer than 5 s',
    rounds: { small: 1, full: 5, asked: 20 },
    shortened: '15 s of 60 s',
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F10')
      const stopped = await rig.collector()
      const other = await rig.collector()
      const balancer = await startBalancer([stopped.url, other.url], 2_500)
      rig.after(() => balancer.close())
      const load = rig.load(balancer.url, sites)
      for (let round = 0; round < rounds; round++) {
        await sleep(500)
        stopped.signal('SIGSTOP')
        await sleep(size === 'full' ? 15_000 : 3_000)
        stopped.signal('SIGCONT')
        await sleep(500)
      }
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${ledger.failed.once} requests failed once`,
        broken: [limitMs(size, 'an answer', ledger.longestMs, 5_000)],
      })
    },
  },
]
