import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CollectorOptions, createCollector } from '../api/collector.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, openPostgres, type Pool } from '../database/postgres.ts'
import { claim } from '../pipeline/claim.ts'
import { drain } from '../pipeline/run.ts'
import { transformBatch } from '../pipeline/transform.ts'
import { answer } from '../reports/answer.ts'
import { parseQuery } from '../reports/parse.ts'
import { testClickHouse, testPostgres } from './databases.ts'

let pool: Pool
let clickhouse: ClickHouse
let collector: FastifyInstance
let otherCollector: FastifyInstance
const now = Date.now()

beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
  collector = await createCollector(collectorOptions())
  otherCollector = await createCollector(collectorOptions())
})
afterAll(() => Promise.all([collector.close(), otherCollector.close()]))

const collectorOptions = (): CollectorOptions => ({
  pool,
  environment: 'development',
  appUrl: undefined,
  trackerScripts: readTrackerScripts(),
  trustProxy: [],
  now: () => now,
  newEventId: randomUUIDv7,
  log: false,
})

const collect = (payload: object, by = collector) =>
  by.inject({ method: 'POST', url: '/collect', payload })

async function query(siteId: string, body: object) {
  return answer({ siteId }, parseQuery(body), {
    timezone: 'UTC',
    nowMs: now,
    freshness: '',
    run: ({ sql, params }) => selectRows(clickhouse, sql, params),
  })
}

