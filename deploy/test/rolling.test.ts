import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLoad } from '../../faults/ledger.ts'
import { generator } from '../../faults/random.ts'
import { sleep } from '../../faults/wait.ts'
import { type Installation, startInstallation } from './installation.ts'
import { reportedEvents, startReading } from './reader.ts'

const SITES = ['one.example', 'two.example', 'three.example']

describe.each([2, 4])('%d collectors behind one nginx, under load', (count) => {
  let product: Installation
  beforeAll(async () => {
    product = await startInstallation({
      collectors: count,
      sites: SITES,
      nginx: { RATE_COLLECT: '1000', RATE_DASHBOARD: '1000' },
      env: { LIMIT_NETWORK: '0' },
    })
  })
  afterAll(() => product?.close())

  it('a client with one retry sees no failure of a reload and of a rolling restart of everything', async () => {
    const { nginx, collectors, app } = product
    const load = startLoad(
      { url: nginx.url, sites: SITES, eventsPerSecond: 400, clients: 8, maxBatch: 20 },
      generator(1),
    )
    const reading = startReading(nginx.url, SITES[0] ?? '', product.key)
    await sleep(1_000)
    nginx.reload()
    await sleep(1_000)
    for (const collector of collectors) {
      expect(await collector.stop()).toBe(0)
      await sleep(200) // the others carry on
      await collector.start()
    }
    // Somebody watches: a stream that stays open must not hold up the end.
    const watching = await fetch(`${nginx.url}/api/v1/sites/${SITES[0]}/live`, {
      headers: { authorization: `Bearer ${product.key}` },
    })
    expect(watching.status).toBe(200)
    expect(await app.stop()).toBe(0)
    await app.start()
    nginx.reload()
    await sleep(1_000)
    const [ledger, reads] = [await load.stop(), await reading.stop()]
    await watching.body?.cancel().catch(() => {})

    console.log(
      `${count} collectors: ${ledger.sent} events, ${[...ledger.answers].map(([answer, n]) => `${answer}: ${n}`).join(', ')}; ` +
        `failed once ${ledger.failed.once}, twice ${ledger.failed.twice}; p99 ${ledger.percentileMs(0.99).toFixed(0)} ms; ` +
        `reads ${reads.done}, failed once ${reads.once}, twice ${reads.twice}`,
    )
    expect(ledger.failed.twice).toBe(0)
    expect(reads.twice).toBe(0)
    expect(reads.done).toBeGreaterThan(0)
    expect(
      [...ledger.answers.keys()].filter((answer) => ![202, 503, 'cut'].includes(answer)),
    ).toEqual([])
    expect(ledger.strange).toEqual([])

    // Each acknowledged event once in the record, and once in the reports.
    await product.caughtUp()
    const { rows } = await product.pool.query<{ event_id: string }>(
      'select event_id from events_log',
    )
    const recorded = new Set(rows.map((row) => row.event_id))
    const fates = [...ledger.fates]
    expect(fates.filter(([id, fate]) => fate === 'acked' && !recorded.has(id))).toEqual([])
    expect([...recorded].filter((id) => ledger.fates.get(id) !== 'acked')).toEqual([])
    expect(rows).toHaveLength(recorded.size)
    let reported = 0
    for (const site of SITES) reported += await reportedEvents(nginx.url, site, product.key)
    expect(reported).toBe(ledger.count('acked'))
    // Every collector had its share.
    const upstreams = new Set(nginx.log().flatMap((line) => String(line.upstream).split(', ')))
    for (const { port } of collectors) expect(upstreams).toContain(`127.0.0.1:${port}`)
  }, 180_000)
})
