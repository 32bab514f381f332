import { randomUUIDv7 } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createCollector } from '../api/collector.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { type Nginx, startNginx } from '../deploy/test/nginx.ts'
import { type Answer, bodiesOf, type CorpusCase, fill, send, sendRaw } from './corpus.ts'
import { testPostgres } from './databases.ts'

const FILE = join(import.meta.dirname, '../../shared/vectors/bad-inputs.json')
const cases: CorpusCase[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')).cases : []
// What the app answers, and what takes a minute, is tested where it lies.
const collectorCases = cases.filter(({ path }) => path.includes('COLLECT'))

const SITE_HOST = 'shop.example'
const log: string[] = []
let pool: Pool
let collector: FastifyInstance
let url = ''
let nginx: Nginx | undefined

beforeAll(async () => {
  const database = await testPostgres()
  pool = database.pool
  await pool.query(
    `insert into sites (site_id, name, status, allowed_hosts) values
       ('other-site', 'other', 'active', '{other.example}'), ('gone-site', 'gone', 'deleted', '{}')`,
  )
  collector = await createCollector({
    pool: openPostgres(database.url, { max: 8, statementTimeoutMs: 2_000, onError: () => {} }),
    environment: 'production',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: inject('isBehindNginx') ? ['127.0.0.1'] : [],
    now: Date.now,
    newEventId: randomUUIDv7,
    log: { level: 'debug', stream: { write: (line: string) => log.push(line) } } as never, // a wider type upstream
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(collector.server.address() as AddressInfo).port}` // it listens on a port
  // Once more with the shipped nginx in front: `npm run test:deploy`.
  if (inject('isBehindNginx')) {
    nginx = await startNginx({
      COLLECTORS: new URL(url).host,
      RATE_COLLECT: '1000',
      RATE_DASHBOARD: '1000',
    })
    url = nginx.url
  }
})
afterAll(async () => {
  await nginx?.stop()
  await collector?.close()
})

async function run(found: CorpusCase, site: string): Promise<Answer[]> {
  const variables = {
    COLLECT: '/collect',
    HOST: new URL(url).host,
    SITE: site,
    SITE_ID: site,
    SITE_HOST,
    SITE_B: 'other-site',
    SITE_B_HOST: 'other.example',
    SITE_DELETED: 'gone-site',
    _UUID1: randomUUIDv7(),
  }
  const fills = (text: string) => fill(text, variables)
  const path = fills(found.path)
  const { raw, generator, repeat } = found
  if (raw) return [await sendRaw(url, (write) => write(fills(raw)))]
  if (generator?.kind === 'drip') {
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${generator.declared_length}\r\n\r\n`
    return [
      await sendRaw(url, (write) => {
        write(head)
        const timer = setInterval(() => {
          if (!write('{')) clearInterval(timer)
        }, Number(generator.interval_ms))
      }),
    ]
  }
  if (generator?.kind === 'stream') {
    const { chunk, chunk_bytes, total_bytes } = generator
    const text = String(chunk).repeat(Number(chunk_bytes))
    return [
      await sendRaw(url, (write) => {
        write(
          `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
        )
        for (let sent = 0; sent < Number(total_bytes); sent += text.length)
          if (!write(`${text.length.toString(16)}\r\n${text}\r\n`)) break
      }),
    ]
  }
  const { bodies, headers: added } = bodiesOf(found, fills)
  const headers = Object.fromEntries(
    Object.entries({ ...found.headers, ...added }).map(([name, value]) => [name, fills(value)]),
  )
  const answers: Answer[] = []
  if (repeat?.batch) {
    for (let sent = 0; sent < repeat.times; sent += repeat.batch) {
      const events = Array.from({ length: repeat.batch }, () => {
        const own = { ...variables, _UUID1: randomUUIDv7() }
        return JSON.parse(fill(found.body ?? '', own)).events[0]
      })
      const body = Buffer.from(JSON.stringify({ siteId: site, sentAt: Date.now(), events }))
      answers.push(await send(url, { method: found.method, path, headers, body }))
    }
    return answers
  }
  const sent = Array.from({ length: repeat?.times ?? 1 }, () => bodies).flat()
  for (const body of sent)
    answers.push(await send(url, { method: found.method, path, headers, body }))
  return answers
}

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

describe.skipIf(cases.length === 0)(
  'the corpus of bad inputs (skipped where it does not lie beside the project)',
  () => {
    it.concurrent.each(collectorCases.map((found) => [found.name, found] as const))(
      '%s',
      async (name, found) => {
        const site = name.slice(0, 60)
        await pool.query(
          'insert into sites (site_id, name, allowed_hosts) values ($1, $1, $2) on conflict do nothing',
          [site, [SITE_HOST]],
        )
        const answers = await run(found, site)
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
        for (const absent of (expected.absent ?? []) as string[]) expect(text).not.toContain(absent)
        const { prop_key: mostKeys } = (expected.distinct_max ?? {}) as { prop_key?: number }
        if (mostKeys) {
          const keys = rows.flatMap(({ event }) => Object.keys(event.eventData ?? {}))
          expect(new Set(keys.filter((key) => key !== '(other)')).size).toBeLessThanOrEqual(
            mostKeys,
          )
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
