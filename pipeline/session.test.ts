import { describe, expect, it } from 'vitest'
import {
  assign,
  isBotSession,
  keepsOrder,
  SESSION_RULES,
  type Session,
  type SessionEvent,
} from './session.ts'
import { DEFAULT_RULES } from './site-rules.ts'
import { attributesOf } from './visit-attributes.ts'

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
    attributes: attributesOf(
      null,
      { url: `https://s/?utm_source=${source ?? 'a'}` },
      DEFAULT_RULES,
    ),
    isBot: false,
    isEngaging: false,
    ...fields,
  }
}

function visits(events: readonly SessionEvent[]): Session[] {
  const sessions: Session[] = []
  for (const each of events) assign(each, sessions, SESSION_RULES)
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

  it('S3: an event without a session id joins the visit that was the last to have one before', () => {
    const sessions = visits([
      event(0, { clientSessionId: 'a' }),
      event(20, { clientSessionId: 'b' }),
      event(21, { isPageview: false }),
      event(22, { clientSessionId: 'a' }),
      event(23, { isPageview: false }),
      event(54),
    ])
    expect(sessions.map((each) => [each.sessionId.split('~')[0], each.events])).toEqual([
      ['a', 3],
      ['b', 2],
      ['', 1],
    ])
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
    expect(visit?.attributes.source).toBe('a')
  })

  it('S7: an event inside a visit may come late; one that could part or join visits is not let pass', () => {
    const sessions = visits([
      event(0, { clientSessionId: 'a' }),
      event(40, { clientSessionId: 'b' }),
      event(45, { clientSessionId: 'b' }),
      event(120, { clientSessionId: 'a' }),
    ])
    const inside = { clientSessionId: 'b', isPageview: false }
    expect(keepsOrder(event(121), sessions)).toBe(true)
    expect(keepsOrder(event(42, inside), sessions)).toBe(true)
    expect(keepsOrder(event(46, inside), sessions)).toBe(true) // b has none later
    expect(keepsOrder(event(39, inside), sessions)).toBe(false)
    expect(keepsOrder(event(42, { clientSessionId: 'b' }), sessions)).toBe(false) // a page view
    expect(keepsOrder(event(60, { clientSessionId: 'a', isPageview: false }), sessions)).toBe(false)
    expect(keepsOrder(event(42, { isPageview: false }), sessions)).toBe(false) // without an id
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
    expect(visit?.attributes.source).toBe('first-view')
    expect(visit && visit.last.atMs - visit.first.atMs).toBe(3 * MINUTE)
  })

  it('S10: one engaging event makes the visit engaged', () => {
    const events = [event(0), event(1, { isEngaging: true }), event(2)]
    expect(visits(events).map(({ isEngaged }) => isEngaged)).toEqual([true])
    expect(visits([event(0)])[0]?.isEngaged).toBe(false)
  })

  it('S9: a client id names the first visit under it, and a later one has its first event behind', () => {
    const late = event(100, { clientSessionId: 'a' })
    const nameless = event(200)
    const sessions = visits([event(50, { clientSessionId: 'a' }), late, nameless])
    expect(sessions.map((each) => each.sessionId)).toEqual([
      'a',
      `a~${late.eventId}`,
      `~${nameless.eventId}`,
    ])
  })

  it('S11: ten pages in less than a second each, and nothing done, are a bot’s', () => {
    const rush = (pages: number, over: Partial<SessionEvent> = {}) =>
      visits(Array.from({ length: pages }, (_, index) => event(index / 100, over)))[0]
    const isBot = (session: Session | undefined, judgesBehaviour = true) =>
      session && isBotSession(session, { judgesBehaviour })
    expect(isBot(rush(10))).toBe(true)
    expect(isBot(rush(9))).toBe(false)
    expect(isBot(rush(10, { isEngaging: true }))).toBe(false)
    expect(isBot(rush(10), false)).toBe(false)
    expect(isBot(rush(1, { isBot: true }), false)).toBe(true)
  })
})
