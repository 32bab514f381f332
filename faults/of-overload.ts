import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { startBalancer } from './balancer.ts'
import { type Fault, judge, megabytes, most, seconds } from './fault.ts'
import { trySignal } from './processes.ts'
import { compare, sitesOf } from './rig.ts'
import { sleep, until } from './wait.ts'

const MEGABYTE = 1_048_576

/** More than a collector has memory, processor or descriptors for. */
export const OVERLOAD_FAULTS: readonly Fault[] = [
  {
    id: 'F31',
    title: 'one of two collectors is killed for its memory in a burst of ten times the load',
    ok: 'under 1 % of the requests of other sites fail after one more try',
    rounds: { small: 1, full: 20, asked: 20 },
    shortened: 'the harness does the kill -9 at a limit, as the kernel does to a cgroup',
    async run(rig, { rounds }) {
      const sites = sitesOf('F31')
      const victim = await rig.collector()
      const other = await rig.collector()
      const balancer = await startBalancer([victim.url, other.url], 2_500)
      rig.after(() => balancer.close())
      const load = rig.load(balancer.url, sites)
      await sleep(1_000)
      const broken: string[] = []
      let highest = 0
      for (let round = 0; round < rounds; round++) {
        const loud = sitesOf(`F31-${round}`, 1)
        const limit = victim.memory + 8 * MEGABYTE
        const burst = rig.load(balancer.url, loud, {
          ...{ eventsPerSecond: 5_000, clients: 16, maxBatch: 100, padding: 200 },
        })
        const deadline = performance.now() + 3_000
        while (victim.memory < limit && performance.now() < deadline) await sleep(5)
        highest = Math.max(highest, victim.memory)
        victim.signal('SIGKILL')
        await victim.becomesReady()
        const ledger = await burst.stop()
        broken.push(...judge(ledger, await compare(rig, loud, ledger), NOTHING_MORE).broken)
      }
      const ledger = await load.stop()
      const share = ledger.failed.twice / Math.max(1, ledger.acks.length)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `killed at up to ${megabytes(highest)}; of ${ledger.acks.length} requests of others ${ledger.failed.once} failed once, ${ledger.failed.twice} twice`,
        broken: [...broken, share >= 0.01 && `${(share * 100).toFixed(1)} % failed twice`],
      })
    },
  },
  {
    id: 'F32',
    title: 'eight busy loops beside the collector',
    ok: '/livez answers 200 all the time; 503 rather than no answer',
    rounds: { small: 1, full: 1, asked: 1 },
    shortened: '40 s of 10 min',
    async run(rig, { size }) {
      const sites = sitesOf('F32')
      const collector = await rig.collector()
      const load = rig.load(collector.url, sites)
      await sleep(500)
      const loops = Array.from({ length: 8 }, () =>
        spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }),
      )
      const stopLoops = () => {
        for (const { pid } of loops) if (pid) trySignal(pid, 'SIGKILL')
      }
      rig.after(stopLoops)
      const healthMs: number[] = []
      let red = 0
      const until = performance.now() + (size === 'full' ? 40_000 : 4_000)
      while (performance.now() < until) {
        const askedAt = performance.now()
        const answer = await fetch(`${collector.url}/livez`, {
          signal: AbortSignal.timeout(10_000),
        }).catch(() => undefined)
        await answer?.arrayBuffer()
        if (!answer?.ok) red++
        healthMs.push(performance.now() - askedAt)
        await sleep(200)
      }
      stopLoops()
      const ledger = await load.stop()
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: 1,
        measured: `/livez ${healthMs.length} times, at most ${seconds(most(healthMs))}; p99 of 202 ${seconds(ledger.percentileMs(0.99))}`,
        broken: [red > 0 && `/livez failed ${red} times`],
      })
    },
  },
  {
    id: 'F33',
    title: 'idle connections: thousands of them, then more than the collector has descriptors',
    ok: 'it answers beside them; without descriptors it recovers when they go, and ends those that stop in a request',
    rounds: { small: 1, full: 5, asked: 5 },
    shortened: '18 000 of 20 000 (the limit of one process here)',
    async run(rig, { rounds, size }) {
      const sites = sitesOf('F33')
      const roomy = await rig.collector()
      const tight = await rig.collector({ openFiles: 128 })
      const load = rig.load(roomy.url, sites)
      const tightSites = sitesOf('F33-tight')
      const tightLoad = rig.load(tight.url, tightSites, { eventsPerSecond: 100 })
      await sleep(500)
      const wanted = size === 'full' ? 18_000 : 2_000
      const backMs: number[] = []
      let opened = 0
      let during = 0
      for (let round = 0; round < rounds; round++) {
        const idle = await openIdle(roomy.port, wanted)
        opened = Math.max(opened, idle.length)
        const from = performance.now()
        const starving = await openIdle(tight.port, 400)
        await sleep(size === 'full' ? 5_000 : 1_500)
        during += load.ledger.acksWithin(from, performance.now())
        for (const socket of [...idle, ...starving]) socket.destroy()
        const freedAt = performance.now()
        await until(
          'the collector without descriptors recovers',
          () => tightLoad.ledger.firstAckAfter(freedAt) !== undefined,
        )
        backMs.push((tightLoad.ledger.firstAckAfter(freedAt) ?? 0) - freedAt)
      }
      // Those that never end are to be ended by the collector.
      const stuck = size === 'full' ? await openIdle(tight.port, 400, HALF_A_REQUEST) : []
      const askedAt = performance.now()
      const isAnswered = await stranger(tight.url)
      const strangerMs = performance.now() - askedAt
      for (const socket of stuck) socket.destroy()
      const tightLedger = await tightLoad.stop()
      const ledger = await load.stop()
      const ofTight = judge(tightLedger, await compare(rig, tightSites, tightLedger), NOTHING_MORE)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${opened} idle connections, ${during} requests acknowledged beside them; out of descriptors: back ${seconds(most(backMs))} after they went, a new client was answered after ${seconds(strangerMs)}`,
        broken: [
          !isAnswered && 'a new client was never answered',
          during === 0 && 'nothing was acknowledged beside them',
          ...ofTight.broken,
        ],
      })
    },
  },
]

const HALF_A_REQUEST =
  'POST /collect HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{'

/** Whether a client that has no connection yet gets an answer within a minute. */
async function stranger(url: string): Promise<boolean> {
  for (const startedAt = performance.now(); performance.now() < startedAt + 60_000; ) {
    const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    )
    await answer?.arrayBuffer()
    if (answer?.ok) return true
    await sleep(200)
  }
  return false
}

const NOTHING_MORE = { runs: 1, measured: '' }

/** Connections that say nothing more than the text; as many of them as the system gives. */
async function openIdle(port: number, wanted: number, text = ''): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let batch = 0; sockets.length < wanted && batch < wanted / 100; batch++) {
    const opened = await Promise.all(
      Array.from(
        { length: 100 },
        () =>
          new Promise<Socket | undefined>((resolve) => {
            const socket = connect({ port, host: '127.0.0.1' }, () => {
              socket.write(text)
              resolve(socket)
            })
            socket.on('error', () => resolve(undefined))
          }),
      ),
    )
    sockets.push(...opened.filter((socket) => socket !== undefined))
  }
  return sockets
}
