import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createApiKey } from '../api/accounts/api-key.ts'
import { createAuth } from '../api/accounts/auth.ts'
import { createApp } from '../api/app.ts'
import { createCollector } from '../api/collector.ts'
import { listenForChanges } from '../api/reports/changes.ts'
import { freePort } from '../cli/free-port.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { type Nginx, startNginx } from '../deploy/test/nginx.ts'
import { corpus, SITE_HOST, send, sendCase } from './corpus.ts'
import { testClickHouse, testPostgres } from './databases.ts'

const log: string[] = []
let pool: Pool
let collector: FastifyInstance
let app: FastifyInstance
let url = ''
/** The cookie of somebody who has signed in. */
let session = ''
let nginx: Nginx | undefined

beforeAll(async () => {
  const database = await testPostgres()
  pool = database.pool
  await pool.query(
    `insert into sites (site_id, name, status, allowed_hosts) values
       ('other-site', 'other', 'active', '{other.example}'), ('gone-site', 'gone', 'deleted', '{}')`,
  )
  const logged = { level: 'debug', stream: { write: (line: string) => log.push(line) } } as never // a wider type upstream
  const appPort = await freePort()
  const { auth, newSignInLink } = createAuth({
    pool,
    secret: 'a secret of thirty-two characters',
    baseUrl: `http://127.0.0.1:${appPort}`,
    secureCookies: false,
  })
  const changes = await listenForChanges(pool, () => {})
  app = await createApp({
    ...{ pool, clickhouse: await testClickHouse(), auth, changes, environment: 'production' },
    dashboardFolder: join(import.meta.dirname, '../dashboard/dist'),
    demoFolder: join(import.meta.dirname, '../demo'),
    ...{ registry: new Registry(), now: Date.now, trustProxy: ['127.0.0.1'], log: logged },
  })
  app.addHook('onClose', async () => changes.stop())
  await app.listen({ host: '127.0.0.1', port: appPort })
  session = await signIn(await newSignInLink())
  collector = await createCollector({
    pool: openPostgres(database.url, { max: 8, statementTimeoutMs: 2_000, onError: () => {} }),
    environment: 'production',
    appUrl: `http://127.0.0.1:${appPort}`,
    trackerScripts: readTrackerScripts(),
    trustProxy: inject('isBehindNginx') ? ['127.0.0.1'] : [],
    now: Date.now,
    newEventId: randomUUIDv7,
    log: logged,
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(collector.server.address() as AddressInfo).port}` // it listens on a port
  // Once more with the shipped nginx in front: `npm run test:deploy`.
  if (inject('isBehindNginx')) {
    nginx = await startNginx({
      COLLECTORS: new URL(url).host,
      APP: `127.0.0.1:${appPort}`,
      RATE_COLLECT: '1000',
      RATE_DASHBOARD: '1000',
    })
    url = nginx.url
  }
})
afterAll(async () => {
  await nginx?.stop()
  await collector?.close()
  await app?.close()
})

/** Follows the link as a browser does; answers the cookie that it was given. */
async function signIn(link: string): Promise<string> {
  let at = link
  for (let step = 0; step < 5; step++) {
    const answer = await fetch(at, { redirect: 'manual' })
    const [cookie] = answer.headers.getSetCookie()
    if (cookie) return cookie.split(';')[0] ?? ''
    at = new URL(answer.headers.get('location') ?? '', at).href
  }
  throw new Error('the link signs nobody in')
}

const variablesFor = (site: string) => ({
  COLLECT: '/collect',
  API: '/api/v1',
  HOST: new URL(url).host,
  SITE: site,
  SITE_ID: site,
  SITE_HOST,
  SITE_B: 'other-site',
  SITE_B_HOST: 'other.example',
  SITE_DELETED: 'gone-site',
  DASHBOARD_B_ID: 'other-site',
  SESSION: session,
  _UUID1: randomUUIDv7(),
})

interface StoredRow {
  readonly event_type: string
  readonly path: string | null
  readonly occurred_at: Date
  readonly received_at: Date
  readonly event: {
    readonly title?: string
    readonly url?: string
    readonly flags?: string[]
    readonly derived?: { readonly isBot?: boolean }
    readonly eventData?: Record<string, unknown>
  }
}

const fieldOf = (row: StoredRow, name: string): unknown => {
  if (name.startsWith('props.')) return row.event.eventData?.[name.slice(6)]
  const { path, event_type } = row
  return { event_type, name: event_type, path, ...row.event }[name]
}

describe.skipIf(corpus.length === 0)(
  'the corpus of bad inputs (skipped where it does not lie beside the project)',
  () => {
    it.concurrent.each(corpus.map((found) => [found.name, found] as const))(
      '%s',
      async (name, found) => {
        const site = name.slice(0, 60)
        await pool.query(
          'insert into sites (site_id, name, allowed_hosts) values ($1, $1, $2) on conflict do nothing',
          [site, [SITE_HOST]],
        )
        const answers = await sendCase(url, found, variablesFor(site))
        for (const { status } of answers) expect(found.expect.status).toContain(status)
        const { rows } = await pool.query<StoredRow>(
          'select * from events_log where site_id = $1',
          [site],
        )
        const { events, ...stored } = found.expect.stored
        expect([events].flat()).toContain(rows.length)
        const { rows: elsewhere } = await pool.query(
          `select 1 from events_log where site_id in ('other-site', 'gone-site')`,
        )
        expect(elsewhere).toEqual([])

        const text = JSON.stringify(rows)
        const expected = stored as Record<string, never> // the corpus' own form
        for (const row of rows) {
          for (const [field, value] of Object.entries(expected.equals ?? {}))
            expect(fieldOf(row, field)).toBe(value)
          for (const [field, parts] of Object.entries(expected.not_contains ?? {}))
            for (const part of parts as string[])
              expect(`${fieldOf(row, field)}`).not.toContain(part)
          for (const [field, part] of Object.entries(expected.contains ?? {}))
            expect(`${fieldOf(row, field)}`).toContain(part)
          for (const [field, most] of Object.entries(expected.max_len ?? {}))
            expect(`${fieldOf(row, field) ?? ''}`.length).toBeLessThanOrEqual(Number(most))
          if (expected.ts === 'server_time')
            expect(row.occurred_at.getTime()).toBe(row.received_at.getTime())
          if (expected.ts === 'client_time')
            expect(row.occurred_at.getTime()).toBeLessThan(row.received_at.getTime())
          if (expected.flags) expect(row.event.flags).toEqual(expected.flags)
          if (expected.props_keys)
            expect(Object.keys(row.event.eventData ?? {}).sort()).toEqual(
              [...expected.props_keys].sort(),
            )
          if (expected.excluded_from_reports) expect(row.event.derived?.isBot).toBe(true)
        }
        for (const byte of (expected.absent_bytes ?? []) as string[])
          expect(text).not.toContain(`\\u00${byte}`)
        if (expected.no_visitor_id) expect(rows).toEqual([])
        for (const absent of (expected.absent ?? []) as string[]) expect(text).not.toContain(absent)
        const { prop_key: mostKeys } = (expected.distinct_max ?? {}) as { prop_key?: number }
        if (mostKeys) {
          const keys = rows.flatMap(({ event }) => Object.keys(event.eventData ?? {}))
          expect(new Set(keys).size).toBeLessThanOrEqual(mostKeys)
          expect(keys).toHaveLength(rows.length)
        }
        for (const index of (expected.response_rejected ?? []) as number[])
          expect(JSON.parse(answers[0]?.body ?? '{}').rejected).toContainEqual(
            expect.objectContaining({ index }),
          )
        for (const assertion of found.expect.asserts ?? []) {
          const [, header] = /^response_header_absent:(.*)$/.exec(assertion) ?? []
          if (header) expect(answers[0]?.headers[header]).toBeUndefined()
          const [, seconds] = /^connection_closed_within_s<=(\d+)/.exec(assertion) ?? []
          if (seconds) expect(answers[0]?.afterMs).toBeLessThan(Number(seconds) * 1_000)
          const [, inLog] = /^logs_absent:(.*)$/.exec(assertion) ?? []
          if (inLog) expect(log.join('')).not.toContain(inLog)
          if (assertion === 'response_has_no_input_echo')
            expect(answers[0]?.body).not.toContain('ann@example.com')
        }
        // Nothing that was sent is found in a log, whatever became of it.
        expect(log.join('') + (nginx?.output() ?? '')).not.toMatch(
          /evil\.example|203\.0\.113|hunter2/,
        )
        const health = await send(url, { method: 'GET', path: '/health', headers: {} })
        expect(health.status).toBe(200)
      },
      60_000,
    )
  },
)

describe('another’s', () => {
  it('site opens neither for nobody nor for the key of a site, on any route that names one', async () => {
    const key = await createApiKey(pool, { scope: 'read', siteId: 'own-site' })
    const routes = [
      ['POST', '/api/v1/sites/other-site/query', '{"metrics":["visitors"],"range":"7d"}'],
      ['GET', '/events/count?siteId=other-site', ''],
      ['GET', '/events/recent?siteId=other-site', ''],
    ] as const
    for (const [method, path, body] of routes)
      for (const [authorization, status] of [
        [undefined, 401],
        [`Bearer ${key}`, 403],
        [`Bearer ${key}x`, 401],
      ] as const) {
        const headers = {
          ...(body && { 'content-type': 'application/json' }),
          ...(authorization && { authorization }),
        }
        const answer = await send(url, { method, path, headers, body: Buffer.from(body) })
        expect([path, answer.status]).toEqual([path, status])
      }
    const own = { authorization: `Bearer ${key}` }
    const listed = await send(url, { method: 'GET', path: '/api/v1/sites', headers: own })
    expect(listed.body).not.toContain('other-site')
    const counted = await send(url, { method: 'GET', path: '/events/count', headers: own })
    expect(counted.body).not.toContain('other-site')
  })

  it('page gets no answer that it may read, on any route but those of collecting', async () => {
    for (const path of ['/api/v1/me', '/api/v1/sites', '/events/count', '/health', '/metrics'])
      for (const method of ['OPTIONS', 'GET']) {
        const headers = { origin: 'https://evil.example', cookie: session }
        const { headers: answered } = await send(url, { method, path, headers })
        expect([path, answered['access-control-allow-origin']]).toEqual([path, undefined])
        expect(answered['access-control-allow-credentials']).toBeUndefined()
      }
  })
})
