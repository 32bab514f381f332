import { randomUUIDv7 } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccess } from '../api/accounts/access.ts'
import { createApiKey } from '../api/accounts/api-key.ts'
import { createCollector } from '../api/collector.ts'
import { OPEN_API } from '../api/open-api.ts'
import { type Changes, listenForChanges } from '../api/reports/changes.ts'
import { createReportEngine } from '../api/reports/engine.ts'
import { questionRoutes } from '../api/reports/questions-routes.ts'
import { createServer, registerRoutes } from '../api/server.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import type { ClickHouse } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { drain } from '../pipeline/run.ts'
import { QUESTIONS } from '../reports/questions/questions.ts'
import { testClickHouse, testPostgres } from './databases.ts'

let pool: Pool
let clickhouse: ClickHouse
let collector: FastifyInstance
let app: FastifyInstance
let changes: Changes
let key: string
const now = Date.now()

beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
  collector = await createCollector({
    ...{ pool, environment: 'development', appUrl: undefined, trustProxy: [], log: false },
    ...{ trackerScripts: readTrackerScripts(), now: () => now, newEventId: randomUUIDv7 },
  })
  changes = await listenForChanges(pool, () => {})
  app = createServer({ log: false, trustProxy: [] })
  await app.register(swagger, OPEN_API)
  await registerRoutes(app, (scope) =>
    questionRoutes(scope, {
      ...{ pool, changes, now: () => now, engine: createReportEngine(clickhouse, changes) },
      access: createAccess(pool),
    }),
  )
  key = await createApiKey(pool, { scope: 'read', siteId: 'shop-example' })
  await visit('shop-example', 'v1', [
    { eventType: 'pageview', url: 'https://shop.example/', title: 'Shop' },
    {
      eventType: 'engagement',
      eventData: { visibleMs: 12_000, scrollDepth: 50, maxScrollPx: 500 },
    },
    {
      eventType: 'click',
      eventData: { selector: '#buy', tag: 'a', x: 1, y: 2, box: [0, 100, 10, 10] },
    },
    { eventType: 'form_start', eventData: { form: 'join', attempt: 'a1', field: 'name' } },
    {
      eventType: 'form_abandon',
      eventData: { form: 'join', attempt: 'a1', fields: [{ field: 'name', index: 1, focuses: 1 }] },
    },
    { eventType: 'js_error', eventData: { message: '=HYPERLINK("x")', source: '/a.js', line: 1 } },
    { eventType: 'web_vital', eventData: { name: 'LCP', value: 900, rating: 'good' } },
    { eventType: 'text_copy', eventData: { selector: 'p', heading: 'Price', length: 5 } },
    {
      eventType: 'file_download',
      eventData: { url: 'https://shop.example/a.pdf', extension: 'pdf' },
    },
    { eventType: 'outbound_link', eventData: { url: 'https://other.example/' } },
    { eventType: 'signup' },
  ])
  await visit('shop-example', 'v2', [{ eventType: 'pageview', url: 'https://shop.example/' }])
  await visit(
    'shop-example',
    'v4',
    [{ eventType: 'pageview' }],
    'Mozilla/5.0 (compatible; GPTBot/1.2)',
  )
  await drain({ pool, clickhouse })
})
afterAll(async () => {
  await app.close()
  await collector.close()
  await changes.stop()
})

/** A visit of two tabs, its events a second apart. */
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
async function visit(siteId: string, visitorId: string, events: object[], userAgent = FIREFOX) {
  const { statusCode } = await collector.inject({
    method: 'POST',
    url: '/collect',
    headers: { 'user-agent': userAgent },
    payload: {
      ...{ siteId, visitorId, sessionId: `session-${visitorId}` },
      events: events.map((event, index) => ({
        ...{ url: 'https://shop.example/', timestamp: now - 60_000 + index * 1_000 },
        context: { viewId: `${visitorId}-view`, tabId: index < 5 ? 'tab-1' : 'tab-2' },
        ...event,
      })),
    },
  })
  expect(statusCode).toBe(202)
}