const countOf = async (table: string, siteId: string) => {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from ${table} where site_id = $1`,
    [siteId],
  )
  return rows[0]?.n
}

describe('from the collector to a report', () => {
  it('takes the two documented examples word for word', async () => {
    const first = await collect({
      eventType: 'test',
      siteId: 'localhost',
      sessionId: 'test_session',
    })
    expect([first.statusCode, first.json()]).toEqual([
      202,
      { accepted: 1, duplicates: 0, rejected: [] },
    ])
    const second = await collect({
      eventType: 'custom_event',
      sessionId: 'sess_abc123',
      visitorId: 'vis_xyz789',
      siteId: 'example-com',
      eventData: { action: 'button_click' },
    })
    expect(second.statusCode).toBe(202)
    await drain({ pool, clickhouse })
    const { rows } = await pool.query(
      `select properties, session_id from user_events where site_id = 'example-com'`,
    )
    expect(rows).toEqual([{ properties: { action: 'button_click' }, session_id: 'sess_abc123' }])
  })

  it('counts what a plain model over the same events counts', async () => {
    const siteId = 'model-example'
    // Numbers from a fixed rule, so that a failure is the same one tomorrow.
    const events = Array.from({ length: 600 }, (_, index) => ({
      eventType: index % 5 === 4 ? 'signup' : 'pageview',
      eventId: randomUUIDv7(),
      visitorId: `v${index % 37}`,
      sessionId: `s${index % 53}`,
      // Sessions are 2 h apart, their events a second.
      timestamp: now - (index % 53) * 2 * 3_600_000 - Math.floor(index / 53) * 1_000,
      url: `https://model.example/${index % 7}${index % 53 < 20 ? '?utm_source=news' : ''}`,
    }))
    for (let from = 0; from < events.length; from += 100) {
      const answered = await collect({ siteId, events: events.slice(from, from + 100) })
      expect(answered.json().accepted).toBe(100)
    }
    await drain({ pool, clickhouse })

    const sessionOf = (event: (typeof events)[number]) => `${event.visitorId} ${event.sessionId}`
    const views = events.filter((event) => event.eventType === 'pageview')
    const distinct = (list: typeof events, key: (event: (typeof events)[number]) => string) =>
      new Set(list.map(key)).size
    const { totals } = await query(siteId, {
      metrics: ['visitors', 'visits', 'pageviews', 'events'],
      range: '7d',
    })
    expect(totals).toEqual({
      visitors: distinct(events, (event) => event.visitorId),
      visits: distinct(events, sessionOf),
      pageviews: views.length,
      events: events.length,
    })

    const byPage = await query(siteId, {
      metrics: ['visitors', 'pageviews'],
      dimensions: ['event:page'],
      range: '7d',
    })
    const expected = [...new Set(events.map((event) => new URL(event.url).pathname))].map(
      (page) => {
        const here = events.filter((event) => new URL(event.url).pathname === page)
        return {
          dimensions: { 'event:page': page },
          metrics: {
            visitors: distinct(here, (event) => event.visitorId),
            pageviews: here.filter((event) => event.eventType === 'pageview').length,
          },
        }
      },
    )
    expect(byPage.rows).toHaveLength(expected.length)
    expect(byPage.rows).toEqual(expect.arrayContaining(expected))

    const bySource = await query(siteId, {
      metrics: ['visits'],
      dimensions: ['visit:source'],
      range: '7d',
    })
    const fromNews = distinct(
      events.filter((event) => event.url.includes('utm_source')),
      sessionOf,
    )
    expect(
      bySource.rows.find((row) => row.dimensions['visit:source'] === 'news')?.metrics.visits,
    ).toBe(fromNews)

    const byDay = await query(siteId, {
      metrics: ['visits', 'pageviews'],
      dimensions: ['time:day'],
      range: '7d',
      fill: 'zero',
    })
    const sum = (name: string) =>
      byDay.rows.reduce((total, row) => total + Number(row.metrics[name]), 0)
    expect([byDay.rows.length, sum('visits'), sum('pageviews')]).toEqual([
      7,
      totals.visits,
      totals.pageviews,
    ])

    const { rows: daily } = await pool.query(
      'select sum(visits) as visits, sum(pageviews) as pageviews, sum(events) as events from daily_site_metrics where site_id = $1',
      [siteId],
    )
    expect(daily).toEqual([
      {
        visits: String(totals.visits),
        pageviews: String(totals.pageviews),
        events: String(totals.events),
      },
    ])
  })

  it('filters by page without changing what a visit is', async () => {
    const all = await query('model-example', { metrics: ['visits', 'bounce_rate'], range: '7d' })
    const some = await query('model-example', {
      metrics: ['visits', 'bounce_rate'],
      range: '7d',
      filters: [['is', 'event:page', ['/1', '/2', '/3', '/4', '/5', '/6', '/0']]],
    })
    expect(some.totals).toEqual(all.totals)
  })

  it('counts no visit as a bounce that did something, in ClickHouse as in PostgreSQL', async () => {
    const visit = (visitorId: string, ...events: object[]) =>
      collect({
        siteId: 'bounce-example',
        visitorId,
        sessionId: visitorId,
        events: [{ eventType: 'pageview', url: 'https://bounce.example/' }, ...events],
      })
    const looked = (visibleMs: number) => ({ eventType: 'engagement', eventData: { visibleMs } })
    await visit('left-at-once')
    await visit('looked-a-moment', looked(9_999))
    await visit('made-an-event', { eventType: 'signup' })
    await visit('looked', looked(10_000))
    await visit('clicked', { eventType: 'click' })
    await visit('began-a-form', { eventType: 'form_start' })
    await visit('read-on', { eventType: 'pageview', url: 'https://bounce.example/2' })
    await drain({ pool, clickhouse })
    const { totals } = await query('bounce-example', {
      metrics: ['visits', 'bounce_rate', 'single_page_rate'],
      range: '7d',
    })
    expect(totals).toEqual({ visits: 7, bounce_rate: 42.9, single_page_rate: 85.7 })
    const { rows } = await pool.query(
      "select sum(bounces)::integer as bounces from daily_site_metrics where site_id = 'bounce-example'",
    )
    expect(rows).toEqual([{ bounces: 3 }])
  })

  it('counts an event once, sent 50 times at once to two collectors', async () => {
    const event = {
      eventType: 'pageview',
      siteId: 'once-example',
      eventId: randomUUIDv7(),
      visitorId: 'v',
      sessionId: 's',
    }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        collect(event, index % 2 ? collector : otherCollector),
      ),
    )
    expect(new Set(answers.map((each) => each.statusCode))).toEqual(new Set([202]))
    expect(answers.reduce((sum, each) => sum + each.json().accepted, 0)).toBe(1)
    await drain({ pool, clickhouse })
    expect(await countOf('events_log', 'once-example')).toBe(1)
    expect(await countOf('pageviews', 'once-example')).toBe(1)
    expect((await query('once-example', { metrics: ['pageviews'], range: 'day' })).totals).toEqual({
      pageviews: 1,
    })
  })

  it('counts an event once whose id has another month than today, or no time at all', async () => {
    const old = '01800000-0000-7000-8000-000000000001' // 2022, in no monthly partition
    const v4 = '11111111-1111-4111-8111-111111111111'
    for (const eventId of [old, v4, old, v4])
      await collect({ eventType: 'x', siteId: 'undated-example', eventId })
    expect(await countOf('events_log', 'undated-example')).toBe(2)
  })

  it('does not skip a commit that has a lower number and becomes visible later', async () => {
    const slow = await pool.connect()
    await slow.query('begin')
    const { rows } = await slow.query<{ batch_id: number }>(
      'insert into events_batches (events) values (1) returning batch_id',
    )
    await slow.query(
      `insert into events_log (site_id, event_id, id_at, batch_id, event_type, visitor_id, visitor_basis, occurred_at, received_at, event)
       values ('slow-example', $1, now(), $2, 'pageview', 'v', 'persistent_id', now(), now(), '{}')`,
      [randomUUIDv7(), rows[0]?.batch_id],
    )
    await pool.query(`insert into sites (site_id, name) values ('slow-example', 'slow')`)
    await collect({ eventType: 'pageview', siteId: 'slow-example', visitorId: 'w' })
    await drain({ pool, clickhouse })
    expect(await countOf('pageviews', 'slow-example')).toBe(1)
    await slow.query('commit')
    slow.release()
    await drain({ pool, clickhouse })
    expect(await countOf('pageviews', 'slow-example')).toBe(2)
  })

  it('does nothing while another worker holds the pipeline, and nothing is lost', async () => {
    await collect({ eventType: 'pageview', siteId: 'busy-example', visitorId: 'v' })
    await inTransaction(pool, async (connection) => {
      expect(await claim(connection)).toHaveLength(1)
      expect(await transformBatch(pool)).toEqual({ kind: 'busy' })
    })
  })

  it('does not insert a block twice whose delivery was not confirmed', async () => {
    await collect({ eventType: 'pageview', siteId: 'block-example', visitorId: 'v' })
    await transformBatch(pool)
    const { rows } = await pool.query('select * from clickhouse_outbox')
    await drain({ pool, clickhouse })
    for (const row of rows) {
      await pool.query(
        `insert into clickhouse_outbox (outbox_id, month, sites, rows, payload) overriding system value
         values ($1, $2, $3, $4, $5)`,
        [row.outbox_id, row.month, row.sites, row.rows, row.payload],
      )
    }
    await drain({ pool, clickhouse })
    expect((await query('block-example', { metrics: ['events'], range: 'day' })).totals).toEqual({
      events: 1,
    })
  })

  it('puts a row aside that cannot be processed, and goes on with the others', async () => {
    const bad = randomUUIDv7()
    await collect({ eventType: 'pageview', siteId: 'poison-example', eventId: bad, visitorId: 'v' })
    await collect({ eventType: 'pageview', siteId: 'poison-example', visitorId: 'w' })
    // What no collector would store: a page view already there under the same key.
    await pool.query(
      `insert into pageviews (site_id, visitor_id, session_id, event_id, occurred_at, visible_ms, engaged_ms, is_bot)
       select site_id, visitor_id, 'x', event_id, occurred_at, 0, 0, false from events_log where event_id = $1`,
      [bad],
    )
    await drain({ pool, clickhouse })
    const { rows } = await pool.query('select event_id, reason from quarantine')
    expect(rows).toEqual([{ event_id: bad, reason: '23505' }])
    expect(
      (await query('poison-example', { metrics: ['pageviews'], range: 'day' })).totals,
    ).toEqual({ pageviews: 1 })
  })
})

