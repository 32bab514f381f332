import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { answer } from '../../reports/answer.ts'
import { parseQuery } from '../../reports/parse.ts'
import { createReportEngine, REPORT_LIMITS } from './engine.ts'
import { type Served, serveReports } from './served.fixture.ts'

const NOW = Date.parse('2026-11-08T12:00:00Z')
let served: Served
const keys = { admin: '', read: '', other: '' }

beforeAll(async () => {
  served = await serveReports(NOW)
  keys.admin = await served.key('admin')
  keys.read = await served.key('read')
  keys.other = await served.key('admin', 'two')
  await served.pool.query(
    "insert into sites (site_id, name) values ('one', 'One'), ('two', 'Two'), ('basis', 'Basis')",
  )
  await insert('one', ['/', '/docs', '/docs', '=1+1'])
  await insert('two', ['/'])
  return () => served.app.close()
})

let lastEvent = 0
async function insert(
  site_id: string,
  paths: readonly string[],
  columns: Readonly<Record<string, unknown>> = {},
) {
  const values = paths.map((path) => {
    lastEvent += 1
    return {
      site_id,
      path,
      entry_page: path,
      event_type: 'pageview',
      occurred_at: `2026-11-0${1 + (lastEvent % 7)} 10:00:00`,
      session_started_at: `2026-11-0${1 + (lastEvent % 7)} 10:00:00`,
      visitor: lastEvent,
      session: lastEvent,
      visitor_basis: 'persistent_id',
      ...columns,
    }
  })
  await served.clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
}

const send = async (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object,
  { key = keys.admin, accept = 'application/json' } = {},
) => {
  const answered = await served.app.inject({
    method,
    url: `/api/v1/${url}`,
    headers: { authorization: `Bearer ${key}`, accept },
    ...(payload && { payload }),
  })
  return { status: answered.statusCode, text: answered.body, headers: answered.headers }
}
const json = async (...given: Parameters<typeof send>) => JSON.parse((await send(...given)).text)
const ask = (body: object, site = 'one') =>
  json('POST', `sites/${site}/query`, { metrics: ['visitors'], range: '30d', ...body })

