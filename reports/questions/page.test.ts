import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { clicks } from './clicks.ts'
import { page } from './page.ts'

const DAY = Date.parse('2026-11-10T10:00:00Z')
const RANGE = ['2026-11-10', '2026-11-10'] as const
const bands = (...ms: number[]) => Array.from({ length: 20 }, (_, at) => ms[at] ?? 0)

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  await loadHistories(clickhouse, 'a', [
    // Reads to the end, clicks the button and copies.
    ...view('reader', 0, [
      [5, 'engagement', { ...read(40, 400, bands(2_000)), heightAtLoadPx: 2_900 }],
      [20, 'engagement', read(100, 1_000, bands(3_000, 1_000))],
      [21, 'click', button('normal', 250, 999)],
      [22, 'text_copy', { selector: 'p', heading: 'Price', length: 9 }],
    ]),
    // Sees the upper half only: the button is at 600 px.
    ...view('skimmer', 0, [[9, 'engagement', read(50, 500, bands(1_000))]]),
    // Sees it, clicks it three times in anger, and once nothing happens.
    ...view('angry', 0, [
      [9, 'engagement', read(80, 800, bands(0, 1_000))],
      [10, 'click', button('normal', 0, 0)],
      [10, 'click', button('normal', 10, 0)],
      [11, 'click', button('normal', 1_000, 1_000)],
      [11, 'rage_click', button('rage', 1_000, 1_000)],
      [12, 'js_error', { message: 'x is no function' }],
      [12, 'dead_click', { ...button('dead', 5, 5), selector: '#logo', box: [0, 10, 50, 50] }],
    ]),
    // A window that shows all of it, and one that never said.
    ...view('tall', 0, [
      [9, 'engagement', { ...read(100, 900, bands()), fitsWindow: true, heightAtLoadPx: 700 }],
    ]),
    ...view('silent', 0, []),
    // Goes on to another page, so its visit does not end here.
    ...view('onward', 0, [[9, 'engagement', read(10, 100, bands())]]),
    { visitor: 'onward', at: at(30), path: '/other', view: 'onward-2' },
    // Of the day before, but for a part of its engagement.
    ...view('night', -10 * 3_600 - 60, [[4, 'engagement', read(10, 100, bands(9_000))]]),
    ...view('late', 14 * 3_600 - 60, [[120, 'engagement', read(20, 200, bands())]]),
  ])
})

const at = (second: number) => new Date(DAY + second * 1_000).toISOString()
function view(
  visitor: string,
  start: number,
  events: [second: number, type: string, data: Told['data']][],
): Told[] {
  const of = { visitor, path: '/price', view: visitor }
  return [
    { ...of, at: at(start) },
    ...events.map(([second, type, data], index) => ({
      ...{ ...of, at: at(start + second), type, data, context: { viewport: '1200x700' } },
      id: `00000000-0000-4000-8000-00000000000${index}`,
    })),
  ]
}
function read(scrollDepth: number, maxScrollPx: number, attentionMs: number[]): Told['data'] {
  return {
    visibleMs: 5_000,
    engagedMs: 4_000,
    scrollDepth,
    maxScrollPx,
    fitsWindow: false,
    attentionMs,
  }
}
function button(_kind: string, x: number, y: number): Told['data'] {
  return { selector: '#buy', tag: 'button', isControl: true, x, y, box: [10, 600, 100, 40] }
}

const ask = () => asking(clickhouse, 'a')

describe('a page', () => {
  it('tells how far it is read and where the time goes', async () => {
    const { rows, ...of } = await ask()(page, { range: RANGE, page: '/price' })
    expect(of).toMatchObject({
      ...{ views: 7, visitors: 7, measured_views: 6, scrolled_views: 5, short_views: 1 },
      ...{ median_depth_percent: 50 },
    })
    expect(of.depths).toHaveLength(101)
    expect(Object.entries(of.depths).filter(([, views]) => views !== 0)).toEqual([
      ...[
        ['10', 1],
        ['20', 1],
        ['50', 1],
        ['80', 1],
        ['100', 1],
      ],
    ])
    expect(of.median_fold_percent).toBe(62.5)
    expect(Object.entries(of.folds).filter(([, views]) => views !== 0)).toEqual([
      ...[
        ['25', 1],
        ['100', 1],
      ],
    ])
    expect(rows.map((row) => row.reached)).toEqual([
      ...[5, 5, 4, 4, 3, 3, 3, 3, 3, 3],
      ...[2, 2, 2, 2, 2, 2, 1, 1, 1, 1],
    ])
    expect(rows[9]).toMatchObject({ from_percent: 45, to_percent: 50, reached_percent: 60 })
    // 3 s and 1 s of the reader, 1 s of the skimmer, 1 s of the angry one, over six views.
    expect(rows.slice(0, 3)).toMatchObject([
      { attention_s: 0.667, attention_percent: 66.7 },
      { attention_s: 0.333, attention_percent: 33.3 },
      { attention_s: 0, attention_percent: 0 },
    ])
  })

  it('rates an element by the views that could see it', async () => {
    const { elements, copies } = await ask()(page, { range: RANGE, page: '/price' })
    expect(elements).toMatchObject([
      {
        ...{ selector: '#buy', tag: 'button', clicks: 4, clickers: 2, share_percent: 100 },
        // The reader, the angry one, and the tall window.
        ...{ exposed_views: 3, exposed_rate_percent: 66.7, rage: 1, dead: 0, rage_percent: 25 },
        // √(2/3 × 1/3 ÷ 3); two views have a click, and each its first and last here.
        ...{ exposed_rate_se_percent: 27.2, first: 2, last: 2, first_percent: 100 },
        // The third click of the angry one, a second before the error.
        ...{ is_control: true, error: 1, error_percent: 25 },
      },
      {
        ...{ selector: '#logo', clicks: 0, dead: 1, exposed_views: 6, exposed_rate_percent: 0 },
        ...{ exposed_rate_se_percent: 0, first: 0, last_percent: 0 },
      },
    ])
    expect(copies).toEqual([
      { selector: 'p', heading: 'Price', copies: 1, selections: 0, visitors: 1 },
    ])
  })

  it('tells how it is left', async () => {
    const answer = await ask()(page, { range: RANGE, page: '/price' })
    expect(answer).toMatchObject({ exits: 6, exit_rate_percent: 85.7 })
    expect(answer.exits_after).toEqual([
      { event: null, selector: null, exits: 4 },
      { event: 'click', selector: '#buy', exits: 1 },
      { event: 'text_copy', selector: 'p', exits: 1 },
    ])
  })

  it('may be all of a template', async () => {
    const one = await ask()(page, { range: RANGE, page: '/price' })
    expect(await ask()(page, { range: RANGE, page: '/pr*' })).toEqual(one)
    const both = await ask()(page, { range: RANGE, page: '/**' })
    expect(both).toMatchObject({ views: 8, visitors: 7, exits: 7 })
    expect((await ask()(page, { range: RANGE, page: '/*/*' })).views).toBe(0)
  })

  it('that nobody saw is empty', async () => {
    const answer = await ask()(page, { range: RANGE, page: '/none' })
    expect(answer).toMatchObject({ views: 0, exits: 0, exit_rate_percent: null, elements: [] })
    expect(answer.rows[0]).toMatchObject({ reached: 0, reached_percent: null, attention_s: null })
  })
})

