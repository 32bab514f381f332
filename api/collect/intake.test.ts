import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTrackerScripts } from '../../cli/tracker-scripts.ts'
import { type DerivedColumns, type StoredEvent, storedEvent } from '../../contract/event.ts'
import { openPostgres, type Pool } from '../../database/postgres.ts'
import { drain } from '../../pipeline/run.ts'
import { testClickHouse, testPostgres } from '../../test/databases.ts'
import { type CollectorOptions, createCollector } from '../collector.ts'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const NOW_MS = Date.now()

let pool: Pool
let databaseUrl = ''
const collectors: FastifyInstance[] = []
let collector: FastifyInstance

async function newCollector(over: Partial<CollectorOptions> = {}): Promise<FastifyInstance> {
  const made = await createCollector({
    pool: openPostgres(databaseUrl, { max: 4, statementTimeoutMs: 2_000, onError: () => {} }),
    environment: 'production',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: [],
    now: () => NOW_MS,
    newEventId: randomUUIDv7,
    log: false,
    ...over,
  })
  collectors.push(made)
  return made
}

beforeAll(async () => {
  const database = await testPostgres()
  pool = database.pool
  databaseUrl = database.url
  collector = await newCollector()
})
afterAll(() => Promise.all(collectors.map((each) => each.close())))

let made = 0
/** A site of the test's own. */
async function newSite(columns: { allowed_hosts?: string[]; exclude?: object } = {}) {
  const siteId = `site-${++made}`
  await pool.query(
    'insert into sites (site_id, name, allowed_hosts, exclude) values ($1, $1, $2, $3)',
    [siteId, columns.allowed_hosts ?? [], columns.exclude ?? {}],
  )
  return siteId
}

const view = (over: object = {}) => ({
  eventType: 'pageview',
  eventId: randomUUIDv7(),
  url: 'https://a.example/',
  ...over,
})

const collect = (
  siteId: string,
  events: readonly object[],
  headers: Record<string, string> = {},
  by = collector,
) =>
  by.inject({
    method: 'POST',
    url: '/collect',
    headers: { 'user-agent': CHROME, origin: 'https://a.example', ...headers },
    payload: { siteId, events },
  })

async function stored(siteId: string) {
  const { rows } = await pool.query<
    DerivedColumns & { event_type: string; path: string; event: StoredEvent }
  >('select * from events_log where site_id = $1 order by event_id', [siteId])
  return rows.map((row) => ({ ...row, event: storedEvent(row) }))
}

describe('a visitor who says no', () => {
  it.each([
    ['gpc', { 'sec-gpc': '1' }, {}],
    ['dnt', { dnt: '1' }, {}],
    ['consent', {}, { consent: 'denied' }],
    ['consent', {}, { consent: 'unknown' }],
  ])('by %s: nothing is stored, a number is kept', async (reason, headers, over) => {
    const siteId = await newSite()
    const events = [view(over), view({ ...over, eventType: 'signup' })]
    const answer = await collect(siteId, events, headers as Record<string, string>)
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { accepted: 0, duplicates: 0, ignored: 2, rejected: [] },
    ])
    expect(await stored(siteId)).toEqual([])
    await expect
      .poll(async () => {
        const { rows } = await pool.query(
          'select reason, pageviews, events from anonymous_counts where site_id = $1',
          [siteId],
        )
        return rows
      })
      .toEqual([{ reason, pageviews: 1, events: 2 }])
  })

  it('does not speak for others in the same request', async () => {
    const siteId = await newSite()
    const answer = await collect(siteId, [view({ consent: 'denied' }), view(), { eventType: 5 }])
    expect(answer.json()).toMatchObject({ accepted: 1, ignored: 1, rejected: [{ index: 2 }] })
  })
})

