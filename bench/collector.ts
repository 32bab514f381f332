import { randomUUIDv7 } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventRow, insertEvents } from '../api/collect/event-row.ts'
import { freePort } from '../cli/free-port.ts'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { Child } from './child.ts'
import { type LoadOptions, type LoadResult, load } from './http-load.ts'
import { median, quantile } from './quantile.ts'
import type { Row, Table } from './table.ts'

const SECONDS = 5
const ROUNDS = 3
const CONNECTIONS = 256
const GATHER_MS = 5 // about what a commit takes
const SITE = 'bench'

/** What storing an event costs, beside a handler that does nothing and beside the bare insert. */
export async function benchCollector(say: (line: string) => void): Promise<readonly Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-bench-'))
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    password: 'bench',
    logFile: join(folder, 'postgres.log'),
  })
  await prepareDatabase(postgres.url)
  const pool = openPostgres(postgres.url, { max: 4, statementTimeoutMs: 60_000, onError: () => {} })
  await pool.query('insert into sites (site_id, name) values ($1, $1)', [SITE])
  const children: Child[] = []
  const start = async (file: string, args: string[], env: Record<string, string> = {}) => {
    const child = await Child.start(file, args, env)
    children.push(child)
    return child
  }
  const collect = async () => {
    const port = await freePort()
    const environment = {
      ...{ DATABASE_URL: postgres.url, DATA_DIR: folder, HOST: '127.0.0.1' },
      ...{ PORT: `${port}`, ENVIRONMENT: 'production', LIMIT_NETWORK: '0', LIMIT_SITE: '0' },
    }
    const child = await start('cli/main.ts', ['collect'], environment)
    await child.listens(port)
    return { child, port }
  }
  try {
    const empty = { port: await freePort() }
    await (await start('bench/empty-server.ts', [`${empty.port}`])).listens(empty.port)
    const grouped = { port: await freePort() }
    await (await start('bench/empty-server.ts', [`${grouped.port}`, `${GATHER_MS}`])).listens(
      grouped.port,
    )
    const collector = await collect()
    const measure = (port: number, options: Partial<LoadOptions> & Pick<LoadOptions, 'body'>) =>
      load({ port, connections: CONNECTIONS, seconds: SECONDS, ...options })

    say('warming up')
    await measure(empty.port, { body: single(), seconds: 2 })
    await measure(collector.port, { body: single(), seconds: 3 })
    // Many, or the empty pages of a new table would weigh.
    await measure(collector.port, { body: batch(20) })
    const { bytes, n } = await sizeOfRecord(pool)

    // Taking turns, so that what else the machine does meets all.
    const kinds = {
      empty: () => measure(empty.port, { body: single() }),
      grouped: () => measure(grouped.port, { body: single() }),
      single: () => measure(collector.port, { body: single() }),
      batch: () => measure(collector.port, { body: batch(20) }),
      kilobyte: () => measure(collector.port, { body: single(1_024) }),
      large: () => measure(collector.port, { body: single(8_192) }),
      cold: () => measure(collector.port, { body: single(), userAgent: coldUserAgent }),
      pages: () => measure(collector.port, { body: coldPage }),
    }
    const results = new Map<string, LoadResult[]>(Object.keys(kinds).map((kind) => [kind, []]))
    let cpu = { collector: 0, events: 0 }
    for (let round = 0; round < ROUNDS; round++)
      for (const [kind, run] of Object.entries(kinds)) {
        say(`${kind}, ${round + 1} of ${ROUNDS}`)
        const before = collector.child.cpuSeconds()
        const result = await run()
        results.get(kind)?.push(result)
        if (kind === 'single')
          cpu = {
            collector: cpu.collector + collector.child.cpuSeconds() - before,
            events: cpu.events + result.requests,
          }
      }
    const rate = (kind: keyof typeof kinds) =>
      median((results.get(kind) ?? []).map(({ requests, seconds }) => requests / seconds))

    say('at 70 % of the peak')
    const paced = await measure(collector.port, {
      body: single(),
      perSecond: rate('single') * 0.7,
      seconds: SECONDS * 2,
    })
    say('two collectors')
    const second = await collect()
    const both = await Promise.all(
      [collector.port, second.port].map((port) => measure(port, { body: single() })),
    )
    say('the bare insert')
    const bare = await bareInsert((rows) => insertEvents(pool, [rows]))
    const all = [...results.values()].flat().concat(paced)
    const refused = all
      .flatMap(({ statuses }) => [...statuses])
      .filter(([status]) => status !== 202)
    const p99Ms = quantile(paced.latenciesMs, 0.99)
    return [
      {
        title: 'Collector',
        method: `${CONNECTIONS} connections from this machine, ${ROUNDS} rounds of ${SECONDS} s in turns, medians; collector, PostgreSQL and load share ${navigator.hardwareConcurrency} cores.`,
        rows: [
          row('an empty Fastify POST handler', `${whole(rate('empty'))} requests/s`),
          row('the same, answering in groups', `${whole(rate('grouped'))} requests/s`),
          row(
            'one event a request, durable',
            `${whole(rate('single'))} requests/s`,
            '≥ 50 % of the empty handler',
            rate('single') / rate('empty') >= 0.5,
            ` (${percent(rate('single') / rate('empty'))})`,
          ),
          row(
            'p99 at 70 % of that',
            `${p99Ms.toFixed(1)} ms`,
            '< 50 ms',
            p99Ms < 50,
            ` (p50 ${quantile(paced.latenciesMs, 0.5).toFixed(1)} ms)`,
          ),
          row(
            'batches of 20',
            `${whole(rate('batch') * 20)} events/s`,
            '≥ 15 000 events/s',
            rate('batch') * 20 >= 15_000,
          ),
          row('the bare insert, 500 rows a commit', `${whole(bare)} events/s`),
          row('batches of 20, of the bare insert', percent((rate('batch') * 20) / bare)),
          row('bodies of 1 KB', `${whole(rate('kilobyte'))} requests/s`),
          row('bodies of 8 KB', `${whole(rate('large'))} requests/s`),
          row('every request another user agent', `${whole(rate('cold'))} requests/s`),
          row('every request another page', `${whole(rate('pages'))} requests/s`),
          row(
            'two collectors',
            `${whole(both.reduce((sum, { requests, seconds }) => sum + requests / seconds, 0))} requests/s`,
          ),
          row(
            'CPU of the collector',
            `${((cpu.collector / cpu.events) * 1e6).toFixed(0)} µs an event`,
          ),
          row('memory of the collector', `${whole(collector.child.memoryBytes() / 2 ** 20)} MB`),
          row(
            'events_log with its indexes',
            `${whole(bytes / n)} bytes a page view`,
            '≤ 700 bytes',
            bytes / n <= 700,
          ),
          row('answers that were not 202', `${refused.reduce((sum, [, times]) => sum + times, 0)}`),
        ],
      },
    ]
  } finally {
    for (const child of children) await child.stop()
    await pool.end()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of what has been stored until now. */
async function sizeOfRecord(pool: Pool): Promise<{ n: number; bytes: number }> {
  const { rows } = await pool.query<{ n: number; bytes: number }>(
    `select (select count(*) from events_log) as n,
            (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'events_log'::regclass)::bigint as bytes`,
  )
  return rows[0] ?? { n: 0, bytes: 0 }
}

const row = (
  what: string,
  figure: string,
  budget?: string,
  isWithin?: boolean,
  note = '',
): Row => ({
  what,
  figure: figure + note,
  ...(budget !== undefined && { budget, isWithin }),
})
const whole = (value: number) => Math.round(value).toLocaleString('en').replaceAll(',', ' ')
const percent = (share: number) => `${Math.round(share * 100)} %`

/** An event as the tracker sends it, `bytes` of it filled up with a property. */
function event(bytes = 0) {
  const eventId = randomUUIDv7()
  const visitor = Math.floor(Math.random() * 5_000)
  return {
    eventType: 'pageview',
    eventId,
    visitorId: `visitor-${visitor}`,
    sessionId: `session-${visitor}`,
    timestamp: Date.now(),
    url: `https://shop.example/products/${visitor % 400}?utm_source=news`,
    referrer: 'https://search.example/',
    title: `Product ${visitor % 400} · Shop`,
    eventData: { navigation: 'load', ...(bytes && { filler: 'x'.repeat(Math.min(bytes, 1_000)) }) },
    ...(bytes > 1_200 && {
      context: Object.fromEntries(
        Array.from({ length: Math.floor((bytes - 1_200) / 500) }, (_, at) => [
          `part${at}`,
          'y'.repeat(480),
        ]),
      ),
    }),
  }
}

const CONTEXT = {
  ...{ tracker: '0.2.0', screen: '1900x1000', viewport: '1400x800', viewportClass: 'desktop' },
  ...{ language: 'de-DE', timezone: 'Europe/Berlin', tabId: 'tab' },
}
const single = (bytes?: number) => () =>
  JSON.stringify({ siteId: SITE, sentAt: Date.now(), context: CONTEXT, events: [event(bytes)] })
const batch = (size: number) => () =>
  JSON.stringify({
    siteId: SITE,
    sentAt: Date.now(),
    context: CONTEXT,
    events: Array.from({ length: size }, () => event()),
  })
/** Pages that nobody has seen, as a site of many articles has them. */
const coldPage = () => single()().replace(/products\/\d+/, `products/${randomUUIDv7()}`)
const coldUserAgent = () =>
  `Mozilla/5.0 (Linux; Android 14; Model ${Math.random().toString(36).slice(2)}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36`

const DERIVED = {
  ...{ country: 'DE', browser: 'Chrome', browserVersion: '140', os: 'Windows' },
  ...{ osVersion: '10', device: 'desktop' },
}

/** Events a second of the insert alone, three at a time as the collector has them. */
async function bareInsert(
  insert: (rows: readonly EventRow[]) => Promise<unknown>,
): Promise<number> {
  const { url, referrer, title, eventData } = event()
  const stored = { url, referrer, title, eventData, context: CONTEXT }
  const rows = () =>
    Array.from({ length: 500 }, (): EventRow => {
      const eventId = randomUUIDv7()
      const nowMs = Date.now()
      return {
        ...{ siteId: SITE, eventId, idAtMs: nowMs, eventType: 'pageview', visitorId: 'v' },
        ...{
          visitorBasis: 'persistent_id',
          sessionId: 's',
          occurredAtMs: nowMs,
          receivedAtMs: nowMs,
        },
        ...{ host: 'shop.example', path: '/products/1', derived: DERIVED, event: stored },
      }
    })
  const startedAt = performance.now()
  let events = 0
  const worker = async () => {
    while (performance.now() - startedAt < SECONDS * 1_000) {
      await insert(rows())
      events += 500
    }
  }
  await Promise.all([worker(), worker(), worker()])
  return events / ((performance.now() - startedAt) / 1_000)
}
