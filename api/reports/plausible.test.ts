import { describe, expect, it } from 'vitest'
import { at, query, segment, servePlausible, siteWith } from './plausible.fixture.ts'

servePlausible()

describe('Plausible’s Stats API v2', () => {
  it('aggregates, with its bounces and durations', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:00:00') },
      { user: 1, at: at('00:25:00') },
      { at: at('00:00:00') },
    ])
    const { results } = await query(site, {
      metrics: [
        'pageviews',
        'visits',
        'views_per_visit',
        'visitors',
        'bounce_rate',
        'visit_duration',
      ],
    })
    expect(results).toEqual([{ metrics: [3, 2, 1.5, 2, 50, 750], dimensions: [] }])
  })

  it('takes a site by its domain, and gives the query back', async () => {
    const site = await siteWith([{ at: at('00:00:00') }])
    const told = await query(site.replaceAll('-', '.'), {
      date_range: ['2021-01-01', '2021-01-07'],
      metrics: ['pageviews'],
    })
    expect(told.results).toEqual([{ metrics: [1], dimensions: [] }])
    expect(told.query).toMatchObject({
      metrics: ['pageviews'],
      date_range: ['2021-01-01T00:00:00+00:00', '2021-01-07T23:59:59+00:00'],
      order_by: [['pageviews', 'desc']],
      pagination: { limit: 10_000, offset: 0 },
    })
  })

  it('has no engagement among events, bounces and durations', async () => {
    const site = await siteWith([
      { user: 2, at: at('00:00:00') },
      { user: 2, name: 'engagement', at: at('00:00:03') },
      { user: 3, at: at('00:00:00') },
      { user: 3, name: 'Signup', at: at('00:00:10') },
      { user: 4, at: at('00:00:00') },
      { user: 4, name: 'Seen', at: at('00:00:02'), properties: { interactive: 'false' } },
    ])
    const { results } = await query(site, { metrics: ['events', 'bounce_rate', 'visit_duration'] })
    expect(results[0].metrics).toEqual([5, 67, 4])
    const names = await query(site, { dimensions: ['event:name'], metrics: ['events'] })
    expect(names.results.map((row: { dimensions: string[] }) => row.dimensions[0])).toEqual([
      'pageview',
      'Seen',
      'Signup',
    ])
  })

  it.each([
    ['visit:source', { source: 'Google' }, ['is', 'visit:source', ['Google']]],
    ['visit:source', { source: 'Direct / None' }, ['is', 'visit:source', ['Direct / None']]],
    [
      'visit:utm_medium',
      { medium: 'Social' },
      ['is', 'visit:utm_medium', ['sociaL'], { case_sensitive: false }],
    ],
    ['visit:device', { device: 'desktop' }, ['is', 'visit:device', ['Desktop']]],
    ['visit:os', { os: 'macOS' }, ['is', 'visit:os', ['Mac']]],
    ['visit:browser', { browser: 'Chrome' }, ['contains', 'visit:browser', ['hrom']]],
    ['visit:country_name', { country: 'EE' }, ['is', 'visit:country_name', ['Estonia']]],
  ])('filters by %s', async (_name, columns, filter) => {
    const site = await siteWith([
      { user: 5, at: at('00:00:00'), ...columns },
      { user: 5, at: at('00:25:00') },
      { at: at('00:00:00'), source: 'Bing', medium: 'x', device: 'tv', os: 'iOS', country: 'DE' },
    ])
    const { results } = await query(site, {
      metrics: ['pageviews', 'visitors', 'bounce_rate', 'visit_duration'],
      filters: [filter],
    })
    expect(results).toEqual([{ metrics: [2, 1, 0, 1500], dimensions: [] }])
  })

  it.each([
    [
      'visit:utm_medium',
      { medium: 'Search' },
      { medium: 'social' },
      { medium: '' },
      ['Search', 'social', '(not set)'],
    ],
    [
      'visit:referrer',
      { referrer: 'a.com' },
      { referrer: 'b.com' },
      { referrer: '' },
      ['a.com', 'b.com', 'Direct / None'],
    ],
    [
      'visit:device',
      { device: 'mobile' },
      { device: 'desktop' },
      { device: '' },
      ['Mobile', 'Desktop', '(not set)'],
    ],
    [
      'event:props:plan',
      { properties: { plan: 'a' } },
      { properties: { plan: 'b' } },
      {},
      ['a', 'b', '(none)'],
    ],
  ])('breaks down by %s, with a name for none', async (dimension, one, other, none, names) => {
    const site = await siteWith(
      [one, one, one, other, other, none].map((columns, index) => ({
        at: at(`0${index}:00:00`),
        ...columns,
      })),
    )
    const { results } = await query(site, { dimensions: [dimension] })
    expect(results).toEqual([
      { dimensions: [names[0]], metrics: [3] },
      { dimensions: [names[1]], metrics: [2] },
      { dimensions: [names[2]], metrics: [1] },
    ])
  })

  it('has time in buckets of its form, with labels', async () => {
    const site = await siteWith([
      { user: 6, at: at('00:00:00') },
      { user: 6, at: at('00:10:00') },
      { at: at('23:59:00') },
    ])
    const { results, meta } = await query(site, {
      metrics: ['visitors', 'pageviews', 'visits', 'visit_duration', 'bounce_rate'],
      date_range: ['2021-01-01', '2021-01-01'],
      dimensions: ['time:hour'],
      include: { time_labels: true },
    })
    expect(results).toEqual([
      { dimensions: ['2021-01-01 00:00:00'], metrics: [1, 2, 1, 600, 0] },
      { dimensions: ['2021-01-01 23:00:00'], metrics: [1, 1, 1, 0, 100] },
    ])
    expect(meta.time_labels).toHaveLength(24)
    expect(meta.time_labels[23]).toBe('2021-01-01 23:00:00')
  })

  it('clips the first week, and takes the grain that fits', async () => {
    const site = await siteWith([
      { at: at('00:00:00') },
      { at: at('23:59:00', '2021-01-03') },
      { at: at('23:59:00', '2021-01-07') },
    ])
    const weeks = await query(site, {
      date_range: ['2020-12-20', '2021-01-07'],
      dimensions: ['time:week'],
      include: { time_labels: true },
    })
    expect(weeks.results).toEqual([
      { dimensions: ['2020-12-28'], metrics: [2] },
      { dimensions: ['2021-01-04'], metrics: [1] },
    ])
    expect(weeks.meta.time_labels).toEqual(['2020-12-20', '2020-12-21', '2020-12-28', '2021-01-04'])
    const days = await query(site, {
      date_range: ['2021-01-01', '2021-01-07'],
      dimensions: ['time'],
    })
    expect(days.results[0]).toEqual({ dimensions: ['2021-01-01'], metrics: [1] })
  })

  it('goes by the site’s own zone', async () => {
    const site = await siteWith(
      ['05:00', '05:15', '05:30', '05:45', '06:00', '06:15', '06:30'].map((time) => ({
        at: at(`${time}:00`, '2021-01-02'),
      })),
      { timezone: 'Asia/Kathmandu' },
    )
    const { results } = await query(site, {
      metrics: ['visits'],
      date_range: ['2021-01-02', '2021-01-02'],
      dimensions: ['time:hour'],
    })
    expect(results).toEqual([
      { dimensions: ['2021-01-02 10:00:00'], metrics: [1] },
      { dimensions: ['2021-01-02 11:00:00'], metrics: [4] },
      { dimensions: ['2021-01-02 12:00:00'], metrics: [2] },
    ])
  })

  it.each([
    ['7d', ['2021-01-01T00:00:00+00:00', '2021-01-07T23:59:59+00:00']],
    ['month', ['2021-01-01T00:00:00+00:00', '2021-01-31T23:59:59+00:00']],
    ['6mo', ['2020-07-01T00:00:00+00:00', '2020-12-31T23:59:59+00:00']],
    ['year', ['2021-01-01T00:00:00+00:00', '2021-12-31T23:59:59+00:00']],
    ['day', ['2021-01-08T00:00:00+00:00', '2021-01-08T23:59:59+00:00']],
  ])('%s is the range that it is there', async (range, expected) => {
    const told = await query(await siteWith([]), { date_range: range })
    expect(told.query.date_range).toEqual(expected)
    expect(told.results).toEqual([{ dimensions: [], metrics: [0] }])
  })

  it('has the furthest scroll and all of the time of each visit to a page', async () => {
    const view = (user: number, minute: number, depth: number, seconds: number) => [
      { user, at: at(`00:0${minute}:00`), view: user * 10 + minute },
      {
        user,
        name: 'engagement',
        at: at(`00:0${minute}:30`),
        view: user * 10 + minute,
        scroll_depth: depth,
        visible_ms: seconds * 1_000,
      },
    ]
    const site = await siteWith([
      ...view(30, 0, 40, 20),
      ...view(30, 1, 60, 40),
      ...view(31, 0, 80, 40),
    ])
    const { results } = await query(site, {
      metrics: ['scroll_depth', 'time_on_page'],
      dimensions: ['event:page'],
    })
    expect(results).toEqual([{ dimensions: ['/'], metrics: [70, 50] }])
  })

  it('sorts by time, then by the most', async () => {
    const site = await siteWith([
      { at: at('00:00:00'), source: 'Google' },
      { at: at('00:00:00', '2021-01-02') },
      { at: at('00:00:00', '2021-01-02'), source: 'Google' },
      { at: at('00:00:01', '2021-01-02'), source: 'Google' },
    ])
    const { results } = await query(site, {
      date_range: ['2021-01-01', '2021-01-03'],
      dimensions: ['time', 'visit:source'],
    })
    expect(results).toEqual([
      { dimensions: ['2021-01-01', 'Google'], metrics: [1] },
      { dimensions: ['2021-01-02', 'Google'], metrics: [2] },
      { dimensions: ['2021-01-02', 'Direct / None'], metrics: [1] },
    ])
  })

  it('takes the query that it gave back', async () => {
    const site = await siteWith([{ at: at('00:00:00') }])
    const first = await query(site, { metrics: ['pageviews'], dimensions: ['event:page'] })
    const { site_id: _, ...body } = first.query
    expect((await query(site, body)).results).toEqual(first.results)
  })

  it('compares, with the change', async () => {
    const site = await siteWith([
      { at: at('00:00:00') },
      { at: at('00:25:00') },
      { at: at('00:00:00', '2021-01-06') },
      { at: at('00:00:00', '2021-01-07') },
      { at: at('00:00:00', '2021-01-08') },
    ])
    const compared = (date_range: string[]) =>
      query(site, {
        ...{ metrics: ['pageviews'], date_range, dimensions: ['time:day'] },
        include: { comparisons: { mode: 'previous_period' } },
      })
    const { results } = await compared(['2021-01-05', '2021-01-08'])
    expect(results).toHaveLength(4)
    expect(results.slice(0, 2)).toEqual([
      {
        dimensions: ['2021-01-05'],
        metrics: [0],
        comparison: { dimensions: ['2021-01-01'], metrics: [2], change: [-100] },
      },
      {
        dimensions: ['2021-01-06'],
        metrics: [1],
        comparison: { dimensions: ['2021-01-02'], metrics: [0], change: [100] },
      },
    ])
    const goingOn = await compared(['2021-01-07', '2021-01-13'])
    expect(goingOn.results[0].comparison).toEqual({
      dimensions: ['2021-01-05'],
      metrics: [0],
      change: [100],
    })
    expect(goingOn.results[6].comparison.dimensions).toEqual([null])
  })

  it('compares rows with their own, however few are asked for', async () => {
    const day = (browser: string, on: string) => ({ browser, at: at('00:00:00', on) })
    const site = await siteWith([
      ...['Firefox', 'Firefox', 'Firefox', 'Firefox', 'Safari', 'Safari', 'Safari', 'Chrome'].map(
        (each) => day(each, '2021-01-01'),
      ),
      ...['Chrome', 'Chrome', 'Chrome', 'Firefox', 'Firefox'].map((each) =>
        day(each, '2021-01-07'),
      ),
      day('Safari', '2021-01-08'),
    ])
    const body = {
      metrics: ['visitors', 'percentage'],
      date_range: ['2021-01-05', '2021-01-08'],
      dimensions: ['visit:browser'],
      include: { comparisons: { mode: 'previous_period' }, total_rows: true },
    }
    const { results, meta } = await query(site, { ...body, pagination: { limit: 2 } })
    expect(meta.total_rows).toBe(3)
    expect(results).toEqual([
      {
        dimensions: ['Chrome'],
        metrics: [3, 50],
        comparison: { dimensions: ['Chrome'], metrics: [1, 12.5], change: [200, 300] },
      },
      {
        dimensions: ['Firefox'],
        metrics: [2, 33.3],
        comparison: { dimensions: ['Firefox'], metrics: [4, 50], change: [-50, -33] },
      },
    ])
    const second = await query(site, { ...body, pagination: { limit: 2, offset: 2 } })
    expect(second.results[0].comparison).toEqual({
      dimensions: ['Safari'],
      metrics: [3, 37.5],
      change: [-67, -55],
    })
  })

  it('filters visits by what was done in them, and by segments', async () => {
    const site = await siteWith([
      { user: 9, at: at('00:00:00'), path: '/pricing' },
      { user: 9, at: at('00:01:00'), name: 'Signup' },
      { user: 10, at: at('00:00:00'), path: '/docs' },
      { user: 10, at: at('00:01:00'), name: 'Signup' },
      { user: 11, at: at('00:00:00'), path: '/docs' },
    ])
    const done = await query(site, {
      metrics: ['events'],
      filters: [
        ['is', 'event:name', ['Signup']],
        ['has_done', ['is', 'event:page', ['/pricing']]],
      ],
    })
    expect(done.results[0].metrics).toEqual([1])
    const id = await segment(site, [['is', 'event:page', ['/docs']]])
    const readers = await query(site, { filters: [['is', 'segment', [id]]] })
    expect(readers.results[0].metrics).toEqual([2])
  })
})
