import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReportEngine } from '../api/reports/engine.ts'
import type { Query } from '../contract/query.ts'
import { type ClickHouse, openClickHouse, selectRows } from '../database/clickhouse.ts'
import { migrateClickHouse } from '../database/migrate.ts'
import { answer, type Run } from '../reports/answer.ts'
import { parseQuery } from '../reports/parse.ts'
import { median, quantile } from './quantile.ts'
import { generate, siteOf } from './reports-data.ts'
import { byHand, DASHBOARD, REPORTS } from './reports-list.ts'
import type { Row, Table } from './table.ts'

const MANY_SITES = 1_000
const LARGEST = siteOf(0)
const DAYS = 90
const NOW = new Date('2026-11-24T12:00:00Z')
const SIZES = [1_000_000, 10_000_000]
const COUNTRIES = ['DE', 'US', 'GB', 'FR', 'IN', 'NL', 'ES', 'IT', 'PL', 'BR']

/** What reports cost over 90 days of one site, and of the largest of many, beside SQL that a person would write for each. `sizes`: events. */
export async function benchReports(
  say: (line: string) => void,
  sizes: readonly number[] = SIZES,
): Promise<readonly Table[]> {
  const tables: Table[] = []
  const chosen = sizes.length > 0 ? sizes : SIZES
  for (const size of chosen) tables.push(...(await benchSize(say, size, 1)))
  const most = Math.min(Math.max(...chosen), Math.max(...SIZES))
  tables.push(...(await benchSize(say, most, MANY_SITES)))
  return tables
}

async function benchSize(
  say: (line: string) => void,
  size: number,
  sites: number,
): Promise<Table[]> {
  const path = await mkdtemp(join(tmpdir(), 'footfall-bench-'))
  let clickhouse = await openClickHouse({ path })
  try {
    await migrateClickHouse(clickhouse)
    say(`making ${size.toLocaleString('en')} events, sites: ${sites}`)
    const events = await generate(clickhouse, {
      sites,
      events: size,
      days: DAYS,
      until: NOW,
    })
    // Opened again: nothing of the writing is left in its memory.
    await clickhouse.close()
    clickhouse = await openClickHouse({ path })
    const title = `${(events / 1e6).toFixed(1)} M events${sites > 1 ? ` of ${sites} sites, the largest` : ''}`
    return [
      { title: `Reports, ${title}`, method: METHOD, rows: await reportRows(say, clickhouse, size) },
      {
        title: `Dashboards, ${title}`,
        method:
          'All panels of an overview asked at once, by one dashboard and by ten with other filters or of other sites; then again, when the site had no new events.',
        rows: await dashboardRows(say, clickhouse, size, sites),
      },
      { title: `Store, ${title}`, method: 'Bytes on disk.', rows: await storeRows(clickhouse) },
    ]
  } finally {
    await clickhouse.close()
    await rm(path, { recursive: true, force: true })
  }
}

const METHOD =
  'Each alone, no answer kept. First: for the first time since the engine was opened; then the median and p95 of the runs after. Processor time is what the other programs of the machine do not change; the ratio is of it, to SQL by hand that answers the same, in turns.'

/** Fewer of what takes long. */
const runsOf = (size: number, most: number) =>
  size > 20_000_000 ? 1 : size > 2_000_000 ? Math.min(most, 5) : most

const ms = (value: number) => `${Math.round(value)} ms`

const ask = (run: Run, query: Query, siteId = LARGEST) =>
  answer({ siteId }, query, {
    timezone: 'Europe/Berlin',
    nowMs: NOW.getTime(),
    freshness: '',
    run,
  })

/** Milliseconds that passed, and of the processor: the engine is in this process. */
async function timed(work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall: performance.now() - before, cpu: (user + system) / 1_000 }
}

type Times = Awaited<ReturnType<typeof timed>>
const walls = (times: readonly Times[]) => times.map(({ wall }) => wall)
const cpus = (times: readonly Times[]) => times.map(({ cpu }) => cpu)

