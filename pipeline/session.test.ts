import { describe, expect, it } from 'vitest'
import { attribute } from './attribution.ts'
import { assign, type Session, type SessionEvent } from './session.ts'

const MINUTE = 60_000
const START = Date.parse('2026-11-24T23:50:00Z')
let count = 0

function event(
  minutes: number,
  over: Partial<SessionEvent> & { source?: string } = {},
): SessionEvent {
  const { source, ...fields } = over
  return {
    siteId: 's',
    visitorId: 'v',
    visitorBasis: 'persistent_id',
    clientSessionId: null,
    eventId: `00000000-0000-7000-8000-${String(++count).padStart(12, '0')}`,
    atMs: START + minutes * MINUTE,
    isPageview: true,
    page: `/${minutes}`,
    attribution: attribute(`https://s/?utm_source=${source ?? 'a'}`, undefined),
    isBot: false,
    isEngaging: false,
    ...fields,
  }
}

function visits(events: readonly SessionEvent[]): Session[] {
  const sessions: Session[] = []
  for (const each of events) assign(each, sessions)
  return sessions
}

describe('the session rules', () => {
  it('S2: two client session ids are two visits, and tabs with one id are one', () => {
    const sessions = visits([
      event(0, { clientSessionId: 'a' }),
      event(1, { clientSessionId: 'b' }),
      event(2, { clientSessionId: 'a' }),
    ])
    expect(sessions.map((each) => [each.sessionId, each.events])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
  })

  it('S3: an event without a session id joins the visit nearest in time', () => {
    const sessions = visits([
      event(0, { clientSessionId: 'a' }),
      event(20, { clientSessionId: 'b' }),
      event(19, { isPageview: false }),
    ])
    expect(sessions.map((each) => each.events)).toEqual([1, 2])
  })

  it('S4: 30 minutes without an event are still the visit, more are not', () => {
    expect(visits([event(0), event(30)])).toHaveLength(1)
    expect(visits([event(0), event(30), event(60.01)])).toHaveLength(2)
  })

  it('S5: a visit lasts 24 hours at most', () => {
    const sessions = visits(Array.from({ length: 100 }, (_, index) => event(index * 20)))
    expect(sessions.map((each) => each.events)).toEqual([73, 27])
  })

  it('S6: neither midnight nor a campaign ends a visit', () => {
    const [visit, ...others] = visits([event(0), event(20, { source: 'other' })])
    expect(others).toEqual([])
    expect(visit?.attribution.source).toBe('a')
  })

  it('S7: the order of arrival does not matter', () => {
    const events = [
      event(0, { isPageview: false }),
      event(1, { source: 'b' }),
      event(2),
      event(5, { isPageview: false }),
    ]
    const expected = visits(events)[0]
    const orders = [
      [3, 2, 1, 0],
      [1, 3, 0, 2],
      [2, 0, 3, 1],
    ]
    for (const order of orders) {
      const { sessionId: _, ...visit } = visits(order.flatMap((at) => events[at] ?? []))[0] ?? {}
      const { sessionId: __, ...wanted } = expected ?? {}
      expect(visit).toEqual(wanted)
    }
  })

  it('S8: entry, exit and attribution are those of page views', () => {
    const [visit] = visits([
      event(0, { isPageview: false, source: 'first-event' }),
      event(1, { source: 'first-view', page: '/in' }),
      event(2, { source: 'second-view', page: '/out' }),
      event(3, { isPageview: false, page: '/out-2' }),
    ])
    expect(visit).toMatchObject({
      entry: { page: '/in' },
      exit: { page: '/out' },
      pageviews: 2,
      events: 4,
    })
    expect(visit?.attribution.source).toBe('first-view')
    expect(visit && visit.lastAtMs - visit.first.atMs).toBe(3 * MINUTE)
  })

  it('S10: one engaging event makes the visit engaged, whatever comes before or after', () => {
    const events = [event(0), event(1, { isEngaging: true }), event(2)]
    for (const order of [events, events.toReversed()])
      expect(visits(order).map(({ isEngaged }) => isEngaged)).toEqual([true])
    expect(visits([event(0)])[0]?.isEngaged).toBe(false)
  })

  it('S9: a client id names the first visit under it, and a later one has a name of its own', () => {
    const late = event(100, { clientSessionId: 'a' })
    const sessions = visits([
      event(50, { clientSessionId: 'a' }),
      late,
      event(40, { clientSessionId: 'a' }),
    ])
    expect(sessions.map((each) => each.sessionId)).toEqual(['a', `a~${late.eventId}`])
  })
})
