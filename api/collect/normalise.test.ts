import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../contract/event.ts'
import { Problem } from '../errors.ts'
import { normalise } from './normalise.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const ID = '019a0000-0000-7000-8000-000000000001'

const one = (event: object, envelope?: object) =>
  normalise(envelope ? { ...envelope, events: [event] } : event, NOW, () => ID)
const accepted = (event: object, envelope?: object) => one(event, envelope).events[0]?.event
const refusal = (event: object, envelope?: object) => one(event, envelope).refused[0]?.code

describe('an event', () => {
  it('is taken with what stands on its envelope, its own fields first', () => {
    const event = accepted(
      { eventType: 'pageview', visitorId: 'own', url: 'https://example.com/a' },
      { siteId: 'example-com', visitorId: 'shared', sessionId: 's' },
    )
    expect(event).toMatchObject({
      siteId: 'example-com',
      visitor: { id: 'own', basis: 'persistent_id' },
      sessionId: 's',
      path: '/a',
      occurredAtMs: NOW,
    })
  })

  it('finds its site from the host of its page', () => {
    expect(accepted({ eventType: 'pageview', url: 'https://www.example.com/' })?.siteId).toBe(
      'example-com',
    )
  })

  it('is stored without what must never be, and says what stood where', () => {
    const event = {
      eventType: 'signup',
      siteId: 's',
      title: 'Welcome jane@example.com',
      eventData: {
        plan: 'pro',
        password: 'hunter2',
        note: { to: 'call +44 20 7123 4567' },
        number: 378282246310005,
        count: 1748503543012,
      },
    }
    expect(accepted(event)?.stored).toMatchObject({
      title: 'Welcome [email]',
      eventData: {
        plan: 'pro',
        password: '[redacted]',
        note: { to: 'call [phone]' },
        number: '[redacted]',
        count: 1748503543012,
      },
    })
    expect(one(event).redactions).toEqual([
      { rule: 'email', place: 'title' },
      { rule: 'name', place: 'event_data' },
      { rule: 'phone', place: 'event_data' },
      { rule: 'card', place: 'event_data' },
    ])
  })

  it('has the context of its envelope, its own members first', () => {
    const event = { eventType: 'x', siteId: 's', context: { viewId: 'v' } }
    expect(accepted(event, { context: { tabId: 't', viewId: 'w' } })?.stored.context).toEqual({
      tabId: 't',
      viewId: 'v',
    })
  })

  it('has the route of a hash router in its path', () => {
    const url = 'https://example.com/app#/cart?coupon=1'
    expect(accepted({ eventType: 'pageview', url })?.path).toBe('/app#/cart')
  })

  it('gives the time inside a UUIDv7 id, and none for another id', () => {
    const v7 = '019a0000-0000-7000-8000-000000000001'
    const v4 = '019a0000-0000-4000-8000-000000000001'
    expect(accepted({ eventType: 'x', siteId: 's', eventId: v7 })?.idAtMs).toBe(0x019a00000000)
    expect(accepted({ eventType: 'x', siteId: 's', eventId: v4 })?.idAtMs).toBe(0)
  })

  it.each([
    ['a type that is no string', { eventType: 5, siteId: 's' }, 'invalid_event_type'],
    [
      'an array where a string is expected',
      { eventType: ['pageview'], siteId: 's' },
      'invalid_event_type',
    ],
    ['no type', { siteId: 's' }, 'invalid_event_type'],
    [
      'a type of 121 characters, which cut would merge with others',
      { eventType: 'x'.repeat(121), siteId: 's' },
      'invalid_event_type',
    ],
    [
      'an operator where the site is expected',
      { eventType: 'x', siteId: { $ne: null } },
      'invalid_site_id',
    ],
    ['no site and no page', { eventType: 'x' }, 'site_required'],
    ['an id that is no UUID', { eventType: 'x', siteId: 's', eventId: '1' }, 'invalid_event_id'],
    [
      'a page that is no web address',
      { eventType: 'x', siteId: 's', url: 'javascript:alert(1)' },
      'invalid_url',
    ],
    [
      'a time that is none',
      { eventType: 'x', siteId: 's', timestamp: 'yesterday' },
      'invalid_timestamp',
    ],
    [
      '51 properties',
      {
        eventType: 'x',
        siteId: 's',
        eventData: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 1])),
      },
      'too_many_properties',
    ],
  ])('is refused with %s', (_why, event, code) => {
    expect(refusal(event)).toBe(code)
  })

  it('is refused when it names another site than its envelope', () => {
    expect(refusal({ eventType: 'x', siteId: 'b' }, { siteId: 'a' })).toBe('site_mismatch')
  })

  it('is repaired where a browser can send such a thing by accident', () => {
    const event = accepted({
      eventType: 'sign\u202eup\u200b',
      siteId: 's',
      title: `x\ud83d${'t'.repeat(600)}`,
      eventData: { nul: 'a\0b', huge: 1e300, toString: '2' },
    })
    expect(event?.eventType).toBe('signup')
    expect(event?.stored.title).toHaveLength(512)
    expect(event?.stored.title?.startsWith('x\ufffd')).toBe(true)
    expect(event?.stored.eventData).toEqual({ nul: 'a\ufffdb', huge: null, toString: '2' })
  })

  it('keeps a property whose long name would be cut through a pair of surrogates', () => {
    const name = 'a'.repeat(LIMITS.key - 1)
    const event = { eventType: 'x', siteId: 's', eventData: { [`${name}😀`]: 1 } }
    expect(accepted(event)?.stored.eventData).toEqual({ [`${name}\ufffd`]: 1 })
  })

  it('leaves no secret of its address', () => {
    const event = accepted({
      eventType: 'pageview',
      siteId: 's',
      url: 'https://user:pw@example.com/reset/abc123?token=t&utm_source=news#frag',
      referrer: 'https://other.example/inbox/jane@doe.example?q=1',
    })
    expect(event?.stored.url).toBe('https://example.com/reset/[token]?utm_source=news')
    expect(event?.stored.referrer).toBe('https://other.example/')
  })
})