describe('bad input', () => {
  it.each([
    ['an empty body', '', 'application/json', 400, 'invalid_json'],
    ['broken JSON', '{', 'application/json', 400, 'invalid_json'],
    ['null', 'null', 'application/json', 400, 'invalid_request'],
    ['__proto__', '{"__proto__":{"a":1}}', 'application/json', 400, 'invalid_json'],
    [
      '8000 levels',
      `{"eventType":"x","siteId":"s","eventData":${'['.repeat(8000)}${']'.repeat(8000)}}`,
      'application/json',
      400,
      'too_deep',
    ],
    ['another charset', '{}', 'application/json; charset=utf-16', 415, 'unsupported_media_type'],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['70 KB', `{"a":"${'x'.repeat(70_000)}"}`, 'application/json', 413, 'too_large'],
    [
      'only a bad event',
      '{"eventType":5,"siteId":"s"}',
      'text/plain;charset=UTF-8',
      400,
      'invalid_event',
    ],
  ])('%s is refused as problem+json', async (_what, payload, type, status, code) => {
    const answered = await collector.inject({
      method: 'POST',
      url: '/collect',
      payload,
      headers: { 'content-type': type },
    })
    expect(answered.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answered.json()).toMatchObject({ status, code })
    expect(answered.statusCode).toBe(status)
  })

  it('invalid UTF-8 is refused', async () => {
    const answered = await collector.inject({
      method: 'POST',
      url: '/collect',
      payload: Buffer.from([0x7b, 0xff, 0x7d]),
      headers: { 'content-type': 'application/json' },
    })
    expect(answered.json().code).toBe('invalid_encoding')
  })

  it('an address with NUL is refused', async () => {
    const answered = await collector.inject('/events/recent?siteId=%00')
    expect([answered.statusCode, answered.json().code]).toEqual([400, 'invalid_request'])
  })

  it('another method is refused with the ones that are allowed', async () => {
    const answered = await collector.inject({ method: 'DELETE', url: '/collect' })
    expect([answered.statusCode, answered.headers.allow]).toEqual([405, 'OPTIONS, POST'])
  })
})

describe('without its database', () => {
  it('the collector answers 503 and never 202, whatever it needed the database for', async () => {
    const nowhere = openPostgres('postgres://x:x@127.0.0.1:1/x', {
      max: 2,
      statementTimeoutMs: 500,
      onError: () => {},
    })
    const cutOff = await createCollector({ ...collectorOptions(), pool: nowhere })
    for (const event of [{ visitorId: 'v' }, {}]) {
      const answered = await collect({ eventType: 'x', siteId: 's', ...event }, cutOff)
      expect([answered.statusCode, answered.json().code]).toEqual([503, 'unavailable'])
      expect(answered.headers['retry-after']).toBe('1')
    }
    const health = await cutOff.inject('/health')
    expect([health.statusCode, health.json().failing]).toEqual([503, ['database']])
    await cutOff.close()
    await nowhere.end()
  })
})

describe('in production', () => {
  it('an unknown site is refused, and /events needs a key', async () => {
    const production = await createCollector({ ...collectorOptions(), environment: 'production' })
    const refused = await collect({ eventType: 'x', siteId: 'nobody-example' }, production)
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'unknown_site'])
    expect((await production.inject('/events/count')).statusCode).toBe(401)
    await production.close()
  })
})