describe('a click map', () => {
  it('has a cell for each element, place and kind', async () => {
    const { rows, meta } = await ask()(clicks, { range: RANGE, page: '/price', resolution: 4 })
    expect(meta).toMatchObject({ cell: 250 })
    expect(rows).toEqual([
      { selector: '#buy', x: 0, y: 0, kind: 'normal', clicks: 2, clickers: 1, exposed_views: 3 },
      {
        selector: '#buy',
        x: 250,
        y: 750,
        kind: 'normal',
        clicks: 1,
        clickers: 1,
        exposed_views: 3,
      },
      {
        selector: '#buy',
        x: 750,
        y: 750,
        kind: 'normal',
        clicks: 1,
        clickers: 1,
        exposed_views: 3,
      },
      { selector: '#buy', x: 750, y: 750, kind: 'rage', clicks: 1, clickers: 1, exposed_views: 3 },
      { selector: '#logo', x: 0, y: 0, kind: 'dead', clicks: 1, clickers: 1, exposed_views: 6 },
    ])
  })

  it('is of one kind where it is asked so', async () => {
    const { rows } = await ask()(clicks, { range: RANGE, page: '/price', kind: 'dead' })
    expect(rows.map((row) => row.selector)).toEqual(['#logo'])
  })

  it('is of a template, and of a class of viewport by a filter', async () => {
    const asked = { range: RANGE, page: '/pr*', kind: 'dead' } as const
    const { rows } = await ask()(clicks, asked)
    expect(rows.map((row) => row.selector)).toEqual(['#logo'])
    const filters = [['is', 'visit:screen', ['phone']]] as never
    expect((await ask()(clicks, { ...asked, filters })).rows).toEqual([])
  })

  it.each([
    ['first', [0, 250]],
    ['last', [250, 750]],
    ['error', [750]],
  ] as const)('has the %s clicks by themselves', async (kind, places) => {
    const { rows } = await ask()(clicks, { range: RANGE, page: '/price', kind, resolution: 4 })
    expect(rows.map((row) => row.x)).toEqual(places)
    expect(rows.every((row) => row.kind === kind && row.clicks === 1)).toBe(true)
  })

  it('is of elements where it is asked so, as CSV has the rows', async () => {
    const { rows, elements } = await ask()(clicks, { range: RANGE, page: '/price', by: 'element' })
    expect(rows.map((row) => [row.selector, row.clicks])).toEqual([
      ['#buy', 4],
      ['#logo', 0],
    ])
    expect(elements).toBeUndefined()
  })

  it('is of one layout where it is asked so: then who saw it is not known', async () => {
    await loadHistories(clickhouse, 'b', [
      ...view('old', 0, [
        [1, 'click', { ...button('normal', 0, 0), layout: 'a1' }],
        [2, 'click', { ...button('normal', 0, 0), layout: 'a1' }],
      ]),
      ...view('new', 60, [[1, 'click', { ...button('normal', 990, 0), layout: 'b2' }]]),
      ...view('older', 60, [[9, 'click', button('normal', 0, 0)]]),
    ])
    const of = asking(clickhouse, 'b')
    const { layouts } = await of(clicks, { range: RANGE, page: '/price' })
    expect(layouts).toEqual([
      { layout_hash: 'a1', clicks: 2, first_at: at(1), last_at: at(2) },
      { layout_hash: null, clicks: 1, first_at: at(69), last_at: at(69) },
      { layout_hash: 'b2', clicks: 1, first_at: at(61), last_at: at(61) },
    ])
    const { rows, elements } = await of(clicks, {
      ...{ range: RANGE, page: '/price', layout_hash: 'b2' },
    })
    expect(rows).toMatchObject([{ x: 950, clicks: 1, exposed_views: null }])
    expect(elements).toMatchObject([{ clicks: 1, exposed_views: null, exposed_rate_percent: null }])
  })
})
