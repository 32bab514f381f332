import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Filter, Query } from '../contract/query.ts'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { testClickHouse } from '../test/databases.ts'
import { answer } from './answer.ts'
import type { SiteNames } from './goal.ts'
import { type Draw, drawing, history, insertable, oneOf } from './histories.fixture.ts'
import { mapLeaves } from './leaves.ts'
import { METRICS, metricOf } from './metrics.ts'
import { type ModelRow, modelAnswer } from './model.fixture.ts'
import { parseQuery } from './parse.ts'
import { QueryError } from './query-error.ts'
import { resolveRange } from './range.ts'

const NOW = Date.parse('2026-11-02T11:59:30Z') // a week after clocks were set back
const HISTORIES = Number(process.env.HISTORIES ?? 12)
const QUERIES = 30

// Of currencies of goals the model knows nothing.
const NAMES_OF_METRICS = METRICS.map(({ name }) => name).filter(
  (name) => name !== 'plausible_foreign_revenue',
)
const DIMENSIONS = [
  ...[
    'time:hour',
    'time:day',
    'time:week',
    'time:month',
    'time:quarter',
    'time:weekday',
    'time:hour_of_day',
  ],
  ...['event:page', 'event:hostname', 'event:title', 'event:name', 'event:goal', 'event:form'],
  ...['event:currency', 'event:props:plan', 'visit:entry_page', 'visit:exit_page', 'visit:source'],
  ...['visit:country', 'visit:browser', 'visit:visitor_type', 'visit:entry_hostname'],
  ...['visit:exit_hostname', 'event:field', 'event:download', 'event:outbound_link'],
]
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'event:page': ['/', '/docs', 'docs', '/Docs', '/blog/ü', 'a'],
  'event:name': ['pageview', 'Signup', 'engagement', 'Purchase'],
  'event:props:plan': ['free', 'pro', ''],
  'event:scroll_depth': ['0', '50'],
  'visit:source': ['Google', 'google', 'BÜCHER', 'oo'],
  'visit:country': ['DE', ''],
  'visit:entry_page': ['/', '/docs'],
  'visit:exit_page': ['/docs', '/blog/ü'],
  'visit:visitor_type': ['new'],
}
const NAMES: SiteNames = {
  goals: [
    { name: 'Signup', value: 5, reached: ['is', 'event:name', ['Signup']] },
    {
      name: 'Docs',
      value: 0.5,
      reached: [
        'and',
        [
          ['is', 'event:name', ['pageview']],
          ['starts', 'event:page', ['/docs']],
        ],
      ],
    },
    {
      name: 'Read half',
      value: 0,
      reached: [
        'and',
        [
          ['is', 'event:name', ['pageview']],
          ['gte', 'event:scroll_depth', [50]],
        ],
      ],
    },
  ],
  segments: {
    Readers: ['starts', 'event:page', ['/docs']],
    Buyers: [
      'or',
      [
        ['is', 'event:name', ['Purchase']],
        ['not', ['is', 'visit:country', ['DE']]],
      ],
    ],
  },
}

let clickhouse: ClickHouse
const histories = Array.from({ length: HISTORIES }, (_, index) => {
  const siteId = `site-${index}`
  return { siteId, rows: history(siteId, drawing(index + 1), NOW) }
})

beforeAll(async () => {
  clickhouse = await testClickHouse()
  await clickhouse.insert({
    table: 'events',
    values: histories.flatMap(({ rows }) => rows.map(insertable)),
    format: 'JSONEachRow',
  })
})

const ask = (siteId: string, query: Query) =>
  answer({ siteId }, query, {
    timezone: 'UTC',
    nowMs: NOW,
    freshness: '',
    names: NAMES,
    run: ({ sql, params }) => selectRows(clickhouse, sql, params),
  })

let compared = 0
let filled = 0
afterAll(() =>
  console.log(
    `${compared} random queries were answered as by the model, with ${filled} rows for gaps`,
  ),
)

