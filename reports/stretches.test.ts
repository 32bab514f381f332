import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { selectRows } from '../database/clickhouse.ts'
import { testClickHouse } from '../test/databases.ts'
import { answer } from './answer.ts'
import { parseQuery } from './parse.ts'

const FOLDER = join(import.meta.dirname, '../database/clickhouse')
const ADDED = await readFile(join(FOLDER, '0007_stretches.sql'), 'utf8')
const FILLED = await readFile(join(FOLDER, '0008_stretches_of_before.sql'), 'utf8')

it('rows of before the quarter of an hour was stored answer the same', async () => {
  const clickhouse = await testClickHouse('http')
  const ask = async () => {
    const answers = ['2026-11-03', '2026-11-03T10:05:00Z'].flatMap((from) =>
      ['time:hour', 'time:day', 'time:hour_of_day'].map(async (dimension) => {
        const query = parseQuery({
          metrics: ['visitors', 'visits', 'pageviews', 'events', 'bounce_rate'],
          dimensions: [dimension],
          range: from.includes('T') ? [from, '2026-11-05T00:00:00Z'] : [from, '2026-11-04'],
        })
        const { rows, totals } = await answer({ siteId: 'before' }, query, {
          ...{ timezone: 'Asia/Kathmandu', nowMs: Date.parse('2026-11-06T12:00:00Z') },
          freshness: '',
          run: ({ sql, params }) => selectRows(clickhouse, sql, params),
        })
        return { rows, totals }
      }),
    )
    return Promise.all(answers)
  }
  await clickhouse.command({
    query: 'alter table events drop column stretch_at, drop column session_stretch_at',
  })
  const at = (index: number) =>
    new Date(Date.parse('2026-11-03T00:00:00Z') + index * 617_000).toISOString().slice(0, -1)
  const values = Array.from({ length: 200 }, (_, index) => ({
    ...{ site_id: 'before', event_type: index % 3 === 0 ? 'pageview' : 'click', path: '/' },
    ...{ visitor: index % 40, session: index % 60, visitor_basis: 'persistent_id' },
    occurred_at: at(index),
    session_started_at: at(index % 60),
    is_bot: index % 7 === 0,
  }))
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  await clickhouse.command({ query: ADDED })
  const computed = await ask()
  await clickhouse.command({
    query: `${FILLED} settings mutations_sync = 2`,
  })
  expect(await ask()).toEqual(computed)
  await clickhouse.command({ query: 'truncate table events' })
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  expect(await ask()).toEqual(computed)
  expect(computed[0]?.totals.events).toBeGreaterThan(100)
})
