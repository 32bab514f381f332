import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouse, openClickHouse, selectRows } from '../database/clickhouse.ts'
import { median } from './quantile.ts'
import type { Row, Table } from './table.ts'

const ROUNDS = 7

const OURS = 'site, first of, day, visitor, visit, time (ours)'
const ORDERS = {
  [OURS]: 'site_id, first_of, toDate(occurred_at), visitor, session, occurred_at',
  'site, day, first of, visitor, visit, time':
    'site_id, toDate(occurred_at), first_of, visitor, session, occurred_at',
  'site, day, visitor, visit, time': 'site_id, toDate(occurred_at), visitor, session, occurred_at',
  'site, time': 'site_id, occurred_at',
  'site, type, time': 'site_id, event_type, occurred_at',
  'site, day, type, path, visitor': 'site_id, toDate(occurred_at), event_type, path, visitor',
}

const QUESTIONS = {
  'visitors and visits':
    "select uniqExact(visitor), countIf(first_of = 'visit') from T where site_id = 'big' and first_of <= 'stretch'",
  bounces: `select countIf(first_of = 'visit') - countIf(ends_bounce) from T where site_id = 'big'`,
  'bounces, visit by visit': `select countIf(v <= 1) from (select countIf(event_type = 'pageview') as v from T where site_id = 'big' group by session)`,
  'by page': `select path, uniqExact(visitor) from T where site_id = 'big' and first_of <= 'page' group by path order by 2 desc limit 10`,
  'by day': `select toDate(occurred_at), uniqExact(visitor), count() from T where site_id = 'big' group by 1`,
  'last hour': `select count() from T where site_id = 'big' and occurred_at > (select max(occurred_at) from T) - 3600`,
}

/** Why the rows of ClickHouse lie as they do: the same events in other orders. */
export async function benchOrder(
  say: (line: string) => void,
  [events = 2_000_000]: readonly number[],
): Promise<readonly Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'footfall-bench-'))
  const clickhouse = await openClickHouse({ path: folder })
  try {
    const create = await readFile(
      join(import.meta.dirname, '../database/clickhouse/0004_events_by_first.sql'),
      'utf8',
    )
    const ours = ORDERS[OURS]
    const names = Object.keys(ORDERS)
    for (const [index, order] of Object.values(ORDERS).entries()) {
      const table = `events_${index}`
      await clickhouse.command({
        query: create
          .replace('create or replace table events', `create or replace table ${table}`)
          .replace(`order by (${ours})`, `order by (${order})`),
      })
      await fill(clickhouse, table, events)
      say(`${names[index]}: filled`)
    }
    const sizes = await Promise.all(
      names.map((_, index) => bytesAnEvent(clickhouse, index, events)),
    )
    const rows: Row[] = names.map((name, index) => ({
      what: name,
      figure: `${sizes[index]?.toFixed(1)} bytes an event`,
    }))
    const times = new Map<string, number[]>()
    for (let round = 0; round < ROUNDS; round++)
      for (const [question, sql] of Object.entries(QUESTIONS))
        for (const [index, name] of names.entries()) {
          const startedAt = performance.now()
          await selectRows(clickhouse, sql.replaceAll('from T', `from events_${index}`))
          const key = `${question}\n${name}`
          times.set(key, [...(times.get(key) ?? []), performance.now() - startedAt])
        }
    const asked = Object.keys(QUESTIONS).map((question): Table => {
      const base = median(times.get(`${question}\n${names[0]}`) ?? [])
      return {
        title: question,
        method: `Median of ${ROUNDS}, taking turns.`,
        rows: names.map((name) => {
          const ms = median(times.get(`${question}\n${name}`) ?? [])
          return { what: name, figure: `${ms.toFixed(0)} ms (${(ms / base).toFixed(2)})` }
        }),
      }
    })
    return [
      { title: 'Size', method: `${events} events of two sites in 30 days, merged.`, rows },
      ...asked,
    ]
  } finally {
    await clickhouse.close()
    await rm(folder, { recursive: true })
  }
}

/** Visits of eight events, some visitors again and again, ids that are random as real ones are. */
async function fill(clickhouse: ClickHouse, table: string, events: number): Promise<void> {
  await clickhouse.command({
    query: `insert into ${table}
      (site_id, occurred_at, visitor, visitor_basis, session, session_started_at, event_id, event_type, view, host, path,
       source, channel, entry_page, country, browser, os, device, engaged_ms, outbox_id, first_of, prolongs_ms, ends_bounce)
      select if(visit % 4 = 0, 'small', 'big'), started + (number % 8) * 11, visitor, 'persistent_id',
             cityHash64(visit), started, generateUUIDv4(), ['pageview', 'engagement', 'engagement', 'click'][1 + number % 4],
             cityHash64(visit, intDiv(number % 8, 4)), 'shop.example', concat('/p/', toString(cityHash64(number, 1) % 4 * cityHash64(number, 2) % 300)),
             ['Direct / None', 'Google', 'news'][1 + visit % 3], ['Direct', 'Organic Search', 'Email'][1 + visit % 3],
             concat('/p/', toString(visit % 40)), ['DE', 'US', 'FR'][1 + visitor % 3], ['Chrome', 'Safari'][1 + visitor % 2],
             ['Windows', 'iOS'][1 + visitor % 2], ['desktop', 'mobile'][1 + visitor % 2], number % 4 * 1000, intDiv(number, 5000),
             multiIf(number % 8 = 0, 'visit', number % 4 = 0, 'page', 'nothing'), if(number % 8 = 0, 0, 11000), number % 8 = 3
      from (select number, intDiv(number, 8) as visit, cityHash64(cityHash64(visit, 3) % {visitors:UInt64}) as visitor,
                   toDateTime64('2026-10-01 00:00:00', 3, 'UTC') + cityHash64(visit) % (30 * 86400) as started
            from numbers({events:UInt64}))`,
    query_params: { events, visitors: Math.ceil(events / 14) },
  })
  await clickhouse.command({ query: `optimize table ${table} final` })
}

async function bytesAnEvent(
  clickhouse: ClickHouse,
  index: number,
  events: number,
): Promise<number> {
  const [found] = await selectRows<{ bytes: number }>(
    clickhouse,
    'select sum(bytes_on_disk) as bytes from system.parts where table = {table:String} and active',
    { table: `events_${index}` },
  )
  return (found?.bytes ?? 0) / events
}