describe('the engine answers as the plain model does', () => {
  it.each(histories)('$siteId', async ({ siteId, rows }) => {
    const draw = drawing(Number(siteId.slice(5)) + 7_000)
    let answered = 0
    for (let index = 0; index < QUERIES; index++) {
      const body = randomQuery(draw)
      const query = parseQuery(body)
      const actual = await ask(siteId, query).catch((error: Error) => {
        if (error instanceof QueryError) return undefined // what has no answer, says so
        throw new Error(`${JSON.stringify(body)}\n${error.message}`)
      })
      if (!actual) continue
      answered += 1
      const expected = expectedOf(rows, query)
      const told = JSON.stringify(body)
      const keyed = actual.rows.map((row) => [keyOf(query, row.dimensions), row.metrics] as const)
      if ((query.dimensions ?? []).length > 0)
        expect(
          keyed
            .map(([key]) => key)
            .filter((key) => expected.rows.has(key) || !query.fill)
            .sort(),
          told,
        ).toEqual([...expected.rows.keys()].sort())
      for (const [key, metrics] of keyed)
        if ((query.dimensions ?? []).length > 0) {
          const isRow = expected.rows.has(key)
          if (!isRow) filled += 1
          expectClose(metrics, expected.at(key), `${told} ${key}`)
        }
      expectClose(actual.totals, expected.totals, `${told} totals`)
    }
    expect(answered).toBeGreaterThan(QUERIES / 4)
    compared += answered
  })

  it('and pages of an answer, put together, are the answer', async () => {
    const { siteId } = histories.toSorted((a, b) => b.rows.length - a.rows.length)[0] ?? {
      siteId: '',
    }
    for (const [name, direction] of [
      ['visitors', 'desc'],
      ['average_revenue', 'asc'],
      ['event:page', 'desc'],
    ] as const) {
      const body = {
        metrics: ['visitors', 'average_revenue'],
        dimensions: ['event:page', 'event:name'],
        range: '30d',
        order_by: [[name, direction]],
      }
      const whole = await ask(siteId, parseQuery(body))
      const pages = []
      let cursor: string | undefined
      do {
        const page = await ask(siteId, parseQuery({ ...body, limit: 3, cursor }))
        pages.push(...page.rows)
        cursor = page.meta.next_cursor
      } while (cursor !== undefined)
      expect(pages).toEqual(whole.rows)
      expect(whole.rows.length).toBeGreaterThan(5)
    }
  })

  it('and a row is compared with its own counterpart, however few rows are asked for', async () => {
    const { siteId, rows } = histories[3] ?? { siteId: '', rows: [] }
    for (const dimension of ['visit:browser', 'time:day']) {
      const query = parseQuery({
        metrics: ['visitors', 'pageviews'],
        dimensions: [dimension],
        range: ['2026-10-24', '2026-11-02'],
        compare: 'previous_period',
        limit: 1,
      })
      const {
        rows: [row],
        meta,
      } = await ask(siteId, query)
      const before = expectedOf(rows, { ...query, range: meta.compare_range as [string, string] })
      const key = JSON.stringify([
        dimension === 'time:day' ? '2026-10-14' : row?.dimensions[dimension],
      ])
      const isFirst = dimension !== 'time:day' || row?.dimensions[dimension] === '2026-10-24'
      if (isFirst)
        expect(row?.compare).toEqual(before.rows.get(key) ?? { visitors: 0, pageviews: 0 })
    }
  })

  it('and no answer changes when another tenant’s events are added', async () => {
    const draw = drawing(99)
    const questions = Array.from({ length: 30 }, () => randomQuery(draw))
    const answers = () =>
      Promise.all(
        questions.map((body) =>
          ask('site-1', parseQuery(body)).catch((error: Error) => {
            if (error instanceof QueryError) return error.message
            throw error
          }),
        ),
      )
    const before = await answers()
    await clickhouse.insert({
      table: 'events',
      values: history('site-of-another', drawing(1_000), NOW)
        .concat(history('site-1x', drawing(2), NOW), history('SITE-1', drawing(2), NOW))
        .map(insertable),
      format: 'JSONEachRow',
    })
    expect(await answers()).toEqual(before)
  })
})