describe('a site’s rules', () => {
  it('hold from the moment they change, in every collector', async () => {
    const siteId = await newSite()
    const other = await newCollector()
    for (const by of [collector, other])
      expect((await collect(siteId, [view()], {}, by)).statusCode).toBe(202)
    await pool.query(`update sites set status = 'paused' where site_id = $1`, [siteId])
    for (const by of [collector, other])
      await expect
        .poll(async () => (await collect(siteId, [view()], {}, by)).json().code)
        .toBe('site_paused')
  })

  it('name the code when the origin is not allowed, and the answer is 403', async () => {
    const siteId = await newSite({ allowed_hosts: ['a.example'] })
    const answer = await collect(siteId, [view()], { origin: 'https://evil.example' })
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'origin_not_allowed'])
    expect((await collect(siteId, [view()])).statusCode).toBe(202)
  })

  it('leave out what the owner excludes', async () => {
    const siteId = await newSite({ exclude: { paths: ['/admin/*'], countries: ['FR'] } })
    const answer = await collect(siteId, [
      view({ url: 'https://a.example/admin/x' }),
      view({ context: { timezone: 'Europe/Paris' } }),
      view({ context: { timezone: 'Europe/Berlin' } }),
    ])
    expect(answer.json()).toMatchObject({ accepted: 1, ignored: 2 })
  })

  it('exist for a site that was made a moment ago, and for no other', async () => {
    expect((await collect('no-such-site', [view()])).json().code).toBe('unknown_site')
    expect((await collect(await newSite(), [view()])).statusCode).toBe(202)
  })
})

describe('what is found out of a request', () => {
  it('is the device and the country, and nothing of the address', async () => {
    const siteId = await newSite()
    await collect(siteId, [view({ context: { timezone: 'Asia/Calcutta' } })])
    const [row] = await stored(siteId)
    expect(row?.event.derived).toEqual({
      country: 'IN',
      browser: 'Chrome',
      browserVersion: '140',
      os: 'Windows',
      osVersion: '10',
      device: 'desktop',
    })
    const { rows } = await pool.query(
      'select e::text as row from events_log e where site_id = $1',
      [siteId],
    )
    expect(rows[0].row).not.toContain('127.0.0.1')
  })

  it.each([
    ['Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)', 'GPTBot', 'ai'],
    [CHROME.replace('Chrome/', 'HeadlessChrome/'), 'Headless Chrome', 'automation'],
  ])('is that %s is a bot', async (userAgent, botName, botKind) => {
    const siteId = await newSite()
    await collect(siteId, [view()], { 'user-agent': userAgent })
    const [row] = await stored(siteId)
    expect(row?.event.derived).toMatchObject({ isBot: true, botName, botKind })
  })

  it('takes a program under its own name for somebody’s server, but not for the pixel', async () => {
    const siteId = await newSite()
    await collect(siteId, [view()], { 'user-agent': 'my-shop/1.0' })
    await collector.inject({
      url: `/pixel.gif?site=${siteId}&url=https%3A%2F%2Fa.example%2F`,
      headers: { 'user-agent': 'curl/8' },
    })
    const bots = (await stored(siteId)).map(({ event }) => event.derived?.botName)
    expect(bots.map(String).sort()).toEqual(['curl', 'undefined'])
  })

  it('counts browsers that a test drives in development only', async () => {
    const siteId = await newSite()
    const by = await newCollector({ environment: 'development' })
    await collect(
      siteId,
      [view()],
      { 'user-agent': CHROME.replace('Chrome/', 'HeadlessChrome/') },
      by,
    )
    expect((await stored(siteId))[0]?.event.derived?.isBot).toBeUndefined()
  })

  it('is that a clock was absurd or ahead', async () => {
    const siteId = await newSite()
    await collect(siteId, [
      view({ timestamp: 31_494_784_780_800_000 }),
      view({ timestamp: NOW_MS + 3_600_000 }),
      view({ timestamp: NOW_MS - 1_000 }),
    ])
    const flags = (await stored(siteId)).map(({ event }) => event.flags)
    expect(flags.map(String).sort()).toEqual(['clock_ahead', 'clock_invalid', 'undefined'])
  })
})

