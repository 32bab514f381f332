import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { testPostgres } from '../test/databases.ts'
import { createCollector } from './collector.ts'

let pool: Pool
let database: string
let collector: FastifyInstance
const pools: Pool[] = []
const log: string[] = []
const opened = (url: string) => {
  const made = openPostgres(url, { max: 4, statementTimeoutMs: 2_000, onError: () => {} })
  pools.push(made)
  return made
}

beforeAll(async () => {
  const { pool: own, url } = await testPostgres()
  pool = own
  database = new URL(url).pathname.slice(1)
  await pool.query(`insert into sites (site_id, name) values ('site', 'site')`)
  collector = await createCollector({
    pool: opened(url),
    environment: 'production',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: [],
    limits: {
      network: { perSecond: 0, burst: 0 },
      site: { perSecond: 1, burst: 5 },
      total: { perSecond: 0, burst: 0 },
    },
    now: Date.now,
    newEventId: randomUUIDv7,
    log: { level: 'error', stream: { write: (line: string) => log.push(line) } } as never, // a wider type upstream
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await collector.close()
  await Promise.all(pools.map((each) => each.end()))
})

const address = () => `http://127.0.0.1:${(collector.server.address() as AddressInfo).port}` // it listens on a port
const get = async (path: string) => {
  const answer = await fetch(`${address()}${path}`)
  return { status: answer.status, text: await answer.text() }
}
const collect = (events: readonly object[]) =>
  fetch(`${address()}/collect`, {
    method: 'POST',
    body: JSON.stringify({ siteId: 'site', sentAt: Date.now(), events }),
  })
const view = (over: object = {}) => ({
  eventType: 'pageview',
  eventId: randomUUIDv7(),
  timestamp: Date.now(),
  url: 'https://a.example/',
  ...over,
})

/** Every sample of /metrics: its name with its labels, and its value. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await get('/metrics')
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at))] as const
      }),
  )
}

describe('what supervisors ask', () => {
  it('is ready when a row can be committed, and commits one', async () => {
    for (const path of ['/livez', '/startupz', '/readyz', '/health'])
      expect(await get(path)).toMatchObject({ status: 200 })
    const { rows } = await pool.query('select at <= now() as is_written from readiness')
    expect(rows).toEqual([{ is_written: true }])
  })

  it('is not ready when the row cannot be committed in time, and is when it can', async () => {
    const locker = await pool.connect()
    await locker.query('begin')
    await locker.query('lock table readiness in access exclusive mode')
    const { status, text } = await get('/readyz')
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { status: 'unavailable', failing: ['database'] },
    ])
    expect(await get('/livez')).toMatchObject({ status: 200 })
    expect(await get('/startupz')).toMatchObject({ status: 200 })
    await locker.query('rollback')
    locker.release()
    await expect.poll(() => get('/readyz')).toMatchObject({ status: 200 })
  })
})

describe('a database that could lose commits', () => {
  it('is noticed after the start, says why, stores nothing, and is used again afterwards', async () => {
    const count = async () =>
      (await pool.query('select count(*)::integer as n from events_log')).rows[0]?.n
    const newConnections = () =>
      pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      )
    const before = await count()
    await pool.query(`alter database ${database} set synchronous_commit = off`)
    await newConnections()
    const refused = view()
    await expect
      .poll(async () => JSON.parse((await get('/readyz')).text))
      .toEqual({
        status: 'unavailable',
        failing: ['settings'],
        settings: 'synchronous_commit = off',
      })
    const answer = await collect([refused])
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await count()).toBe(before)
    expect(log.join('')).toContain('"settings":"synchronous_commit = off"')
    expect(await samples()).toContainEqual([
      'ingest_unsafe_settings{setting="synchronous_commit"}',
      1,
    ])

    await pool.query(`alter database ${database} reset synchronous_commit`)
    await newConnections()
    await expect.poll(async () => (await collect([refused])).status).toBe(202)
    expect(await count()).toBe(before + 1)
    expect(await samples()).toContainEqual([
      'ingest_unsafe_settings{setting="synchronous_commit"}',
      0,
    ])
  })
})

describe('/metrics', () => {
  it('has what is counted of events under the names that are documented', async () => {
    await pool.query(
      `insert into sites (site_id, name) values ('measured', 'measured') on conflict do nothing`,
    )
    const send = (events: readonly object[], headers = {}) =>
      fetch(`${address()}/collect`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ siteId: 'measured', sentAt: Date.now() - 40_000, events }),
      })
    const before = await samples()
    const twice = view({ timestamp: Date.now() - 2 * 3_600_000 })
    await send([
      twice,
      view({ eventType: 5 }),
      view({
        url: 'https://bob:secret@a.example/u/ann@b.example?q=1&gclid=2#x',
        referrer: 'https://b.example/a/path?q=1',
        title: 'mail ann@b.example or 4111 1111 1111 1111',
        eventData: { password: 'x', note: 'ann@b.example' },
        context: { screen: '1.2.3.4' },
      }),
    ])
    await send([twice])
    await send([view()], { 'sec-gpc': '1' })
    await send([view({ eventType: '' })])
    await send(Array.from({ length: 20 }, () => view()))
    const after = await samples()
    const grown = new Map(
      [...after]
        .map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const)
        .filter(([name, value]) => value !== 0 && !/_seconds/.test(name)),
    )
    expect(Object.fromEntries(grown)).toMatchObject({
      'ingest_events_total{result="accepted",reason=""}': 2,
      'ingest_events_total{result="duplicate",reason=""}': 1,
      'ingest_events_total{result="rejected",reason="invalid_event_type"}': 2,
      'ingest_events_total{result="ignored",reason="gpc"}': 1,
      'ingest_requests_total{code="202"}': 3,
      'ingest_requests_total{code="400"}': 1,
      'ingest_requests_total{code="429"}': 1,
      'ratelimit_total{scope="site"}': 1,
      ingest_late_events_total: 2,
      ingest_commit_batch_events_count: 2,
      ingest_commit_batch_events_sum: 3,
      'redaction_hits_total{rule="user",place="url"}': 1,
      'redaction_hits_total{rule="email",place="url"}': 1,
      'redaction_hits_total{rule="click_id",place="url"}': 1,
      'redaction_hits_total{rule="parameter",place="url"}': 1,
      'redaction_hits_total{rule="fragment",place="url"}': 1,
      'redaction_hits_total{rule="path",place="referrer"}': 1,
      'redaction_hits_total{rule="parameter",place="referrer"}': 1,
      'redaction_hits_total{rule="email",place="title"}': 1,
      'redaction_hits_total{rule="card",place="title"}': 1,
      'redaction_hits_total{rule="name",place="event_data"}': 1,
      'redaction_hits_total{rule="email",place="event_data"}': 1,
      'redaction_hits_total{rule="ip",place="context"}': 1,
    })
    const skew = 'ingest_clock_skew_seconds_bucket'
    for (const [name, value] of [
      [`${skew}{le="30"}`, 0],
      [`${skew}{le="60"}`, 5],
      ['ingest_ack_seconds_count', 5],
      ['ingest_commit_seconds_count', 2],
    ] as const)
      expect([name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]).toEqual([name, value])
    for (const name of [
      'ingest_queue_events',
      'ingest_queue_bytes',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(after.has(name)).toBe(true)
  })

  it('has no label with a site, a path or anything that a client made up', async () => {
    const { text } = await get('/metrics')
    expect(text).not.toMatch(/measured|a\.example|ann@|secret/)
    const labels = new Set([...text.matchAll(/(\w+)="/g)].map(([, name]) => name))
    expect([...labels].sort()).toEqual([
      ...['code', 'le', 'place', 'reason', 'result', 'rule', 'scope', 'setting'],
    ])
  })
})
