import type { VisitorBasis } from '../contract/event.ts'
import type { Attribution } from './attribution.ts'

/** An event as the session rules see it. */
export interface SessionEvent {
  readonly siteId: string
  readonly visitorId: string
  readonly visitorBasis: VisitorBasis
  readonly clientSessionId: string | null
  readonly eventId: string
  readonly atMs: number
  readonly isPageview: boolean
  readonly page: string | null
  readonly attribution: Attribution
  readonly isBot: boolean
  readonly isEngaging: boolean
}

/** A point in the order of events: time, then id. */
interface Point {
  readonly atMs: number
  readonly eventId: string
}

/** A visit: everything in it can be merged in any order (SPEC S7). */
export interface Session {
  readonly siteId: string
  readonly visitorId: string
  readonly visitorBasis: VisitorBasis
  readonly sessionId: string
  readonly clientSessionId: string | null
  first: Point
  lastAtMs: number
  entry: (Point & { readonly page: string | null }) | null
  exit: (Point & { readonly page: string | null }) | null
  attribution: Attribution
  pageviews: number
  events: number
  isBot: boolean
  isEngaged: boolean
}

export interface SessionRules {
  readonly timeoutMs: number
  readonly capMs: number
}

export const SESSION_RULES: SessionRules = { timeoutMs: 30 * 60_000, capMs: 24 * 3_600_000 }

const before = (a: Point, b: Point) =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.eventId < b.eventId)

/**
 * Puts an event into one of the visitor's sessions, or into a new one which is
 * added to them. Sessions are changed in place.
 */
export function assign(
  event: SessionEvent,
  sessions: Session[],
  rules: SessionRules = SESSION_RULES,
): Session {
  const near = sessions
    .filter((session) => matches(event, session) && fits(event.atMs, session, rules))
    .sort(
      (a, b) => distance(event.atMs, a) - distance(event.atMs, b) || a.first.atMs - b.first.atMs,
    )[0]
  if (near) {
    add(event, near)
    return near
  }
  const session = begin(event, sessions)
  sessions.push(session)
  return session
}

/** S2 and S3. */
const matches = (event: SessionEvent, session: Session) =>
  event.clientSessionId === null || event.clientSessionId === session.clientSessionId

/** S4 and S5. */
function fits(atMs: number, session: Session, rules: SessionRules): boolean {
  const lengthMs = Math.max(session.lastAtMs, atMs) - Math.min(session.first.atMs, atMs)
  return distance(atMs, session) <= rules.timeoutMs && lengthMs <= rules.capMs
}

const distance = (atMs: number, session: Session) =>
  Math.max(session.first.atMs - atMs, atMs - session.lastAtMs, 0)

function add(event: SessionEvent, session: Session): void {
  session.events++
  session.isBot ||= event.isBot
  session.isEngaged ||= event.isEngaging
  if (before(event, session.first)) {
    session.first = { atMs: event.atMs, eventId: event.eventId }
    if (!session.entry) session.attribution = event.attribution
  }
  session.lastAtMs = Math.max(session.lastAtMs, event.atMs)
  if (!event.isPageview) return
  session.pageviews++
  const view = { atMs: event.atMs, eventId: event.eventId, page: event.page }
  if (!session.entry || before(view, session.entry)) {
    session.entry = view
    session.attribution = event.attribution
  }
  if (!session.exit || before(session.exit, view)) session.exit = view
}

function begin(event: SessionEvent, others: readonly Session[]): Session {
  const view = event.isPageview
    ? { atMs: event.atMs, eventId: event.eventId, page: event.page }
    : null
  const id = event.clientSessionId
  // S9: the client's id once, then ids made of the event that began the visit.
  const isTaken = id === null || others.some((session) => session.sessionId === id)
  return {
    siteId: event.siteId,
    visitorId: event.visitorId,
    visitorBasis: event.visitorBasis,
    sessionId: isTaken ? `${id ?? ''}~${event.eventId}` : id,
    clientSessionId: id,
    first: { atMs: event.atMs, eventId: event.eventId },
    lastAtMs: event.atMs,
    entry: view,
    exit: view,
    attribution: event.attribution,
    pageviews: event.isPageview ? 1 : 0,
    events: 1,
    isBot: event.isBot,
    isEngaged: event.isEngaging,
  }
}