describe('a query over HTTP', () => {
  it('answers in CSV that no spreadsheet runs, and in lines of JSON', async () => {
    const body = {
      metrics: ['visitors'],
      dimensions: ['event:page'],
      range: '30d',
      compare: 'previous_period',
    }
    const csv = await send('POST', 'sites/one/query', body, { accept: 'text/csv' })
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(csv.text).toBe(
      "event:page,visitors,before_visitors\r\n/docs,2,0\r\n/,1,0\r\n'=1+1,1,0\r\n",
    )
    const lines = await send('POST', 'sites/one/query', body, { accept: 'application/x-ndjson' })
    expect(
      lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).dimensions['event:page']),
    ).toEqual(['/docs', '/', '=1+1'])
  })

  it('says beside rows in CSV and in lines what is not in them, and how to go on', async () => {
    const asked = { metrics: ['visitors'], dimensions: ['event:page'], range: '30d', limit: 2 }
    const accept = 'text/csv'
    const first = await send('POST', 'sites/one/query', asked, { accept })
    const { meta } = await ask(asked)
    expect(first.headers).toMatchObject({
      'x-freshness': meta.freshness,
      'x-next-cursor': meta.next_cursor,
    })
    expect(first.headers['x-warnings']).toBeUndefined()
    const cursor = first.headers['x-next-cursor']
    const last = await send('POST', 'sites/one/query', { ...asked, cursor }, { accept })
    expect(last.text).toBe("event:page,visitors\r\n'=1+1,1\r\n")
    expect(last.headers['x-next-cursor']).toBeUndefined()
    const warned = {
      ...asked,
      metrics: ['bounce_rate'],
      filters: [['is_not', 'event:props:Größe', ['9']]],
    }
    const lines = await send('POST', 'sites/one/query', warned, { accept: 'application/x-ndjson' })
    expect(lines.headers['x-next-cursor']).toBeDefined()
    const { warnings } = (await ask(warned)).meta
    expect(warnings.join()).toContain('Größe')
    expect(JSON.parse(String(lines.headers['x-warnings']))).toEqual(warnings)
  })

  it('says what a visitor’s id is of visitors, who are no bots', async () => {
    await insert('basis', ['/'])
    const basis = async (body: object = {}) => (await ask(body, 'basis')).meta.uniques_basis
    await insert('basis', ['/'], { visitor_basis: 'daily_hash', is_bot: true, bot_name: 'Bot' })
    expect(await basis()).toBe('persistent_id')
    expect(await basis({ dimensions: ['visit:bot'] })).toBe('daily_hash')
    await insert('basis', ['/'], { visitor_basis: 'session_id' })
    for (const listener of [...served.listeners]) listener()
    expect(await basis()).toBe('mixed')
  })

  it('keeps an answer until the site has new numbers, and says how fresh it is', async () => {
    const before = await ask({ metrics: ['pageviews'] }, 'two')
    await insert('two', ['/'])
    expect(await ask({ metrics: ['pageviews'] }, 'two')).toEqual(before)
    for (const listener of [...served.listeners]) listener()
    expect((await ask({ metrics: ['pageviews'] }, 'two')).totals.pageviews).toBe(
      before.totals.pageviews + 1,
    )
  })

  it('refuses a pattern that is none, naming the part', async () => {
    const told = await ask({ filters: [['matches', 'event:page', ['(']]] })
    expect(told).toMatchObject({ status: 400, code: 'invalid_query', part: 'filters' })
    expect(told.detail).toMatch(/^filters: \(, error: missing \): \( is not one of RE2/)
  })

  it('gives up a query that takes too much, and says what to do', async () => {
    await served.clickhouse.command({
      query: `insert into events (site_id, event_type, occurred_at, visitor)
        select 'heavy', 'pageview', toDateTime64('2026-11-05 00:00:00', 3, 'UTC'), number from numbers(2000000)`,
    })
    const changes = { subscribe: () => () => {} }
    const engine = createReportEngine(served.clickhouse, changes, {
      ...REPORT_LIMITS,
      memoryBytes: 20_000_000,
    })
    const { run } = engine.ask({ siteId: 'heavy' }, '', new AbortController().signal)
    const answered = answer(
      { siteId: 'heavy' },
      parseQuery({ metrics: ['visitors'], range: '30d' }),
      {
        timezone: 'UTC',
        nowMs: NOW,
        freshness: '',
        run,
      },
    )
    await expect(answered).rejects.toMatchObject({ code: 'query_too_heavy' })
    expect(engine.kept).toBeLessThan(2)
  })

  it('is not answered to who has gone', async () => {
    await served.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = served.app.server.address() as AddressInfo // it listens on a port
    const request = get({
      port,
      host: '127.0.0.1',
      path: '/api/v1/sites/one/live',
      headers: { authorization: `Bearer ${keys.read}` },
    })
    await new Promise((resolve) => request.once('response', resolve))
    const listening = served.listeners.size
    request.destroy()
    await expect.poll(() => served.listeners.size).toBe(listening - 1)
  })

  it('prints every metric and dimension with what it is', async () => {
    const { metrics } = await json('GET', 'metrics')
    expect(metrics.find(({ name }: { name: string }) => name === 'visitor_cr')).toEqual({
      name: 'visitor_cr',
      unit: 'percent',
      scope: 'events',
      numerator: 'visitors that reached a goal',
      denominator: 'all visitors, in the same bucket of time',
      needs: 'goal',
      definition: 'Visitors that reached a goal ÷ all visitors.',
    })
    const { dimensions } = await json('GET', 'dimensions')
    expect(dimensions).toContainEqual({
      name: 'visit:exit_page',
      scope: 'visit',
      visits: true,
      definition: 'Last page of the visit.',
    })
    expect(dimensions).toContainEqual({
      name: 'event:props:NAME',
      scope: 'event',
      visits: false,
      definition: 'Value of the property; empty where an event has none.',
    })
  })
})

