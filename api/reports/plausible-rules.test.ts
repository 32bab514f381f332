import { describe, expect, it } from 'vitest'
import { at, get, goal, query, servePlausible, siteWith } from './plausible.fixture.ts'

servePlausible()

const rows = async (site: string, body: object) =>
  (await query(site, body)).results.map(
    ({ dimensions, metrics }: { dimensions: unknown[]; metrics: unknown[] }) => [
      ...dimensions,
      ...metrics,
    ],
  )

describe('rules of Plausible’s Stats API', () => {
  it('counts the bounces of a filter by page where visits began on it', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:00:00'), path: '/shop' },
      { user: 2, at: at('00:00:00'), path: '/' },
      { user: 2, at: at('00:01:00'), path: '/shop' },
    ])
    const filters = [['is', 'event:page', ['/shop']]]
    const metrics = ['visitors', 'bounce_rate']
    expect(await rows(site, { metrics, filters })).toEqual([[2, 100]])
    expect(await rows(site, { metrics })).toEqual([[2, 50]])
    expect(await rows(site, { metrics, filters, dimensions: ['visit:browser'] })).toEqual([
      ['(not set)', 2, 100],
    ])
  })

  it('has the page views of all visits below an exit rate, whichever pages are asked for', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:00:00'), path: '/a' },
      { user: 1, at: at('00:01:00'), path: '/b' },
      { user: 2, at: at('00:00:00'), path: '/a' },
    ])
    const body = { metrics: ['exit_rate'], dimensions: ['visit:exit_page'] }
    const filters = [['is', 'visit:exit_page', ['/a']]]
    expect(await rows(site, { ...body, filters })).toEqual([['/a', 50]])
    const other = [['is', 'event:name', ['pageview']]]
    expect((await query(site, { ...body, filters: other })).error).toBe(
      'Metric `exit_rate` cannot be queried when filtering on event dimensions.',
    )
  })

  it('takes a filter by host for where a visit came to, in a list of where from', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:00:00'), host: 'one.example', campaign: 'spring' },
      { user: 1, at: at('00:01:00'), host: 'two.example' },
      { user: 2, at: at('00:00:00'), host: 'two.example', campaign: 'autumn' },
    ])
    const filters = [['is', 'event:hostname', ['two.example']]]
    expect(await rows(site, { filters, dimensions: ['visit:utm_campaign'] })).toEqual([
      ['autumn', 1],
    ])
    expect(await rows(site, { filters })).toEqual([[2]])
    const entered = [['is', 'visit:entry_page_hostname', ['one.example']]]
    expect(await rows(site, { filters: entered, metrics: ['pageviews'] })).toEqual([[2]])
    expect(await rows(site, { dimensions: ['visit:exit_page_hostname'] })).toEqual([
      ['two.example', 2],
    ])
  })

  it.each([
    ['visit:os', { os: 'macOS' }, 'Mac', ['is', 'visit:os', ['Mac']]],
    ['visit:os', { os: 'Mac' }, 'Mac', ['contains', 'visit:os', ['ac']]],
    ['visit:os', { os: 'Linux' }, 'Linux', ['is', 'visit:os', ['GNU/Linux']]],
    ['visit:os', { os: 'Linux' }, 'Linux', ['is', 'visit:os', ['Linux']]],
    ['visit:os', { os: 'macOS' }, 'Mac', ['matches', 'visit:os', ['^(?i)mac$']]],
    ['visit:device', { device: 'desktop' }, 'Desktop', ['contains', 'visit:device', ['Desk']]],
    ['visit:device', { device: 'desktop' }, 'Desktop', ['matches', 'visit:device', ['^D.*p$']]],
    ['visit:device', { device: 'mobile' }, 'Mobile', ['matches_not', 'visit:device', ['^$|TV']]],
    ['visit:device', { device: 'mobile' }, 'Mobile', ['contains', 'visit:device', ['Mo', 'tv']]],
    [
      'visit:country_name',
      { country: 'DE' },
      'Germany',
      ['matches', 'visit:country_name', ['^Ger', 'AT']],
    ],
    [
      'visit:region_name',
      { region: 'EE-37' },
      'Harjumaa',
      ['matches', 'visit:region_name', ['^Harju.*a$']],
    ],
    [
      'visit:region_name',
      { region: 'EE-37' },
      'Harjumaa',
      ['contains', 'visit:region_name', ['arju']],
    ],
    ['visit:region_name', { region: 'Harju' }, 'Harju', ['is', 'visit:region_name', ['Harju']]],
    ['visit:region', { region: 'EE-37' }, 'EE-37', ['is', 'visit:region', ['EE-37']]],
    ['visit:city', { city: '3067696' }, 3067696, ['is', 'visit:city', [3067696]]],
    ['visit:city', { city: 'Brno' }, 'Brno', ['is', 'visit:city', ['Brno']]],
    [
      'visit:referrer',
      { referrer: 'https://news.example/' },
      'https://news.example',
      ['is', 'visit:referrer', ['https://news.example']],
    ],
    [
      'event:props:plan',
      { properties: { plan: 'large' } },
      'large',
      ['contains_not', 'event:props:plan', ['mall']],
    ],
  ])('names and finds the values of %s %j as there', async (name, columns, shown, filter) => {
    const site = await siteWith([
      { at: at('00:00:00'), ...columns },
      {
        at: at('00:00:01'),
        device: 'tv',
        os: 'iOS',
        country: 'AT',
        region: 'Styria',
        city: 'Graz',
        referrer: 'https://x.example/',
      },
      { at: at('00:00:02'), properties: { plan: 'small' } },
    ])
    expect(await rows(site, { dimensions: [name], filters: [filter] })).toEqual([[shown, 1]])
  })

  it('has the tag of a link as it was written, where it was kept; else what is likely', async () => {
    const site = await siteWith([
      { at: at('00:00:00'), source: 'Letter', referrer: '' },
      { at: at('00:00:01'), source: 'Google', referrer: 'https://google.com/' },
      { at: at('00:00:02'), source: 'Google', referrer: '', utm_source: 'google' },
    ])
    expect(await rows(site, { dimensions: ['visit:utm_source'] })).toEqual([
      ['(not set)', 1],
      ['Letter', 1],
      ['google', 1],
    ])
  })

  it('counts by the hour who is there, with an event or not, and has duration and bounces where a visit ends', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:20:00') },
      { user: 1, at: at('00:49:00') },
      { user: 1, at: at('01:15:00') },
      { user: 1, at: at('01:40:00'), path: '/b' },
      { user: 1, at: at('02:05:00') },
      { user: 2, at: at('01:10:00'), path: '/b' },
    ])
    const body = {
      ...{ metrics: ['visitors', 'visits', 'pageviews', 'visit_duration', 'bounce_rate'] },
      ...{ date_range: ['2021-01-01', '2021-01-01'], dimensions: ['time:hour'] },
    }
    expect(await rows(site, body)).toEqual([
      ['2021-01-01 00:00:00', 1, 1, 2, 0, 0],
      ['2021-01-01 01:00:00', 2, 2, 3, 0, 100],
      ['2021-01-01 02:00:00', 1, 1, 1, 6300, 0],
    ])
    // Of who has been on a page, though not in that hour.
    const filters = [['is', 'event:page', ['/b']]]
    expect(await rows(site, { ...body, metrics: ['visitors'], filters })).toEqual([
      ['2021-01-01 00:00:00', 1],
      ['2021-01-01 01:00:00', 2],
      ['2021-01-01 02:00:00', 1],
    ])
    // What was done is done when it was.
    await goal(site, 'Visit /b', { kind: 'page', page: '/b' })
    const done = [['is', 'event:goal', ['Visit /b']]]
    expect(await rows(site, { ...body, metrics: ['visitors'], filters: done })).toEqual([
      ['2021-01-01 01:00:00', 2],
    ])
  })

  it('has a visit over midnight in the day that it ends in, where it is asked of visits alone', async () => {
    const site = await siteWith([
      { user: 1, at: at('23:50:00') },
      { user: 1, at: at('00:05:00', '2021-01-02'), path: '/b' },
      { user: 2, at: at('10:00:00') },
    ])
    const by = (metrics: string[], filters: unknown[] = [], dimension = 'time:day') =>
      rows(site, {
        ...{ metrics, filters, dimensions: [dimension] },
        date_range: ['2021-01-01', '2021-01-02'],
      })
    expect(await by(['visitors', 'visits'])).toEqual([
      ['2021-01-01', 1, 1],
      ['2021-01-02', 1, 1],
    ])
    expect(await by(['visitors', 'pageviews'])).toEqual([
      ['2021-01-01', 2, 2],
      ['2021-01-02', 1, 1],
    ])
    const ofPage = [['is', 'event:page', ['/']]]
    expect(await by(['visitors'], ofPage)).toEqual([['2021-01-01', 2]])
    expect(await by(['visitors', 'bounce_rate'], ofPage)).toEqual([
      ['2021-01-01', 1, 100],
      ['2021-01-02', 1, 0],
    ])
    expect(await by(['visitors'], [], 'time:month')).toEqual([['2021-01-01', 2]])
  })

  it('follows a sequence to what came next, by what an event is; else it is of the visit', async () => {
    const site = await siteWith([
      { user: 1, at: at('00:00:00'), path: '/plans' },
      { user: 1, at: at('00:00:30'), name: 'engagement', path: '/plans' },
      { user: 1, at: at('00:01:00'), name: 'Join', path: '/plans' },
      { user: 1, at: at('00:01:30'), name: 'click', path: '/plans' },
      { user: 1, at: at('00:02:00'), path: '/welcome' },
      { user: 1, at: at('00:03:00'), path: '/later' },
      // Nothing comes after.
      { user: 2, at: at('00:00:00'), path: '/plans', source: 'Google' },
      { user: 2, at: at('00:01:00'), name: 'Join', path: '/plans' },
      // In the other order; and half of it.
      { user: 3, at: at('00:00:00'), name: 'Join', path: '/plans' },
      { user: 3, at: at('00:01:00'), path: '/welcome' },
      { user: 4, at: at('00:00:00'), path: '/plans' },
    ])
    const filters = [
      [
        'sequence',
        [
          ['is', 'event:page', ['/plans']],
          ['is', 'event:name', ['Join']],
        ],
      ],
    ]
    const of = (...dimensions: string[]) => rows(site, { filters, dimensions })
    expect(await of()).toEqual([[2]])
    expect(await of('event:page')).toEqual([['/welcome', 1]])
    expect(await of('event:name')).toEqual([['pageview', 1]])
    expect(await of('visit:source')).toEqual([
      ['Direct / None', 1],
      ['Google', 1],
    ])
    const welcomed = [...filters, ['is', 'event:page', ['/welcome']]]
    expect(await rows(site, { filters: welcomed })).toEqual([[1]])
    // One event is not two steps.
    const twice = [['sequence', Array(2).fill(['is', 'event:page', ['/welcome']])]]
    expect(await rows(site, { filters: twice })).toEqual([[0]])
  })

  it('counts by the hour who has come before the range, from its beginning to its end', async () => {
    const site = await siteWith([
      { user: 1, at: at('23:50:00') },
      { user: 1, at: at('00:10:00', '2021-01-02') },
    ])
    const body = { metrics: ['visitors', 'bounce_rate'], dimensions: ['time:hour'] }
    const days = (day: string) => ({ ...body, date_range: [day, day] })
    expect(await rows(site, days('2021-01-01'))).toEqual([['2021-01-01 23:00:00', 1, 0]])
    expect(await rows(site, days('2021-01-02'))).toEqual([['2021-01-02 00:00:00', 1, 0]])
  })

  it('counts a visit in each day that it has an event in, where it is asked of events too', async () => {
    const site = await siteWith([
      { user: 1, at: at('23:50:00') },
      { user: 1, at: at('00:05:00', '2021-01-02') },
    ])
    const body = { metrics: ['visits', 'events'], date_range: ['2021-01-01', '2021-01-02'] }
    expect(await rows(site, { ...body, dimensions: ['time:day'] })).toEqual([
      ['2021-01-01', 1, 1],
      ['2021-01-02', 1, 1],
    ])
    expect(await rows(site, body)).toEqual([[1, 2]])
  })

  it('has no events of a goal that is reached by reading', async () => {
    const read = { name: 'engagement', view: 7, scroll_depth: 60 }
    const site = await siteWith([
      { user: 1, at: at('00:00:00'), view: 7 },
      { user: 1, at: at('00:00:30'), ...read },
      { user: 2, at: at('00:00:00') },
    ])
    await goal(site, 'Half', { kind: 'scroll', depth: 50 })
    const metrics = ['visitors', 'events', 'conversion_rate']
    expect(await rows(site, { metrics, dimensions: ['event:goal'] })).toEqual([
      ['Half', 1, null, 50],
    ])
  })

  it('has nothing for a part of a goal’s name that none has', async () => {
    const site = await siteWith([{ at: at('00:00:00') }])
    const filters = [['contains', 'event:goal', ['zzz']]]
    expect(await rows(site, { filters, metrics: ['visitors', 'visit_duration'] })).toEqual([[0, 0]])
    expect(await rows(site, { filters, dimensions: ['event:page'] })).toEqual([])
  })

  it('means the shorter day where a clock is set back at midnight', async () => {
    const site = await siteWith([], { timezone: 'America/Havana' })
    const { query: told } = await query(site, { date_range: ['2020-11-01', '2020-11-01'] })
    expect(told.date_range).toEqual(['2020-11-01T00:00:00-05:00', '2020-11-01T23:59:59-05:00'])
  })

  it('knows no imported data, no further member of include, and no time without a dimension', async () => {
    const site = await siteWith([])
    const { meta } = await query(site, { include: { imports: true } })
    expect(meta).toEqual({ imports_included: false, imports_skip_reason: 'no_imported_data' })
    expect((await query(site, { include: { other: true } })).error).toBe(
      '#/include/other: Schema does not allow additional properties.',
    )
    expect((await query(site, { include: { total_rows: 1 } })).error).toBe(
      '#/include/total_rows: Type mismatch. Expected Boolean but got Integer.',
    )
  })
})