describe('the time of an event', () => {
  it('is corrected by how wrong the clock was when it was sent', () => {
    const hourAhead = 3_600_000
    const event = accepted(
      { eventType: 'x', siteId: 's', timestamp: NOW + hourAhead - 5_000 },
      { sentAt: NOW + hourAhead },
    )
    expect(event?.occurredAtMs).toBe(NOW - 5_000)
  })

  it('is believed where its clock is wrong by no more than a request may take', () => {
    const sent = (timestamp: number, sentAt: number) =>
      accepted({ eventType: 'x', siteId: 's', timestamp }, { sentAt })?.occurredAtMs
    // Two requests of one page: the first took long, the second did not.
    expect(sent(NOW - 1_900, NOW - 1_800)).toBe(NOW - 1_900)
    expect(sent(NOW - 1_500, NOW - 30)).toBe(NOW - 1_500)
    expect(sent(NOW - 2_100, NOW - 2_000)).toBe(NOW - 100)
  })

  it('is never after its receipt', () => {
    expect(
      accepted({ eventType: 'x', siteId: 's', timestamp: NOW + 900 }, { sentAt: NOW + 1_000 })
        ?.occurredAtMs,
    ).toBe(NOW)
  })

  it('is now where it lies in the future', () => {
    expect(
      accepted({ eventType: 'x', siteId: 's', timestamp: NOW + 3_600_000 })?.occurredAtMs,
    ).toBe(NOW)
  })

  it.each([-1, 0, 8.64e15, 1e300])('is now where the clock was never set: %d', (timestamp) => {
    expect(accepted({ eventType: 'x', siteId: 's', timestamp })?.occurredAtMs).toBe(NOW)
  })

  it('is now where its clock and its sending are both out of this world', () => {
    const event = accepted(
      { eventType: 'x', siteId: 's', timestamp: Number.POSITIVE_INFINITY },
      { sentAt: Number.POSITIVE_INFINITY },
    )
    expect(event?.occurredAtMs).toBe(NOW)
  })

  it('is refused at more than 7 days back, and kept at just less', () => {
    const week = 7 * 24 * 3_600_000
    expect(refusal({ eventType: 'x', siteId: 's', timestamp: NOW - week - 1 })).toBe('too_old')
    expect(accepted({ eventType: 'x', siteId: 's', timestamp: NOW - week })?.occurredAtMs).toBe(
      NOW - week,
    )
  })
})

describe('an envelope', () => {
  it.each([
    ['null', null],
    ['a number', 42],
    ['an array', []],
    ['an empty list', { events: [] }],
    ['a list that is none', { events: 'x' }],
    ['a sentAt that is no time', { sentAt: {}, events: [{ eventType: 'x', siteId: 's' }] }],
  ])('is refused whole as %s', (_what, body) => {
    expect(() => normalise(body, NOW, () => ID)).toThrow(Problem)
  })

  it('loses only its bad event', () => {
    const { events, refused } = normalise(
      { siteId: 's', events: [{ eventType: 'a' }, { eventType: 5 }, { eventType: 'b' }] },
      NOW,
      () => ID,
    )
    expect(events.map(({ index }) => index)).toEqual([0, 2])
    expect(refused).toEqual([{ index: 1, code: 'invalid_event_type', message: expect.any(String) }])
  })
})