describe('a flood', () => {
  const limit = (perSecond: number) => ({ perSecond, burst: perSecond })
  const none = limit(0)

  it('of one network is told when to come again, and others are not', async () => {
    const siteId = await newSite()
    const by = await newCollector({
      limits: { network: limit(3), site: none, total: none },
      trustProxy: ['127.0.0.1'],
    })
    const from = (address: string) => collect(siteId, [view()], { 'x-forwarded-for': address }, by)
    const answers = await Promise.all(
      ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '198.51.100.1'].map(from),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 429, 202])
    // A proxy that nobody named would else shut everybody out.
    const own = await Promise.all(Array.from({ length: 10 }, () => from('127.0.0.1')))
    expect(own.every(({ statusCode }) => statusCode === 202)).toBe(true)
    expect(answers[3]?.headers['retry-after']).toBe('1')
    expect(answers[3]?.json().code).toBe('flood')
    const metrics = (await by.inject('/metrics')).body
    expect(metrics).toContain('ratelimit_total{scope="network"} 1')
  })

  it('of one site leaves the others alone, and stores nothing of what it refuses', async () => {
    const by = await newCollector({ limits: { network: none, site: limit(2), total: none } })
    const [siteId, quiet] = [await newSite(), await newSite()]
    const twice = [view(), view()]
    expect((await collect(siteId, twice, {}, by)).statusCode).toBe(202)
    expect((await collect(siteId, [view()], {}, by)).statusCode).toBe(429)
    expect((await collect(quiet, twice, {}, by)).statusCode).toBe(202)
    expect(await stored(siteId)).toHaveLength(2)
  })

  it('of names, keys and paths becomes (other), with every event counted', async () => {
    const siteId = await newSite()
    for (let batch = 0; batch < 12; batch++)
      await collect(
        siteId,
        Array.from({ length: 100 }, (_, at) =>
          view({ eventType: `name-${batch}-${at}`, eventData: { [`key-${batch}-${at}`]: 1 } }),
        ),
      )
    const rows = await stored(siteId)
    expect(rows).toHaveLength(1_200)
    expect(rows.filter(({ event_type }) => event_type === '(other)')).toHaveLength(201)
    const keys = rows.flatMap(({ event }) => Object.keys(event.eventData ?? {}))
    expect(keys.filter((key) => key === '(other)')).toHaveLength(701)
  })
})

describe('looking at events', () => {
  it('counts them without a scan, before and after the pipeline had them, duplicates once', async () => {
    const siteId = await newSite()
    const events = [view(), view(), view()]
    await collect(siteId, events)
    const by = await newCollector({ environment: 'development' })
    const counts = async () => (await by.inject(`/events/count?siteId=${siteId}`)).json()
    const counted = { count: 3, lastMinute: 3, lastHour: 3, lastDay: 3 }
    const all = { ...counted, bySite: { [siteId]: counted } }
    expect(await counts()).toEqual(all)
    await collect(siteId, events)
    await drain({ pool, clickhouse: await testClickHouse() })
    expect(await counts()).toEqual(all)
  })

  it('streams what comes', async () => {
    const siteId = await newSite()
    const by = await newCollector({ environment: 'development' })
    await by.listen({ host: '127.0.0.1', port: 0 })
    const { port } = by.server.address() as AddressInfo // it listens on a port
    const abort = new AbortController()
    const answer = await fetch(`http://127.0.0.1:${port}/events/recent?siteId=${siteId}`, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
    })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    await reader?.read()
    await collect(siteId, [view({ eventType: 'seen' })])
    let text = ''
    while (!text.includes('"eventType":"seen"')) text += (await reader?.read())?.value ?? ''
    expect(text).toMatch(/^event: event$/m)
    abort.abort()
  })
})
