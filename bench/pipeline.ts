import { execFile } from 'node:child_process'
import { randomUUIDv7 } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as rest } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Registry } from 'prom-client'
import { insertEvents } from '../api/collect/event-row.ts'
import { freePort } from '../cli/free-port.ts'
import { importEvents } from '../cli/import-events.ts'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { type ClickHouse, openClickHouse, selectRows } from '../database/clickhouse.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { hashOfEvents } from '../faults/rebuilding.ts'
import { beginRebuild, rebuildStep } from '../pipeline/rebuild.ts'
import { drain, runPipeline } from '../pipeline/run.ts'
import { eventLines } from './pipeline-events.ts'
import { quantile } from './quantile.ts'
import type { Row, Table } from './table.ts'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../cli/main.ts')
const SITE = 'bench'
const DAY_MS = 24 * 3_600_000

/** From the record to the reports: how fast, how late, how large. */
export async function benchPipeline(
  say: (line: string) => void,
  [events = 200_000]: readonly number[],
): Promise<readonly Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-bench-'))
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    password: 'bench',
    logFile: join(folder, 'postgres.log'),
  })
  await prepareDatabase(postgres.url)
  const pool = openPostgres(postgres.url, {
    max: 8,
    statementTimeoutMs: 600_000,
    onError: () => {},
  })
  const clickhouse = await openClickHouse({ path: join(folder, 'clickhouse') })
  await migrateClickHouse(clickhouse)
  await pool.query('insert into sites (site_id, name) values ($1, $1), ($2, $2)', [SITE, 'live'])
  try {
    const rates: Row[] = []
    const rate = (what: string, ms: number, budget?: number) => {
      const figure = Math.round((1_000 * events) / ms)
      say(`${what}: ${figure} events/s`)
      rates.push({
        what,
        figure: `${figure} events/s`,
        ...(budget && { budget: `${budget}`, isWithin: figure >= budget }),
      })
    }
    const file = join(folder, 'events.ndjson')
    await writeLines(file, events)
    const bring = (siteId: string) =>
      importEvents({
        ...{ pool, siteId, file, rejects: join(folder, 'rejects'), now: Date.now },
        onProgress: () => {},
      })

    const [, recordMs] = await timed(() => bring(SITE))
    rate('import into the record alone', recordMs)
    let stop = startPipeline(pool, clickhouse)
    const [, backlogMs] = await timed(() => until(async () => (await waiting(pool)) === 0))
    await stop()
    await drain({ pool, clickhouse }) // the days
    rate('pipeline, a backlog, to ClickHouse', backlogMs)
    const sizes = await sizesOf(pool, clickhouse, events)

    const before = await hashesOf(pool, clickhouse)
    const [, rebuildMs] = await timed(async () => {
      const id = await beginRebuild(pool, SITE, '-infinity', 'infinity')
      while (!(await rebuildStep(pool, id))?.isDone);
      await drain({ pool, clickhouse })
    })
    rate('rebuild of all, to ClickHouse', rebuildMs)
    const isEqual = before === (await hashesOf(pool, clickhouse))
    rates.push({
      what: 'tables and ClickHouse after the rebuild',
      figure: isEqual ? 'equal' : 'DIFFERENT',
      budget: 'equal',
      isWithin: isEqual,
    })

    stop = startPipeline(pool, clickhouse)
    const [, bothMs] = await timed(async () => {
      await pool.query(`insert into sites (site_id, name) values ('both', 'both')`)
      // By the command, in a process of its own.
      await run(
        process.execPath,
        [...process.execArgv, MAIN, 'import', 'events', file, '--site', 'both'],
        { env: { ...process.env, DATABASE_URL: postgres.url, DATA_DIR: folder } },
      )
      await until(async () => (await waiting(pool)) === 0)
    })
    rate('import with the pipeline beside it, to the reports', bothMs, 20_000)
    const late: Row[] = []
    for (const perSecond of [500, 2_000]) late.push(await freshness(pool, clickhouse, perSecond))
    await stop()
    return [
      {
        title: 'Rates',
        method: `${events} events of a made-up shop; PostgreSQL, ClickHouse and all of ours on this machine.`,
        rows: rates,
      },
      { title: 'From commit to report', method: 'Single events, 20 s each.', rows: late },
      { title: 'Bytes an event', method: 'With indexes.', rows: sizes },
    ]
  } finally {
    await pool.end()
    await clickhouse.close()
    await postgres.stop()
    await rm(folder, { recursive: true })
  }
}

