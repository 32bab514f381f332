import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { explain } from './explain.ts'
import { LIST_QUESTIONS, vitals } from './lists.ts'

const RANGE = ['2026-11-10', '2026-11-10'] as const
const event = (
  visitor: string,
  second: number,
  type: string,
  data: Told['data'],
  path = '/p',
): Told => ({
  ...{ visitor, type, path },
  at: new Date(Date.parse('2026-11-10T10:00:00Z') + second * 1_000).toISOString(),
  ...(data && { data }),
  derived: { browser: visitor === 'a' ? 'Firefox' : 'Chrome' },
})
const text = { selector: 'p', heading: 'Price', hash: 'f00', length: 10 }
const vital = (name: string, value: number, rating: string) => ({ name, value, rating })

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  await loadHistories(clickhouse, 's', [
    event('a', 0, 'text_copy', text),
    event('a', 1, 'text_select', { ...text, length: 20 }),
    event('b', 2, 'text_select', { ...text, heading: 'Other', hash: 'f01' }),
    event('a', 3, 'file_download', { url: 'https://s.example/a.pdf', extension: 'pdf' }),
    event('b', 4, 'file_download', { url: 'https://s.example/a.pdf', extension: 'pdf' }, '/q'),
    event('b', 5, 'outbound_link', { url: 'https://other.example/x?y=1' }),
    event('a', 6, 'js_error', {
      message: 'x is no function',
      source: '/a.js',
      line: 3,
      stack: 'one',
    }),
    event(
      'b',
      7,
      'js_error',
      { message: 'x is no function', source: '/a.js', line: 3, stack: 'two' },
      '/q',
    ),
    event('b', 8, 'js_error', { message: 'y', source: '/a.js', line: 4 }),
    ...[100, 200, 300, 2_600].map((ms, index) =>
      event(
        'a',
        10 + index,
        'web_vital',
        vital('LCP', ms, ms > 2_500 ? 'needs-improvement' : 'good'),
      ),
    ),
    event('b', 20, 'web_vital', vital('LCP', 9_000, 'poor'), '/q'),
    event('b', 21, 'web_vital', vital('CLS', 0.3, 'poor'), '/q'),
    ...['/r', '/r', '/t'].map((path, index) => ({
      ...{ visitor: 'gpt', path, at: `2026-11-10T11:00:0${index}Z` },
      derived: { isBot: true as const, botName: 'GPTBot', botKind: 'ai' },
    })),
  ])
})

const rowsOf = async (name: string, more: object = {}) => {
  const question = LIST_QUESTIONS.find((each) => each.name === name)
  if (!question) throw new Error(`no list ${name}`)
  return (await asking(clickhouse, 's')(question, { range: RANGE, ...more })).rows
}

describe('lists', () => {
  it('of what is copied and selected', async () => {
    expect(await rowsOf('copies')).toEqual([
      {
        ...{ page: '/p', selector: 'p', heading: 'Price', hash: 'f00', excerpt: '' },
        ...{ copies: 1, selections: 1, visitors: 1, median_length: 15 },
      },
      expect.objectContaining({ heading: 'Other', copies: 0, selections: 1, median_length: 10 }),
    ])
  })

  it('of downloads and outbound links', async () => {
    expect(await rowsOf('downloads')).toEqual([
      {
        ...{ url: 'https://s.example/a.pdf', extension: 'pdf', downloads: 2, visitors: 2 },
        ...{ visits: 2, pages: 2, last_at: '2026-11-10T10:00:04.000Z' },
      },
    ])
    expect(await rowsOf('outbound-links')).toMatchObject([
      { url: 'https://other.example/x?y=1', host: 'other.example', clicks: 1 },
    ])
  })

  it('of errors by what they say and where', async () => {
    expect(await rowsOf('errors')).toMatchObject([
      {
        ...{ message: 'x is no function', source: '/a.js', line: '3', errors: 2, visitors: 2 },
        ...{ first_at: '2026-11-10T10:00:06.000Z', last_at: '2026-11-10T10:00:07.000Z' },
        ...{ pages: ['/p', '/q'], browsers: ['Chrome', 'Firefox'], stack: 'two' },
      },
      { message: 'y', errors: 1 },
    ])
  })

  it('of bots, who are in no other', async () => {
    expect(await rowsOf('bots')).toMatchObject([
      { name: 'GPTBot', kind: 'ai', pageviews: 3, visits: 1, pages: 2, top_pages: ['/r', '/t'] },
    ])
  })

  it('with the filters of a query', async () => {
    const filters = [['is', 'event:page', ['/q']]]
    expect(await rowsOf('downloads', { filters })).toMatchObject([{ downloads: 1 }])
    expect(await rowsOf('outbound-links', { filters })).toEqual([])
  })

  it('of web vitals by the 75th percentile', async () => {
    const { rows, total } = await asking(clickhouse, 's')(vitals, { range: RANGE })
    expect(rows).toEqual([
      {
        ...{ page: '/p', name: 'LCP', samples: 4, p75: 875, rating: 'good' },
        ...{ good_percent: 75, poor_percent: 0 },
      },
      {
        page: '/q',
        name: 'CLS',
        samples: 1,
        p75: 0.3,
        rating: 'poor',
        good_percent: 0,
        poor_percent: 100,
      },
      {
        page: '/q',
        name: 'LCP',
        samples: 1,
        p75: 9_000,
        rating: 'poor',
        good_percent: 0,
        poor_percent: 100,
      },
    ])
    expect(total).toMatchObject([
      { name: 'LCP', samples: 5, p75: 2_600, rating: 'needs-improvement' },
      { name: 'CLS' },
    ])
  })
})

describe('explain', () => {
  it('says what a number is, how it is asked, and whose it is', async () => {
    const { rows, sessions } = await asking(clickhouse, 's')(explain, {
      metrics: ['visitors', 'bounce_rate'],
      range: RANGE,
      filters: [['is', 'event:page', ['/q']]],
    })
    expect(rows).toMatchObject([
      { metric: 'visitors', unit: 'count', version: 2, value: 1, denominator: null },
      { metric: 'bounce_rate', unit: 'percent', value: 0 },
    ])
    expect(rows[1].numerator).toEqual(expect.any(String))
    // The statement, run as it stands, gives the number.
    expect(await selectRows(clickhouse, rows[0].sql, rows[0].params)).toEqual([{ m0: 1 }])
    expect(sessions).toHaveLength(1)
    expect(sessions[0]).toMatchObject({ browser: 'Chrome' })
  })

  it('refuses what a query would', async () => {
    await expect(
      asking(clickhouse, 's')(explain, { metrics: ['nothing'], range: RANGE }),
    ).rejects.toMatchObject({ part: 'metrics[0]' })
  })
})
