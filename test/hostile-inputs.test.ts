import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCollector } from '../api/collector.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { send, sendRaw } from './corpus.ts'
import { testPostgres } from './databases.ts'
import { HOSTILE_INPUTS, type StoredRow } from './hostile-inputs.ts'

const log: string[] = []
let pool: Pool
let own: Pool
let collector: FastifyInstance
let url = ''
let sites = 0

beforeAll(async () => {
  const database = await testPostgres()
  pool = database.pool
  own = openPostgres(database.url, { max: 8, statementTimeoutMs: 2_000, onError: () => {} })
  collector = await createCollector({
    pool: own,
    environment: 'production',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: ['127.0.0.1'],
    now: Date.now,
    newEventId: randomUUIDv7,
    log: { level: 'debug', stream: { write: (line: string) => log.push(line) } } as never, // a wider type upstream
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(collector.server.address() as AddressInfo).port}` // it listens on a port
})
afterAll(async () => {
  await collector.close()
  await own.end()
})

describe.each(Object.entries(HOSTILE_INPUTS))('%s', (_kind, inputs) => {
  it.concurrent.each(Object.entries(inputs))('%s', async (name, input) => {
    const site = `hostile-${++sites}`
    await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
    const named = (text: string) => text.replaceAll('SITE', site)
    const { raw, method = 'POST', path = '/collect', body = '', row } = input
    const answer = raw
      ? await sendRaw(url, (write) => write(named(raw)))
      : await send(url, {
          ...{ method, path: named(path) },
          headers: { 'content-type': 'application/json', ...input.headers },
          body: typeof body === 'string' ? Buffer.from(named(body)) : replaced(body, site),
        })
    expect([input.status].flat(), `${name}: ${answer.body}`).toContain(answer.status)
    const { rows } = await pool.query<StoredRow>('select * from events_log where site_id = $1', [
      site,
    ])
    expect(rows).toHaveLength(answer.status === 400 ? 0 : (input.stored ?? 0))
    for (const each of rows) row?.(each, answer)
    const alive = await send(url, { method: 'GET', path: '/livez', headers: {} })
    expect(alive.status).toBe(200)
  })
})

/** Bytes with the site's id, where they hold its name as it is. */
const replaced = (body: Buffer, site: string): Buffer =>
  body.includes('"SITE"')
    ? Buffer.from(body.toString('latin1').replace('SITE', site), 'latin1')
    : body

it('nothing of it is in the log, and no object was changed', () => {
  expect(log.join('')).not.toMatch(/evil|drop table|jndi|polluted|203\.0\.113|<script>/)
  expect('polluted' in {}).toBe(false)
})