type Example = { method: 'GET' | 'POST'; name: string; address: string; body?: object }

const examples: Example[] = (() => {
  const text = readFileSync(join(import.meta.dirname, '../api/README.md'), 'utf8')
  const block = /```http\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  return [...block.matchAll(/^(GET|POST) (\S+)\n?(\{[\s\S]*?\n\n)?/gm)].map(
    ([, method, address = '', body]) => ({
      method: method as Example['method'], // of the pattern
      name: address.replace(/\?.*/, ''),
      address,
      ...(body && { body: JSON.parse(body) }),
    }),
  )
})()

const headers = () => ({ authorization: `Bearer ${key}` })
const urlOf = (site: string, address: string) =>
  `/api/v1/sites/${site}/${address.replace(/\?.*/, '')}${address.includes('?') ? `?${new URLSearchParams(address.replace(/^[^?]*\?/, ''))}` : ''}`

async function ask({ method, address, body }: Example, site = 'shop-example') {
  const id = address.includes('…') ? await firstSession() : ''
  return app.inject({
    ...{ method, headers: headers(), url: urlOf(site, address.replace('…', id)) },
    ...(body && { payload: body }),
  })
}

async function firstSession(): Promise<string> {
  const answered = await app.inject({
    ...{ method: 'GET', url: urlOf('shop-example', 'sessions?range=7d'), headers: headers() },
  })
  return answered.json().rows.at(-1).id
}

describe('the questions of the API', () => {
  it('are all in the examples', () => {
    expect(examples.map(({ name }) => name).sort()).toEqual(
      QUESTIONS.map(({ name }) => name).sort(),
    )
  })

  it.each(examples)('$method $name answers its example', async (example) => {
    const answered = await ask(example)
    expect([answered.statusCode, answered.headers['cache-control']]).toEqual([200, 'no-store'])
    if (example.address.includes('format=csv')) {
      expect(answered.headers['content-type']).toMatch(/^text\/csv/)
      expect(answered.body.split('\r\n').length).toBeGreaterThan(2)
    } else expect(answered.json().rows.length).toBeGreaterThan(0)
  })

  it.each(examples.filter(({ name }) => name !== 'session'))(
    '$name takes every kind of filter',
    async (example) => {
      const filters = [
        ['has_done', ['is', 'event:name', ['pageview']]],
        ['has_not_done', ['is', 'event:name', ['bought']], { by: 'visitor' }],
        ['is', 'visit:exit_page', ['/']],
        ['is', 'visit:visitor_type', ['new']],
        ['is', 'visit:source', ['Direct / None']],
        [
          'or',
          [
            ['contains', 'visit:browser', ['fire'], { case_sensitive: false }],
            ['is', 'event:props:plan', ['pro']],
          ],
        ],
        ['gte', 'event:scroll_depth', [0]],
      ]
      const address = example.address.replace(/&?(filters|format)=[^&]*/g, '')
      const answered = await ask({
        ...example,
        address:
          example.method === 'POST'
            ? address
            : `${address}${address.includes('?') ? '&' : '?'}filters=${JSON.stringify(filters)}`,
        ...(example.body && { body: { ...example.body, filters } }),
      })
      expect([answered.statusCode, answered.json().detail]).toEqual([200, undefined])
    },
  )

  it('tell a visit by its tabs', async () => {
    const answered = await ask({ method: 'GET', name: 'session', address: 'session?id=…' })
    const tabs = answered.json().rows.map((row: { tab: number }) => row.tab)
    expect(new Set(tabs)).toEqual(new Set([1, 2]))
  })

  it('give CSV that a spreadsheet does not run', async () => {
    const answered = await app.inject({
      ...{ method: 'POST', url: urlOf('shop-example', 'errors'), payload: { range: '7d' } },
      headers: { ...headers(), accept: 'text/csv' },
    })
    expect(answered.body.split('\r\n')[1]).toMatch(/^"'=HYPERLINK\(""x""\)",\/a\.js,1,1,/)
    expect(answered.headers['content-disposition']).toBe('attachment; filename="errors.csv"')
  })

  it('give their rows as lines of JSON, and of nothing no line', async () => {
    const lines = (address: string) =>
      app.inject({
        ...{ method: 'GET', url: urlOf('shop-example', address) },
        headers: headers(),
      })
    const answered = await lines('errors?range=7d&format=ndjson')
    const { rows } = (await lines('errors?range=7d')).json()
    expect(answered.headers['content-type']).toMatch(/^application\/x-ndjson/)
    expect(
      answered.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows)
    const empty = await lines('errors?range=["2020-01-01","2020-01-02"]&format=csv')
    expect([empty.body, empty.headers['content-type']]).toEqual([
      '',
      'text/csv; charset=utf-8; header=absent',
    ])
  })

  it('are in the description of the API, with what their numbers mean', () => {
    const document = JSON.parse(JSON.stringify(app.swagger()))
    for (const { name, definition } of QUESTIONS) {
      const path = document.paths[`/api/v1/sites/{site}/${name}`]
      expect(Object.keys(path ?? {}).sort(), name).toEqual(['get', 'post'])
      expect(path?.post?.description).toBe(definition)
    }
  })
})

describe('what is wrong with a question', () => {
  it.each([
    ['no range', 'sessions', {}, 'range', /is missing/],
    ['a member too many', 'sessions', { range: '7d', rang: 1 }, 'rang', /is not known/],
    ['a limit', 'sessions', { range: '7d', limit: 100_000 }, 'limit', /<= 1000/],
    ['a choice', 'retention', { range: '7d', period: 'year' }, 'period', /hour, day, week, month/],
    ['no step', 'funnel', { range: '7d', steps: [] }, 'steps', /fewer than 1/],
    [
      'an exclusion that ends before it begins',
      'funnel',
      {
        range: '7d',
        steps: [1, 2, 3].map(() => ({ filters: [['is', 'event:page', ['/']]] })),
        exclusions: [{ filters: [['is', 'event:page', ['/a']]], from: 2, to: 2 }],
      },
      'exclusions[0].to',
      /must be after `from`, which is 2/,
    ],
    [
      'a step without filters',
      'funnel',
      { range: '7d', steps: [{}, {}] },
      'steps[0].filters',
      /is missing/,
    ],
    [
      'a filter',
      'sessions',
      { range: '7d', filters: [['is', 'x', []]] },
      'filters[0][1]',
      /event:page/,
    ],
    ['a range', 'sessions', { range: 'never' }, 'range', /7d/],
    ['a zone', 'sessions', { range: '7d', timezone: 'Mars' }, 'timezone', /Europe\/Berlin/],
  ])('%s is named, with what would be accepted', async (_what, name, payload, part, detail) => {
    const answered = await app.inject({
      ...{ method: 'POST', url: urlOf('shop-example', name), payload, headers: headers() },
    })
    expect(answered.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answered.json()).toMatchObject({ status: 400, code: 'invalid_query', part })
    expect(answered.json().detail).toMatch(detail)
  })

  it('is the same in an address', async () => {
    for (const [address, part] of [
      ['sessions?range=7d&limit=many', 'limit'],
      ['sessions?range=7d&filters=[', 'filters'],
      ['sessions?range=7d&format=xml', 'format'],
      ['session?id=1', 'id'],
    ] as const) {
      const answered = await app.inject({ url: urlOf('shop-example', address), headers: headers() })
      expect(answered.json(), address).toMatchObject({ code: 'invalid_query', part })
    }
  })
})

describe('who may ask', () => {
  it.each(QUESTIONS.map(({ name }) => name).concat('realtime/events'))(
    '%s needs a key that reads the site',
    async (name) => {
      const collects = await createApiKey(pool, { scope: 'collect', siteId: 'shop-example' })
      const other = await createApiKey(pool, { scope: 'read', siteId: 'other-example' })
      const url = urlOf('shop-example', name)
      const asked = async (secret?: string) =>
        (
          await app.inject({
            url,
            ...(secret && { headers: { authorization: `Bearer ${secret}` } }),
          })
        ).statusCode
      // Before anything is said of what is asked.
      expect([await asked(), await asked(collects), await asked(other)]).toEqual([401, 403, 403])
    },
  )

  it('answers say nothing of another site, and do not change with it', async () => {
    const answers = () =>
      Promise.all(
        examples.map(async (example) => {
          const { meta: _, ...answer } = await ask({
            ...example,
            address: example.address.replace('&format=csv', ''),
          }).then((each) => each.json())
          return answer
        }),
      )
    const before = await answers()
    const everything = await createApiKey(pool, { scope: 'read', siteId: null })
    await visit('other-example', 'v1', [
      { eventType: 'pageview', url: 'https://shop.example/' },
      {
        eventType: 'click',
        eventData: { selector: '#buy', tag: 'a', x: 1, y: 2, box: [0, 100, 10, 10] },
      },
      { eventType: 'signup' },
      { eventType: 'form_start', eventData: { form: 'join', attempt: 'a1', field: 'name' } },
      { eventType: 'js_error', eventData: { message: 'theirs' } },
    ])
    await drain({ pool, clickhouse })
    expect(await answers()).toEqual(before)
    // It is there, for who may see it.
    const theirs = await app.inject({
      url: urlOf('other-example', 'errors?range=7d'),
      headers: { authorization: `Bearer ${everything}` },
    })
    expect(theirs.json().rows).toMatchObject([{ message: 'theirs' }])
    // A visit of another site is none of this one's.
    const [visitId] = (
      await app.inject({
        url: urlOf('other-example', 'sessions?range=7d'),
        headers: { authorization: `Bearer ${everything}` },
      })
    )
      .json()
      .rows.map((row: { id: string }) => row.id)
    const asked = await app.inject({
      url: urlOf('shop-example', `session?id=${visitId}`),
      headers: headers(),
    })
    expect(asked.json()).toMatchObject({ code: 'invalid_query', part: 'id' })
  })
})

describe('the stream of events', () => {
  it('has the last ones, then each that comes in', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const [address] = app.addresses() as AddressInfo[] // it listens on a port
    const aborter = new AbortController()
    const answered = await fetch(
      `http://127.0.0.1:${address?.port}/api/v1/sites/shop-example/realtime/events`,
      { headers: headers(), signal: aborter.signal },
    )
    expect(answered.headers.get('content-type')).toBe('text/event-stream')
    const types: string[] = []
    let text = ''
    const reader = answered.body?.pipeThrough(new TextDecoderStream()).getReader()
    const until = async (type: string) => {
      while (!types.includes(type)) {
        const { value = '', done } = (await reader?.read()) ?? { done: true }
        if (done) throw new Error(`the stream ended before ${type}`)
        text += value
        types.splice(
          0,
          types.length,
          ...[...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? '').type),
        )
      }
    }
    await until('signup')
    await visit('other-example', 'v9', [{ eventType: 'not_ours', url: 'https://shop.example/' }])
    await visit('shop-example', 'v3', [
      { eventType: 'bought', timestamp: now - 1_000 },
      { eventType: 'thanked', timestamp: now },
    ])
    await drain({ pool, clickhouse })
    await until('thanked')
    aborter.abort()
    expect(types.slice(-2)).toEqual(['bought', 'thanked'])
    expect(types.filter((type) => type === 'signup')).toHaveLength(1)
    expect(types).not.toContain('not_ours')
    expect(types).not.toContain('engagement')
  })
})