/** A sum over the hashes of all rows, in each place: equal for equal rows in any order. */
async function hashesOf(pool: Pool, clickhouse: ClickHouse): Promise<string> {
  const sums: unknown[] = []
  for (const table of ['user_sessions', 'pageviews', 'user_events', 'form_submissions']) {
    const { rows } = await pool.query(
      `select count(*) as n, sum(hashtextextended(t::text, 0)::numeric)::text as sum from ${table} t where site_id = $1`,
      [SITE],
    )
    sums.push(rows)
  }
  sums.push(await hashOfEvents(clickhouse))
  return JSON.stringify(sums)
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  const result = await work()
  return [result, performance.now() - startedAt]
}

async function writeLines(file: string, count: number): Promise<void> {
  const stream = createWriteStream(file)
  const now = Date.now()
  for (const line of eventLines(count, now - 28 * DAY_MS, now - DAY_MS))
    if (!stream.write(`${line}\n`)) await new Promise((resolve) => stream.once('drain', resolve))
  stream.end()
  await finished(stream)
}

function startPipeline(pool: Pool, clickhouse: ClickHouse): () => Promise<void> {
  return runPipeline({
    ...{ pool, clickhouse, registry: new Registry(), now: () => new Date() },
    onError: (error) => console.error(error),
  })
}

async function waiting(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select (select count(*) from events_batches) + (select count(*) from clickhouse_outbox) as n',
  )
  return rows[0]?.n ?? 0
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await rest(20)
}

/** How long after its commit an event is in ClickHouse. */
async function freshness(pool: Pool, clickhouse: ClickHouse, perSecond: number): Promise<Row> {
  const committed = new Map<string, number>()
  const delays: number[] = []
  const startedAt = performance.now()
  const seconds = 20
  let sent = 0
  const sending = (async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond)
      const rows = Array.from({ length: due - sent }, () => liveRow(sent++))
      if (rows.length > 0) {
        await insertEvents(pool, [rows])
        const marker = rows.at(-1)
        if (marker) committed.set(marker.eventId, performance.now())
      }
      await rest(5)
    }
  })()
  let isOver = false
  const looking = (async () => {
    while (!isOver || committed.size > 0) {
      const ids = [...committed.keys()]
      if (ids.length > 0) {
        const there = await selectRows<{ id: string }>(
          clickhouse,
          `select event_id as id from events where site_id = 'live' and event_id in {ids:Array(UUID)}`,
          { ids },
        )
        const now = performance.now()
        for (const { id } of there) {
          delays.push(now - (committed.get(id) ?? now))
          committed.delete(id)
        }
      }
      await rest(20)
    }
  })()
  await sending
  isOver = true
  await looking
  const p50 = quantile(delays, 0.5)
  const p99 = quantile(delays, 0.99)
  return {
    what: `${perSecond} events/s`,
    figure: `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`,
    budget: '2000 ms',
    isWithin: p99 <= 2_000,
  }
}

function liveRow(number: number) {
  const now = Date.now()
  const eventId = randomUUIDv7()
  return {
    ...{
      siteId: 'live',
      eventId,
      idAtMs: now,
      eventType: 'pageview',
      visitorId: `v${number % 997}`,
    },
    ...{ visitorBasis: 'persistent_id' as const, sessionId: `s${number % 997}`, occurredAtMs: now },
    ...{ receivedAtMs: now, host: 'live.example', path: `/${number % 50}` },
    derived: { country: 'DE', browser: 'Firefox', os: 'Linux', device: 'desktop' },
    event: { url: `https://live.example/${number % 50}`, title: 'Live' },
  }
}

const TABLES = {
  events_log: 700,
  user_sessions: undefined,
  pageviews: undefined,
  user_events: undefined,
} as const

async function sizesOf(pool: Pool, clickhouse: ClickHouse, events: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const [table, budget] of Object.entries(TABLES)) {
    const { rows: found } = await pool.query<{ bytes: number; rows: number }>(
      `select coalesce((select sum(pg_total_relation_size(relid)) from pg_partition_tree($1::regclass)),
                       pg_total_relation_size($1::regclass))::bigint as bytes, (select count(*) from ${table}) as rows`,
      [table],
    )
    const { bytes = 0, rows: count = 0 } = found[0] ?? {}
    const figure = Math.round(bytes / events)
    rows.push({
      what: `${table} (${count} rows)`,
      figure: `${figure} bytes`,
      ...(budget && { budget: `${budget}`, isWithin: figure <= budget }),
    })
  }
  await clickhouse.command({ query: 'optimize table events final' })
  const [there] = await selectRows<{ bytes: number }>(
    clickhouse,
    "select sum(bytes_on_disk) as bytes from system.parts where table = 'events' and active",
  )
  const figure = Math.round((there?.bytes ?? 0) / events)
  rows.push({
    what: 'ClickHouse events, merged',
    figure: `${figure} bytes`,
    budget: '60',
    isWithin: figure <= 60,
  })
  return rows
}