describe('what a site gives names to', () => {
  it('a goal is put, used, changed and taken away', async () => {
    const put = (goal: object) => send('PUT', 'sites/one/goals/Docs', goal)
    expect((await put({ kind: 'page', page: '/do*', value: 2.5 })).status).toBe(204)
    expect((await json('GET', 'sites/one/goals')).goals).toEqual([
      { name: 'Docs', kind: 'page', page: '/do*', value: 2.5, currency: null },
    ])
    const body = {
      metrics: ['conversions', 'visitor_cr', 'conversion_value'],
      dimensions: ['event:goal'],
    }
    expect((await ask(body)).rows).toEqual([
      {
        dimensions: { 'event:goal': 'Docs' },
        metrics: { conversions: 2, visitor_cr: 50, conversion_value: 5 },
      },
    ])
    expect((await put({ kind: 'page', page: '/' })).status).toBe(204)
    expect((await ask(body)).totals).toEqual({
      conversions: 1,
      visitor_cr: 25,
      conversion_value: 0,
    })
    expect((await send('DELETE', 'sites/one/goals/Docs')).status).toBe(204)
    expect((await send('DELETE', 'sites/one/goals/Docs')).status).toBe(404)
    expect(await ask(body)).toMatchObject({ code: 'invalid_query', part: 'metrics[0]' })
  })

  it.each([
    [{ kind: 'page' }, 'page'],
    [{ kind: 'scroll', depth: 101 }, 'depth'],
    [{ kind: 'wish' }, 'kind'],
    [{ kind: 'event', event: 'x', properties: { plan: 5 } }, 'properties.plan'],
    [{ kind: 'scroll', depth: 75, pages: '/docs/**' }, 'pages'],
  ])('the goal %j is refused, naming %s', async (goal, part) => {
    expect(await json('PUT', 'sites/one/goals/x', goal)).toMatchObject({ status: 400, part })
  })

  it.each(['a\0b', 'a\ud800b'])(
    'a name or goal with %j is refused, and breaks nothing',
    async (text) => {
      const goal = { kind: 'page', page: text }
      expect(await json('PUT', 'sites/one/goals/x', goal)).toMatchObject({ status: 400 })
      const nul = `sites/one/goals/${encodeURIComponent(text.toWellFormed())}`
      expect((await send('DELETE', nul)).status).toBe(text.includes('\0') ? 400 : 404)
    },
  )

  it('a segment is used by name or number, and is of its site alone', async () => {
    const filters = [['starts', 'event:page', ['/docs']]]
    expect((await send('PUT', 'sites/one/segments/Readers', { filters })).status).toBe(204)
    const { segments } = await json('GET', 'sites/one/segments')
    expect(segments).toEqual([{ name: 'Readers', id: expect.any(Number), filters }])
    for (const name of ['Readers', String(segments[0].id)])
      expect((await ask({ filters: [['is', 'segment', [name]]] })).totals).toEqual({ visitors: 2 })
    expect(await ask({ filters: [['is', 'segment', ['Readers']]] }, 'two')).toMatchObject({
      code: 'invalid_query',
      detail: 'filters: the site has no segment "Readers". It has none.',
    })
    const nested = { filters: [['is', 'segment', ['Readers']]] }
    expect((await send('PUT', 'sites/one/segments/Nested', nested)).status).toBe(400)
  })

  it('a note stands on the time line', async () => {
    const note = await json('POST', 'sites/one/annotations', {
      at: '2026-11-01T12:00:00Z',
      text: 'Release',
    })
    expect((await json('GET', 'sites/one/annotations')).annotations).toEqual([note])
    expect((await send('DELETE', `sites/one/annotations/${note.id}`)).status).toBe(204)
    expect((await send('DELETE', 'sites/one/annotations/none')).status).toBe(404)
  })

  it('says how many have objected, who are in no report', async () => {
    await served.pool.query(
      "insert into anonymous_counts values ('one', current_date, 'gpc', 3, 4), ('two', current_date, 'dnt', 1, 1), ('one', current_date - 500, 'dnt', 1, 1)",
    )
    expect((await json('GET', 'sites/one/objections')).objections).toEqual([
      { day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), reason: 'gpc', pageviews: 3, events: 4 },
    ])
  })

  it('a group is asked over all of its sites', async () => {
    for (const site of ['one', 'two']) await send('PUT', `sites/${site}/group`, { name: 'Both' })
    expect((await json('GET', 'groups')).groups).toEqual([{ name: 'Both', sites: ['one', 'two'] }])
    const body = {
      metrics: ['visitors'],
      dimensions: ['visit:site', 'visit:site_group'],
      range: '30d',
    }
    const { rows, totals } = await json('POST', 'groups/Both/query', body)
    expect(rows[0]).toEqual({
      dimensions: { 'visit:site': 'one', 'visit:site_group': 'Both' },
      metrics: { visitors: 4 },
    })
    expect(totals.visitors).toBe(rows[0].metrics.visitors + rows[1].metrics.visitors)
    expect((await ask({ dimensions: ['visit:site_group'] }, 'one')).rows[0].dimensions).toEqual({
      'visit:site_group': 'Both',
    })
    expect((await send('POST', 'groups/Both/query', body, { key: keys.other })).status).toBe(403)
    await send('DELETE', 'sites/two/group')
    expect((await json('GET', 'groups')).groups).toEqual([{ name: 'Both', sites: ['one'] }])
  })

  it.each([
    ['PUT', 'sites/one/goals/x', { kind: 'page', page: '/' }],
    ['DELETE', 'sites/one/goals/x', undefined],
    ['PUT', 'sites/one/segments/x', { filters: [['is', 'event:page', ['/']]] }],
    ['DELETE', 'sites/one/segments/x', undefined],
    ['POST', 'sites/one/annotations', { at: '2026-11-01T00:00:00Z', text: 'x' }],
    ['DELETE', 'sites/one/annotations/x', undefined],
    ['PUT', 'sites/one/group', { name: 'x' }],
    ['DELETE', 'sites/one/group', undefined],
  ] as const)('%s %s is for who may change this site', async (method, url, body) => {
    expect((await send(method, url, body, { key: keys.read })).status).toBe(403)
    expect((await send(method, url, body, { key: keys.other })).status).toBe(403)
  })

  it.each(['goals', 'segments', 'annotations', 'objections'])(
    '%s of a site are not for another’s key',
    async (what) => {
      expect((await send('GET', `sites/one/${what}`, undefined, { key: keys.other })).status).toBe(
        403,
      )
    },
  )
})
