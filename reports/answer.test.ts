import { expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { testClickHouse } from '../test/databases.ts'
import { type AnswerContext, answer } from './answer.ts'
import { parseQuery } from './parse.ts'

const SITE = 'long'
const PATHS = Array.from({ length: 4_000 }, (_, index) =>
  `/${index}/${["it's", '\\', "\\'", 'new\nline', 'tab\t', 'ü🙂', '{from:Int64}', '%27'][index % 8]}/`.padEnd(
    300,
    'long',
  ),
)

async function ask(clickhouse: ClickHouse) {
  const values = PATHS.flatMap((path, index) =>
    ['2026-11-02', ...Array.from({ length: index % 3 }, () => '2026-11-01')].map((day, nth) => ({
      ...{ site_id: SITE, event_type: 'pageview', path, visitor: 3 * index + nth },
      ...{ occurred_at: `${day} 10:00:00`, visitor_basis: 'persistent_id' },
    })),
  )
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  const query = parseQuery({
    ...{ metrics: ['pageviews'], dimensions: ['event:page'], range: 'yesterday' },
    filters: [['is', 'event:page', PATHS.slice(0, 199)]],
    compare: 'previous_period',
  })
  const context: AnswerContext = {
    timezone: 'UTC',
    nowMs: Date.parse('2026-11-03T12:00:00Z'),
    freshness: '',
    run: ({ sql, params }) => selectRows(clickhouse, sql, params),
  }
  return {
    all: await answer({ siteId: SITE }, { ...query, filters: [] }, context),
    some: await answer({ siteId: SITE }, query, context),
  }
}

it('compares thousands of rows that are long, on a server as embedded', async () => {
  const embedded = await ask(await testClickHouse())
  const served = await ask(await testClickHouse('http'))
  expect(served).toEqual(embedded)
  const rows = PATHS.map((path, index) => ({
    dimensions: { 'event:page': path },
    metrics: { pageviews: 1 },
    compare: { pageviews: index % 3 },
  }))
  const byPath = (given: readonly { dimensions: Readonly<Record<string, string>> }[]) =>
    new Map(given.map((row) => [row.dimensions['event:page'], row]))
  expect(byPath(served.all.rows)).toEqual(byPath(rows))
  expect(byPath(served.some.rows)).toEqual(byPath(rows.slice(0, 199)))
})

it('has nothing to compare with where the other range is shorter, which is not 0', async () => {
  const clickhouse = await testClickHouse('http')
  const values = ['2026-11-01', '2026-11-03', '2026-11-04'].map((day) => ({
    ...{ site_id: 'short', event_type: 'pageview', path: '/', visitor: 1 },
    ...{ occurred_at: `${day} 10:00:00`, visitor_basis: 'persistent_id' },
  }))
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  const query = parseQuery({
    ...{ metrics: ['pageviews', 'views_per_visit'], dimensions: ['time:day'], fill: 'zero' },
    ...{ range: ['2026-11-03', '2026-11-05'], compare: ['2026-11-01', '2026-11-02'] },
  })
  const { rows } = await answer({ siteId: 'short' }, query, {
    ...{ timezone: 'UTC', nowMs: Date.parse('2026-11-06T12:00:00Z'), freshness: '' },
    run: ({ sql, params }) => selectRows(clickhouse, sql, params),
  })
  expect(rows.map(({ compare }) => compare?.pageviews)).toEqual([1, 0, null])
})

it('fills the gaps of each value of the other dimensions', async () => {
  const clickhouse = await testClickHouse('http')
  const values = [
    ['2026-11-03', '/a'],
    ['2026-11-05', '/a'],
    ['2026-11-04', '/b'],
  ].map(([day, path]) => ({
    ...{ site_id: 'gaps', event_type: 'pageview', path, visitor: 1 },
    ...{ occurred_at: `${day} 10:00:00`, visitor_basis: 'persistent_id' },
  }))
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  const ask = (given: object) =>
    answer(
      { siteId: 'gaps' },
      parseQuery({
        metrics: ['pageviews'],
        fill: 'zero',
        order_by: [['event:page', 'asc']],
        ...given,
      }),
      {
        ...{ timezone: 'UTC', nowMs: Date.parse('2026-11-06T12:00:00Z'), freshness: '' },
        run: ({ sql, params }) => selectRows(clickhouse, sql, params),
      },
    )
  const { rows } = await ask({
    ...{ dimensions: ['time:day', 'event:page'], range: ['2026-11-03', '2026-11-05'] },
    order_by: [
      ['event:page', 'asc'],
      ['time:day', 'asc'],
    ],
  })
  expect(
    rows.map(({ dimensions, metrics }) => [...Object.values(dimensions), metrics.pageviews]),
  ).toEqual([
    ['2026-11-03', '/a', 1],
    ['2026-11-04', '/a', 0],
    ['2026-11-05', '/a', 1],
    ['2026-11-03', '/b', 0],
    ['2026-11-04', '/b', 1],
    ['2026-11-05', '/b', 0],
  ])
  const page = async (more: object) => {
    const { rows: some, meta } = await ask({
      ...{ dimensions: ['time:day', 'event:page'], range: ['2026-11-03', '2026-11-05'], limit: 4 },
      ...more,
    })
    return { days: some.map(({ dimensions }) => Object.values(dimensions).join(' ')), meta }
  }
  const first = await page({})
  const second = await page({ cursor: first.meta.next_cursor })
  expect([...first.days, ...second.days]).toEqual(
    ['/a', '/b'].flatMap((path) => [3, 4, 5].map((day) => `2026-11-0${day} ${path}`)),
  )
  expect(second.meta.next_cursor).toBeUndefined()
  const tooMany = await ask({
    ...{ dimensions: ['time:hour', 'event:page'], range: ['2026-01-01', '2026-11-05'] },
  })
  expect([tooMany.rows.length, tooMany.meta.warnings]).toEqual([
    3,
    ['fill: no gap is filled, as there would be more than 10000 rows.'],
  ])
})

it('has no value of goals in several currencies where they mix', async () => {
  const clickhouse = await testClickHouse('http')
  const values = [
    ['signup', 'DE'],
    ['sale', 'DE'],
    ['sale', 'FR'],
    ['visit', 'FR'],
  ].map(([event_type, country], visitor) => ({
    ...{ site_id: 'money', event_type, path: '/', visitor, country },
    ...{ occurred_at: '2026-11-03 10:00:00', visitor_basis: 'persistent_id' },
  }))
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  const goals = [
    { name: 'signup', value: 20, currency: 'EUR' },
    { name: 'sale', value: 10, currency: 'USD' },
    { name: 'visit', value: 1 },
  ].map((goal) => ({ ...goal, reached: ['is', 'event:name', [goal.name]] as const }))
  const ask = async (dimension: string) => {
    const query = parseQuery({
      ...{ metrics: ['conversion_value'], range: ['2026-11-03', '2026-11-03'] },
      ...{
        dimensions: [dimension],
        filters: [['is', 'event:goal', goals.map(({ name }) => name)]],
      },
    })
    const { rows, totals, meta } = await answer({ siteId: 'money' }, query, {
      ...{ timezone: 'UTC', nowMs: Date.parse('2026-11-06T12:00:00Z'), freshness: '' },
      names: { goals, segments: {} },
      run: ({ sql, params }) => selectRows(clickhouse, sql, params),
    })
    const found = rows.map(({ dimensions, metrics }) => [
      dimensions[dimension],
      metrics.conversion_value,
    ])
    return { rows: Object.fromEntries(found), totals, warnings: meta.warnings }
  }
  expect(await ask('visit:country')).toEqual({
    rows: { DE: null, FR: 11 },
    totals: { conversion_value: null },
    warnings: [
      'conversion_value: null where goals of several currencies were reached; group by event:goal.',
    ],
  })
  expect(await ask('event:goal')).toEqual({
    rows: { signup: 20, sale: 20, visit: 1 },
    totals: { conversion_value: null },
    warnings: [],
  })
})

it('has a rate of 0 where others did something, and none where nobody did', async () => {
  const clickhouse = await testClickHouse('http')
  const values = [
    ['2026-11-03', 'signup', 1],
    ['2026-11-04', 'pageview', 2],
  ].map(([day, event_type, visitor]) => ({
    ...{ site_id: 'rates', event_type, path: '/', visitor, country: 'DE' },
    ...{ occurred_at: `${day} 10:00:00`, visitor_basis: 'persistent_id' },
  }))
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
  const goals = ['Signup', 'Other'].map((name) => ({
    ...{ name, value: 0 },
    reached: ['is', 'event:name', [name.toLowerCase()]] as const,
  }))
  const ask = async (dimensions: readonly string[], filters: readonly unknown[]) => {
    const query = parseQuery({
      ...{ metrics: ['visitor_cr', 'group_visitor_cr', 'percentage'], fill: 'zero' },
      ...{ range: ['2026-11-03', '2026-11-05'], dimensions, filters },
    })
    const { rows } = await answer({ siteId: 'rates' }, query, {
      ...{ timezone: 'UTC', nowMs: Date.parse('2026-11-06T12:00:00Z'), freshness: '' },
      names: { goals, segments: {} },
      run: ({ sql, params }) => selectRows(clickhouse, sql, params),
    })
    return rows.map(({ metrics }) => Object.values(metrics))
  }
  const days = [
    [100, 100, 100],
    [0, 0, 0],
    [null, null, 0],
  ]
  expect(await ask(['time:day'], [['is', 'event:goal', ['Signup']]])).toEqual(days)
  expect(await ask(['time:day', 'event:goal'], [])).toEqual(days)
  expect(await ask(['time:day', 'visit:country'], [['is', 'event:goal', ['Signup']]])).toEqual(days)
})