function expectedOf(rows: readonly ModelRow[], query: Query) {
  const timezone = query.timezone ?? 'UTC'
  const interval = resolveRange(query.range, timezone, NOW)
  if (!interval) throw new Error('no interval')
  const is = (row: ModelRow, type: string) => row.type === type
  const depthOf = (view: string) =>
    Math.max(...rows.filter((row) => row.view === view).map(({ depth }) => depth))
  const open = (leaf: Filter): Filter =>
    leaf[0] === 'is' && leaf[1] === 'segment'
      ? [
          'or',
          Object.entries(NAMES.segments).flatMap(([name, segment]) =>
            leaf[2].includes(name) ? [segment] : [],
          ),
        ]
      : leaf
  const filters = query.filters?.map((filter) => mapLeaves(filter, open)) ?? []
  return modelAnswer(
    rows,
    { ...query, filters },
    {
      from: interval.from.epochMilliseconds,
      to: interval.to.epochMilliseconds,
      now: NOW,
      timezone,
      goals: [
        { name: 'Signup', value: 5, reached: (row) => is(row, 'Signup') },
        {
          name: 'Docs',
          value: 0.5,
          reached: (row) => is(row, 'pageview') && row.path.startsWith('/docs'),
        },
        {
          name: 'Read half',
          value: 0,
          reached: (row) => is(row, 'pageview') && depthOf(row.view) >= 50,
        },
      ],
    },
  )
}

const keyOf = (query: Query, dimensions: Readonly<Record<string, string>>) =>
  JSON.stringify((query.dimensions ?? []).map((name) => dimensions[name]))

const DIGITS = { count: 0, ratio: 2, percent: 1, seconds: 1, milliseconds: 0, money: 4 }

function expectClose(
  actual: Readonly<Record<string, number | null>>,
  expected: Readonly<Record<string, number | null>>,
  told: string,
) {
  for (const [name, value] of Object.entries(actual)) {
    const wanted = expected[name]
    const { unit = 'count' } = metricOf(name) ?? {}
    const digits = name.startsWith('plausible_') ? 0 : DIGITS[unit]
    const by = unit === 'count' ? 0 : 0.5 * 10 ** -digits
    const isClose =
      value === null || wanted === null || wanted === undefined
        ? value === wanted
        : Math.abs(value - wanted) <= by + 1e-9
    expect(isClose, `${told}: ${name} is ${value}, the model says ${wanted}`).toBe(true)
  }
}

function some<T>(draw: Draw, list: readonly T[], most: number): T[] {
  const picked = new Set(Array.from({ length: 1 + draw(most) }, () => oneOf(draw, list)))
  return [...picked]
}

function randomQuery(draw: Draw) {
  return {
    metrics: some(draw, NAMES_OF_METRICS, 4),
    dimensions: draw(4) === 0 ? [] : some(draw, DIMENSIONS, 2),
    range: oneOf(draw, [
      ...['7d', '30d', 'month', '24h'],
      ['2026-10-20', '2026-10-26'],
      ['2026-10-25T00:30:00Z', '2026-10-25T23:10:00+01:00'],
    ]),
    filters: Array.from({ length: draw(3) }, () => randomFilter(draw, 2)),
    timezone: oneOf(draw, ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu']),
    ...(draw(2) === 0 && { fill: 'zero' }),
  }
}

function randomFilter(draw: Draw, depth: number): Filter {
  const kind = draw(depth > 0 ? 12 : 6)
  if (kind === 11) return ['is', 'segment', some(draw, ['Readers', 'Buyers'], 2)]
  if (kind === 10)
    return [
      'sequence',
      Array.from({ length: 1 + draw(3) }, () => randomFilter(draw, 0)),
      { next: draw(2) === 0 },
    ]
  if (kind === 9) return ['not', randomFilter(draw, 0)]
  if (kind === 8)
    return [oneOf(draw, ['and', 'or']), [randomFilter(draw, 0), randomFilter(draw, 0)]]
  if (kind >= 6)
    return [
      oneOf(draw, ['has_done', 'has_not_done']),
      randomFilter(draw, 0),
      { by: oneOf(draw, ['visit', 'visitor']) },
    ]
  if (kind === 5) return ['is', 'event:goal', some(draw, ['Signup', 'Docs', 'Read half'], 2)]
  if (kind === 4)
    return [
      oneOf(draw, ['gt', 'gte', 'lt', 'lte']),
      oneOf(draw, ['event:props:seats', 'event:scroll_depth']),
      [draw(60)],
    ]
  const name = oneOf(draw, Object.keys(TEXTS))
  const operator = oneOf(draw, ['is', 'contains', 'matches', 'starts', 'ends'] as const)
  const values = some(draw, TEXTS[name] ?? [], 2).filter(
    (value) => value !== '' || operator === 'is',
  )
  if (values.length === 0) return ['is', name, ['']]
  const chosen = draw(3) === 0 ? (`${operator}_not` as const) : operator
  return draw(3) === 0
    ? [chosen, name, values, { case_sensitive: draw(2) === 0 }]
    : [chosen, name, values]
}