async function reportRows(
  say: (line: string) => void,
  clickhouse: ClickHouse,
  size: number,
): Promise<Row[]> {
  const rows: Row[] = []
  const runs = runsOf(size, 9)
  const run: Run = ({ sql, params }) => selectRows(clickhouse.reports, sql, params)
  for (const { name, query, hand } of REPORTS) {
    const parsed = parseQuery(query)
    const first = await timed(() => ask(run, parsed))
    const ours: Times[] = []
    const theirs: Times[] = []
    for (let index = 0; index < runs; index++) {
      ours.push(await timed(() => ask(run, parsed)))
      theirs.push(
        await timed(() =>
          Promise.all(byHand(hand, LARGEST).map((sql) => selectRows(clickhouse.reports, sql))),
        ),
      )
    }
    const p50 = median(walls(ours))
    const ratio = median(cpus(ours)) / median(cpus(theirs))
    const figure = `first ${ms(first.wall)}, p50 ${ms(p50)}, p95 ${ms(quantile(walls(ours), 0.95))}; processor ${ms(median(cpus(ours)))}, by hand ${ms(median(cpus(theirs)))}, × ${ratio.toFixed(2)}`
    say(`${name}: ${figure}`)
    rows.push({
      what: name,
      figure,
      budget: '500 ms, × 1.3',
      isWithin: p50 <= 500 && ratio <= 1.3,
    })
  }
  return rows
}

async function dashboardRows(
  say: (line: string) => void,
  clickhouse: ClickHouse,
  size: number,
  sites: number,
): Promise<Row[]> {
  say('dashboards')
  const budget = size > 2_000_000 ? 1_500 : 250
  const changes = { subscribe: () => () => {} }
  const never = new AbortController().signal
  const refused: string[] = []
  const dashboard = (
    engine: ReturnType<typeof createReportEngine>,
    siteId = LARGEST,
    filters: readonly unknown[] = [],
  ) =>
    Promise.all(
      DASHBOARD.map((query) => {
        const { run } = engine.ask({ siteId }, '', never)
        return ask(run, parseQuery({ ...query, filters }), siteId).catch((error) =>
          refused.push(String(error)),
        )
      }),
    )
  const alone: Times[] = []
  const again: Times[] = []
  for (let index = 0; index < runsOf(size, 5); index++) {
    const engine = createReportEngine(clickhouse, changes)
    alone.push(await timed(() => dashboard(engine)))
    again.push(await timed(() => dashboard(engine)))
  }
  const engine = createReportEngine(clickhouse, changes)
  const many: Times[] = []
  await Promise.all(
    COUNTRIES.map(async (country, rank) => {
      const [site, filters] =
        sites > 1 ? [siteOf(rank), []] : [LARGEST, [['is', 'visit:country', [country]]]]
      many.push(await timed(() => dashboard(engine, site, filters)))
    }),
  )
  if (refused[0]) say(refused[0])
  return [
    {
      what: `one, ${DASHBOARD.length} panels`,
      figure: `p50 ${ms(median(walls(alone)))}, worst ${ms(Math.max(...walls(alone)))}; processor ${ms(median(cpus(alone)))}`,
      budget: ms(budget),
      isWithin: median(walls(alone)) <= budget,
    },
    { what: 'the same again, no new events', figure: `p50 ${ms(median(walls(again)))}` },
    {
      what: `${COUNTRIES.length} at once, each of another ${sites > 1 ? 'site' : 'country'}`,
      figure: `p50 ${ms(median(walls(many)))}, last ${ms(Math.max(...walls(many)))}`,
    },
    ...(refused[0]
      ? [{ what: 'panels refused, of all of these', figure: `${refused.length}` }]
      : []),
  ]
}

async function storeRows(clickhouse: ClickHouse): Promise<Row[]> {
  const rows = await selectRows<{ name: string; bytes: number; n: number }>(
    clickhouse,
    `select table as name, sum(bytes_on_disk) as bytes, sum(rows) as n from system.parts
     where active and database = currentDatabase() and table like '%e%' group by name order by bytes desc`,
  )
  const events = rows.find(({ name }) => name === 'events')?.n ?? 1
  return rows
    .filter(({ name }) => name !== 'migrations')
    .map(({ name, bytes }) => ({
      what: name,
      figure: `${(bytes / events).toFixed(1)} bytes an event`,
      ...(name === 'events' && { budget: '60', isWithin: bytes / events <= 60 }),
    }))
}
