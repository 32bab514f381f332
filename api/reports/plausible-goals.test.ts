import { describe, expect, it } from 'vitest'
import { at, goal, query, servePlausible, siteWith } from './plausible.fixture.ts'

servePlausible()

describe('goals in Plausible’s Stats API v2', () => {
  it('has conversions of goals, and their rates', async () => {
    const site = await siteWith([
      { at: at('00:00:00'), path: '/blog/1', properties: { author: 'Uku' } },
      { at: at('00:00:01'), path: '/blog/2', properties: { author: 'Uku' } },
      { at: at('00:00:02'), path: '/blog/3', properties: { author: 'Uku' } },
      { at: at('00:00:00'), path: '/blog/1', properties: { author: 'Marko' } },
      { user: 7, at: at('00:00:00'), path: '/blog/2', properties: { author: 'Marko' } },
      { user: 7, at: at('00:00:01'), path: '/blog/3', properties: { author: 'Marko' } },
      { at: at('00:00:00'), path: '/blog' },
      { at: at('00:00:00'), properties: { author: 'Marko' } },
      { at: at('00:00:00') },
    ])
    await goal(site, 'Visit /blog**', { kind: 'page', page: '/blog**' })
    const { results } = await query(site, {
      filters: [['is', 'event:goal', ['Visit /blog**']]],
      metrics: ['visitors', 'events', 'conversion_rate'],
      dimensions: ['event:props:author'],
    })
    expect(results).toEqual([
      { dimensions: ['Uku'], metrics: [3, 3, 37.5] },
      { dimensions: ['Marko'], metrics: [2, 3, 25] },
      { dimensions: ['(none)'], metrics: [1, 1, 12.5] },
    ])
    const byGoal = await query(site, {
      dimensions: ['event:goal'],
      metrics: ['visitors', 'conversion_rate'],
    })
    expect(byGoal.results).toEqual([{ dimensions: ['Visit /blog**'], metrics: [6, 75] }])
  })

  it('has the rate of a group', async () => {
    const site = await siteWith([
      { at: at('00:00:00'), device: 'mobile' },
      { at: at('00:00:00'), device: 'mobile', name: 'AddToCart' },
      { at: at('00:00:00'), device: 'mobile', name: 'AddToCart' },
      { user: 8, at: at('00:00:00'), device: 'desktop', name: 'AddToCart' },
      { user: 8, at: at('00:00:01'), device: 'desktop', name: 'Purchase' },
      { at: at('00:00:00'), device: 'desktop' },
    ])
    for (const name of ['AddToCart', 'Purchase'])
      await goal(site, name, { kind: 'event', event: name })
    const { results } = await query(site, {
      metrics: ['visitors', 'events', 'group_conversion_rate'],
      dimensions: ['visit:device'],
      filters: [['is', 'event:goal', ['AddToCart', 'Purchase']]],
    })
    expect(results).toEqual([
      { dimensions: ['Mobile'], metrics: [2, 2, 66.67] },
      { dimensions: ['Desktop'], metrics: [1, 2, 50] },
    ])
  })

  it('has no goals where there are none, and then no error', async () => {
    const site = await siteWith([{ at: at('00:00:00'), name: 'Signup' }])
    expect((await query(site, { dimensions: ['event:goal'] })).results).toEqual([])
  })

  it('has revenue in the currency of its goals, or says why not', async () => {
    const paid = (name: string, revenue: string, currency: string) => ({
      at: at('00:00:00'),
      name,
      revenue,
      currency,
    })
    const site = await siteWith([
      paid('Purchase', '100.3', 'USD'),
      paid('Payment', '40.3', 'USD'),
      paid('Payment', '60.6', 'USD'),
      paid('Subscription', '100', 'EUR'),
      { at: at('00:00:00'), name: 'Signup' },
    ])
    for (const [name, currency] of [
      ['Purchase', 'USD'],
      ['Payment', 'USD'],
      ['Subscription', 'EUR'],
      ['Signup', null],
    ] as const)
      await goal(site, name, { kind: 'event', event: name }, currency)
    const one = await query(site, {
      metrics: ['events', 'average_revenue', 'total_revenue'],
      filters: [['is', 'event:goal', ['Signup', 'Purchase', 'Payment']]],
    })
    expect(one.results[0].metrics).toEqual([
      4,
      { value: 67.066, currency: 'USD', short: '$67.1', long: '$67.07' },
      { value: 201.2, currency: 'USD', short: '$201.2', long: '$201.20' },
    ])
    expect(one.meta.metric_warnings).toBeUndefined()
    const mixed = await query(site, {
      metrics: ['total_revenue'],
      filters: [['is', 'event:goal', ['Subscription', 'Payment']]],
    })
    expect(mixed.results[0].metrics).toEqual([null])
    expect(mixed.meta.metric_warnings.total_revenue.code).toBe('no_single_revenue_currency')
    const none = await query(site, { metrics: ['total_revenue'] })
    expect(none.results[0].metrics).toEqual([null])
    expect(none.meta.metric_warnings.total_revenue.code).toBe('no_revenue_goals_matching')
  })

  it('has no revenue where events are in another currency than that of their goal, and says so', async () => {
    const paid = (name: string, browser: string, revenue: string, currency: string) => ({
      at: at('00:00:00'),
      ...{ name, browser, revenue, currency },
    })
    const site = await siteWith([
      paid('Other', 'Firefox', '100', 'USD'),
      paid('Mixed', 'Firefox', '10', 'EUR'),
      paid('Mixed', 'Chrome', '10', 'USD'),
      paid('Own', 'Firefox', '10', 'USD'),
      { at: at('00:00:00'), name: 'Own' },
    ])
    for (const [name, currency] of [
      ['Other', 'EUR'],
      ['Mixed', 'EUR'],
      ['Own', 'USD'],
    ] as const)
      await goal(site, name, { kind: 'event', event: name }, currency)
    const ask = async (names: string[], dimensions: string[] = []) => {
      const { results, meta } = await query(site, {
        metrics: ['total_revenue', 'average_revenue'],
        filters: [['is', 'event:goal', names]],
        dimensions,
        order_by: dimensions.map((name) => [name, 'asc']),
      })
      return {
        rows: results.map((row: { dimensions: string[]; metrics: ({ long: string } | null)[] }) => [
          ...row.dimensions,
          ...row.metrics.map((money) => money?.long ?? null),
        ]),
        warnings: Object.values(meta.metric_warnings ?? {}).map(
          (warning) => (warning as { code: string }).code,
        ),
      }
    }
    const warnings = Array(2).fill('no_single_revenue_currency')
    expect(await ask(['Other'])).toEqual({ rows: [[null, null]], warnings })
    expect(await ask(['Mixed'])).toEqual({ rows: [[null, null]], warnings })
    expect(await ask(['Mixed'], ['visit:browser'])).toEqual({
      rows: [
        ['Chrome', null, null],
        ['Firefox', '€10.00', '€10.00'],
      ],
      warnings,
    })
    expect(await ask(['Own', 'Mixed'], ['event:goal'])).toEqual({
      rows: [
        ['Mixed', null, null],
        ['Own', '$10.00', '$10.00'],
      ],
      warnings,
    })
    expect(await ask(['Own'])).toEqual({ rows: [['$10.00', '$10.00']], warnings: [] })
  })
})