describe('rules of Plausible’s Stats API v1', () => {
  const day = { period: 'day', date: '2021-01-01' }

  it('takes filters as JSON, with wildcards over slashes', async () => {
    const site_id = await siteWith([
      { at: at('00:00:00'), path: '/docs/a/b', device: 'desktop', os: 'Linux' },
      { at: at('00:00:01'), path: '/blog' },
    ])
    const asked = (filters: unknown) =>
      get('aggregate', { site_id, ...day, filters: JSON.stringify(filters) })
    const one = { results: { visitors: { value: 1 } } }
    expect((await asked([['matches_wildcard', 'event:page', ['/docs*']]])).body).toEqual(one)
    expect((await asked([['is', 'event:page', ['/blog']]])).body).toEqual(one)
    const wild = async (filters: string) =>
      (await get('aggregate', { site_id, ...day, filters })).body
    expect(await wild('visit:device==Desk*')).toEqual(one)
    expect(await wild('visit:device!=Desk*')).toEqual(one)
    expect(await wild('visit:os==Lin*')).toEqual(one)
    expect((await asked([['is', 'event:goal', ['Visit /x']]])).body.error).toBe(
      'The pageview goal for the pathname `/x` is not configured for this site. Find out how to configure goals here: https://plausible.io/docs/stats-api#filtering-by-goals',
    )
  })

  it('has the system beside its version, and no rows without a tag', async () => {
    const site_id = await siteWith([
      { at: at('00:00:00'), os: 'macOS', os_version: '14', medium: 'mail' },
      { at: at('00:00:01') },
    ])
    const by = async (property: string) =>
      (await get('breakdown', { site_id, ...day, property })).body.results
    expect(await by('visit:os_version')).toEqual([
      { os: '(not set)', os_version: '(not set)', visitors: 1 },
      { os: 'Mac', os_version: '14', visitors: 1 },
    ])
    expect(await by('visit:utm_medium')).toEqual([{ utm_medium: 'mail', visitors: 1 }])
  })

  it.each([
    [
      'aggregate',
      { metrics: 'scroll_depth' },
      'The metric `scroll_depth` is not recognized. Find valid metrics from the documentation: https://plausible.io/docs/stats-api#metrics',
    ],
    [
      'aggregate',
      { metrics: 'visits', filters: 'event:name==Signup' },
      'Session metric `visits` cannot be queried when using a filter on `event:name`.',
    ],
    [
      'breakdown',
      { property: 'event:props:plan', metrics: 'bounce_rate' },
      'Session metric `bounce_rate` cannot be queried for breakdown by `event:props:plan`.',
    ],
    [
      'breakdown',
      { property: 'visit:source', metrics: 'time_on_page' },
      'Metric `time_on_page` is not supported in breakdown queries (except `event:page` breakdown)',
    ],
    [
      'aggregate',
      { metrics: 'conversion_rate' },
      'Metric `conversion_rate` can only be queried in a goal breakdown or with a goal filter',
    ],
  ])('%s refuses %j in its words', async (path, params, error) => {
    const answered = await get(path, { site_id: await siteWith([]), ...day, ...params })
    expect(answered).toEqual({ status: 400, body: { error } })
  })
})
