import { describe, expect, it } from 'vitest'
import { query, queryWith, servePlausible, siteWith } from './plausible.fixture.ts'

servePlausible()

describe('Plausible’s Stats API v2', () => {
  it.each([
    [{ metrics: [] }, '#/metrics: Expected a minimum of 1 items but got 0.'],
    [{ metrics: ['visitors', 'baa'] }, '#/metrics/1: Invalid metric "baa"'],
    [
      { metrics: ['visitors', 'visitors'] },
      '#/metrics: Expected items to be unique but they were not.',
    ],
    [{ dimensions: ['badproperty'] }, '#/dimensions/0: Invalid dimension "badproperty"'],
    [{ dimensions: ['event:props:'] }, '#/dimensions/0: Invalid dimension "event:props:"'],
    [{ dimensions: ['time:minute'] }, '#/dimensions/0: Invalid dimension "time:minute"'],
    [{ dimensions: 'foobar' }, '#/dimensions: Type mismatch. Expected Array but got String.'],
    [{ date_range: 'bad_period' }, '#/date_range: Invalid date range "bad_period"'],
    [{ date_range: '-1d' }, '#/date_range: Invalid date range "-1d"'],
    [{ date_range: ['21415-00', 'eee'] }, '#/date_range: Invalid date range ["21415-00", "eee"]'],
    [{ date_range: '999999999mo' }, 'Invalid date_range "999999999mo"'],
    [
      { date_range: ['2021-02-03T00:00:00', '2021-02-03T23:59:59'] },
      `Invalid date_range '["2021-02-03T00:00:00", "2021-02-03T23:59:59"]'.`,
    ],
    [{ filters: 'foobar' }, '#/filters: Type mismatch. Expected Array but got String.'],
    [
      { filters: [['exists?', 'event:name', ['foo']]] },
      '#/filters/0: Invalid filter ["exists?", "event:name", ["foo"]]',
    ],
    [
      { filters: [['is', 'event:name', 'foo']] },
      '#/filters/0: Invalid filter ["is", "event:name", "foo"]',
    ],
    [
      { filters: [['is_not', 'event:goal', ['Signup']]] },
      '#/filters/0: Invalid filter ["is_not", "event:goal", ["Signup"]]',
    ],
    [{ filters: [['and', []]] }, '#/filters/0: Invalid filter ["and", []]'],
    [
      { filters: [['matches', 'event:hostname', ['a'], { case_sensitive: false }]] },
      '#/filters/0: Invalid filter ["matches", "event:hostname", ["a"], %{"case_sensitive" => false}]',
    ],
    [
      { filters: [['is', 'visit:os_version', [123]]] },
      `Invalid filter '["is", "visit:os_version", [123]]'.`,
    ],
    [
      { filters: [['is', 'event:goal', ['Signup']]] },
      'Invalid filters. The goal `Signup` is not configured for this site. Find out how to configure goals here: https://plausible.io/docs/stats-api#filtering-by-goals',
    ],
    [
      { filters: [['not', ['is', 'event:hostname', ['a']]]] },
      'Invalid filters. Dimension `event:hostname` can only be filtered at the top level.',
    ],
    [
      { filters: [['has_done', ['is', 'visit:browser', ['Chrome']]]] },
      'Invalid filters. Behavioral filters (has_done, has_not_done, sequence) can only be used with event dimension filters.',
    ],
    [
      { filters: [['has_done', ['has_not_done', ['is', 'event:page', ['/']]]]] },
      'Invalid filters. Behavioral filters (has_done, has_not_done, sequence) cannot be nested.',
    ],
    [
      { filters: [['sequence', [['has_done', ['is', 'event:page', ['/']]]]]] },
      'Invalid filters. Behavioral filters (has_done, has_not_done, sequence) cannot be nested.',
    ],
    [
      { filters: [['not', ['sequence', [['is', 'event:page', ['/']]]]]] },
      'Invalid filters. sequence filters cannot be wrapped in not.',
    ],
    [
      { filters: [['sequence', 'event:page']] },
      '#/filters/0: Invalid filter ["sequence", "event:page"]',
    ],
    [
      { filters: [['is', 'segment', [1_000_000]]] },
      "Invalid filters. Some segments don't exist or aren't accessible.",
    ],
    [
      { filters: [['is', 'visit:country', ['USA']]] },
      'Invalid visit:country filter, visit:country needs to be a valid 2-letter country code.',
    ],
    [
      { metrics: ['conversion_rate'] },
      'Metric `conversion_rate` can only be queried with event:goal filters or dimensions.',
    ],
    [
      { metrics: ['scroll_depth'] },
      'Metric `scroll_depth` can only be queried with event:page filters or dimensions.',
    ],
    [
      { metrics: ['views_per_visit'], filters: [['is', 'event:page', ['/']]] },
      'Metric `views_per_visit` cannot be queried with a filter on `event:page`.',
    ],
    [
      { metrics: ['views_per_visit'], dimensions: ['event:name'] },
      'Metric `views_per_visit` cannot be queried with `dimensions`.',
    ],
    [
      { metrics: ['bounce_rate'], dimensions: ['event:props:foo'] },
      'Session metric(s) `bounce_rate` cannot be queried along with event dimension(s) `event:props:foo`',
    ],
    [
      { metrics: ['events'], dimensions: ['visit:exit_page'] },
      'Event metric(s) `events` cannot be queried along with session dimension(s) `visit:exit_page`',
    ],
    [{ order_by: [['visssss', 'desc']] }, '#/order_by/0/0: Invalid value in order_by "visssss"'],
    [
      { order_by: [['events', 'desc']] },
      "Invalid order_by entry '{:events, :desc}'. Entry is not a queried metric or dimension.",
    ],
    [
      { order_by: [['event:name', 'desc']] },
      `Invalid order_by entry '{"event:name", :desc}'. Entry is not a queried metric or dimension.`,
    ],
    [{ include: 'foobar' }, '#/include: Type mismatch. Expected Object but got String.'],
    [{ include: { time_labels: true } }, 'Invalid include.time_labels: requires a time dimension.'],
    [{ pagination: { limit: 100_000 } }, '#/pagination/limit: Expected the value to be <= 10000'],
    [{ pagination: { offset: -5 } }, '#/pagination/offset: Expected the value to be >= 0'],
  ])('refuses %j as it is refused there', async (body, error) => {
    const site = await siteWith([])
    expect(await query(site, body)).toEqual({ status: 400, error })
  })

  it.each([
    [
      undefined,
      'x',
      401,
      'Missing API key. Please use a valid Plausible API key as a Bearer Token.',
    ],
    [
      'Bearer bad',
      'x',
      401,
      "Invalid API key or site ID. Please make sure you're using a valid API key with access to the site you've requested.",
    ],
    [
      '',
      'no.such.site',
      401,
      "Invalid API key or site ID. Please make sure you're using a valid API key with access to the site you've requested.",
    ],
    [
      '',
      undefined,
      400,
      'Missing site ID. Please provide the required site_id parameter with your request.',
    ],
  ])('answers to the key %j and the site %j: %i', async (given, site_id, status, error) => {
    expect(await queryWith(given, site_id)).toEqual([status, { error }])
  })
})
