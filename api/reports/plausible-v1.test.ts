import { describe, expect, it } from 'vitest'
import { at, get, servePlausible, siteWith } from './plausible.fixture.ts'

servePlausible()

describe('Plausible’s Stats API v1', () => {
  it('aggregates, and compares', async () => {
    const site = await siteWith([
      { at: at('00:00:00', '2020-12-31') },
      { user: 20, at: at('00:00:00'), source: 'Google' },
      { user: 20, at: at('00:25:00') },
      { at: at('00:00:00') },
    ])
    const day = { site_id: site, period: 'day', date: '2021-01-01' }
    const all = await get('aggregate', {
      ...day,
      metrics: 'pageviews,visitors,bounce_rate,visit_duration',
      compare: 'previous_period',
    })
    expect(all.body.results).toEqual({
      pageviews: { value: 3, comparison_value: 1, change: 200 },
      visitors: { value: 2, comparison_value: 1, change: 100 },
      bounce_rate: { value: 50, comparison_value: 100, change: -50 },
      visit_duration: { value: 750, comparison_value: 0, change: 100 },
    })
    const some = await get('aggregate', {
      ...day,
      metrics: 'pageviews',
      filters: 'visit:source==Google|Bing',
    })
    expect(some.body.results).toEqual({ pageviews: { value: 2 } })
  })

  it('has a time series without gaps', async () => {
    const site = await siteWith([{ at: at('00:00:00') }, { at: at('23:59:00', '2021-01-07') }])
    const week = await get('timeseries', {
      site_id: site,
      period: '7d',
      date: '2021-01-08',
      metrics: 'visitors,bounce_rate',
    })
    expect(week.body.results).toHaveLength(7)
    expect(week.body.results.slice(0, 2)).toEqual([
      { date: '2021-01-01', visitors: 1, bounce_rate: 100 },
      { date: '2021-01-02', visitors: 0, bounce_rate: 0 },
    ])
    const months = await get('timeseries', { site_id: site, period: '6mo', date: '2021-01-01' })
    expect(months.body.results.map(({ date }: { date: string }) => date)).toEqual([
      '2020-08-01',
      '2020-09-01',
      '2020-10-01',
      '2020-11-01',
      '2020-12-01',
      '2021-01-01',
    ])
  })

  it('breaks down by a property, in pages', async () => {
    const site = await siteWith([
      { at: at('00:00:00'), path: '/en/a' },
      { at: at('00:00:01'), path: '/en/a' },
      { at: at('00:00:02'), path: '/en/b' },
      { at: at('00:00:03'), path: '/pl/a' },
    ])
    const day = { site_id: site, period: 'day', date: '2021-01-01', property: 'event:page' }
    const some = await get('breakdown', { ...day, filters: 'event:page==/en/**' })
    expect(some.body.results).toEqual([
      { page: '/en/a', visitors: 2 },
      { page: '/en/b', visitors: 1 },
    ])
    const second = await get('breakdown', { ...day, limit: '2', page: '2' })
    expect(second.body.results).toEqual([{ page: '/pl/a', visitors: 1 }])
  })

  it('counts the current visitors', async () => {
    const site = await siteWith([
      { at: at('11:58:00', '2021-01-08') },
      { at: at('11:54:59', '2021-01-08') },
    ])
    expect(await get('realtime/visitors', { site_id: site })).toEqual({ status: 200, body: 1 })
  })

  it.each([
    [
      'aggregate',
      { metrics: 'pageviews', period: 'month', date: '2021-dkjbAS' },
      'Error parsing `date` parameter: invalid_format. Please specify a valid date in ISO-8601 format.',
    ],
    [
      'aggregate',
      { metrics: 'pageviews', period: 'aosuhsacp' },
      'Error parsing `period` parameter: invalid period `aosuhsacp`. Please find accepted values in our docs: https://plausible.io/docs/stats-api#time-periods',
    ],
    [
      'aggregate',
      { metrics: 'pageviews', period: 'custom' },
      'The `date` parameter is required when using a custom period. See https://plausible.io/docs/stats-api#time-periods',
    ],
    [
      'aggregate',
      { metrics: 'visitors,baa' },
      'The metric `baa` is not recognized. Find valid metrics from the documentation: https://plausible.io/docs/stats-api#metrics',
    ],
    [
      'timeseries',
      { period: '12mo', interval: 'alskd' },
      'Error parsing `interval` parameter: invalid interval `alskd`. Valid intervals are `day`, `month`',
    ],
    [
      'breakdown',
      {},
      'The `property` parameter is required. Please provide at least one property to show a breakdown by.',
    ],
    [
      'breakdown',
      { property: 'badproperty' },
      "Invalid property 'badproperty'. Please provide a valid property for the breakdown endpoint: https://plausible.io/docs/stats-api#properties",
    ],
    [
      'breakdown',
      { property: 'event:page', filters: 'badproperty==bar' },
      "Invalid filter property 'badproperty'. Please provide a valid filter property: https://plausible.io/docs/stats-api#properties",
    ],
    [
      'breakdown',
      { property: 'event:page', limit: '1001' },
      'Please provide limit as a number between 1 and 1000.',
    ],
  ])('%s refuses %j as it is refused there', async (path, params, error) => {
    const answered = await get(path, { site_id: await siteWith([]), ...params })
    expect(answered).toEqual({ status: 400, body: { error } })
  })
})
