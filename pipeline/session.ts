import type { VisitorBasis } from '../contract/event.ts'
import type { VisitAttributes } from './visit-attributes.ts'

/** A point in the order of events: time, then id. */
export interface Point {
  readonly atMs: number
  readonly eventId: string
}

/** An event as the session rules see it. */
export interface SessionEvent extends Point {
  readonly siteId: string
  readonly visitorId: string
  readonly visitorBasis: VisitorBasis
  readonly clientSessionId: string | null
  readonly isPageview: boolean
  readonly page: string | null
  readonly attributes: VisitAttributes
  readonly isBot: boolean
  readonly isEngaging: boolean
}

/** A page view that begins or ends a visit. */
export interface View extends Point {
  readonly page: string | null
}

/** A visit. */
export interface Session {
  readonly siteId: string
  readonly visitorId: string
  readonly visitorBasis: VisitorBasis
  readonly sessionId: string
  readonly clientSessionId: string | null
  /** An event without a session id joined it though it has one (S3). */
  isMixed: boolean
  first: Point
  last: Point
  entry: View | null
  exit: View | null
  attributes: VisitAttributes
  pageviews: number
  events: number
  engagedMs: number
  hasBotEvent: boolean
  isEngaged: boolean
}

export interface SessionRules {
  readonly timeoutMs: number
  readonly capMs: number
}

export const SESSION_RULES: SessionRules = { timeoutMs: 30 * 60_000, capMs: 24 * 3_600_000 }

export const isBefore = (a: Point, b: Point) =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.eventId < b.eventId)

/**
 * Puts an event into one of the visitor's sessions, or into a new one which is
 * added to them. Sessions are changed in place. The visitor's events must come
 * in their order, except those that `keepsOrder` lets pass.
 */
export function assign(event: SessionEvent, sessions: Session[], rules: SessionRules): Session {
  const session = sessionFor(event, sessions, rules)
  if (session) {
    add(event, session)
    return session
  }
  const begun = begin(event, sessions)
  sessions.push(begun)
  return begun
}

/**
 * Whether the event can be added to sessions that were made of the events before
 * it, with what would come out if it had come in its turn. One that lies inside
 * a visit only adds to its counts; anything else that comes late may join
 * visits, begin them or part them elsewhere, and what was is to be looked at again.
 */
export function keepsOrder(event: SessionEvent, sessions: readonly Session[]): boolean {
  if (sessions.every(({ last }) => isBefore(last, event))) return true
  if (event.isPageview) return false // entry, exit, and the neighbours of page views
  const id = event.clientSessionId
  const isMixed = sessions.some(
    (each) => each.isMixed || (each.clientSessionId === null) !== (id === null),
  )
  if (isMixed) return false
  if (enclosing(event, sessions)) return true
  return !sessions.some(
    ({ clientSessionId, last }) => clientSessionId === id && isBefore(event, last),
  )
}

/** The visit that the event lies within, or can be added to the end of. */
function sessionFor(
  event: SessionEvent,
  sessions: readonly Session[],
  rules: SessionRules,
): Session | undefined {
  const around = enclosing(event, sessions)
  if (around) return around
  const id = event.clientSessionId
  const latest = sessions
    .filter((each) => id === null || each.clientSessionId === id) // S2, S3
    .reduce<Session | undefined>(
      (best, each) => (best && isBefore(each.last, best.last) ? best : each),
      undefined,
    )
  const fits =
    latest &&
    event.atMs - latest.last.atMs <= rules.timeoutMs && // S4
    event.atMs - latest.first.atMs <= rules.capMs // S5
  return fits ? latest : undefined
}

const enclosing = (event: SessionEvent, sessions: readonly Session[]) =>
  sessions.find(
    (each) =>
      each.clientSessionId === event.clientSessionId &&
      !isBefore(event, each.first) &&
      !isBefore(each.last, event),
  )

function add(event: SessionEvent, session: Session): void {
  session.events++
  session.isMixed ||= event.clientSessionId !== session.clientSessionId
  session.hasBotEvent ||= event.isBot
  session.isEngaged ||= event.isEngaging
  if (isBefore(session.last, event)) session.last = pointOf(event)
  if (!event.isPageview) return
  session.pageviews++
  session.exit = viewOf(event)
  if (session.entry) return
  session.entry = session.exit
  session.attributes = event.attributes
}

function begin(event: SessionEvent, others: readonly Session[]): Session {
  const view = event.isPageview ? viewOf(event) : null
  const id = event.clientSessionId
  // S9: the client's id once, then ids made of the event that began the visit.
  const isTaken = id === null || others.some((session) => session.sessionId === id)
  return {
    siteId: event.siteId,
    visitorId: event.visitorId,
    visitorBasis: event.visitorBasis,
    sessionId: isTaken ? `${id ?? ''}~${event.eventId}` : id,
    clientSessionId: id,
    isMixed: false,
    first: pointOf(event),
    last: pointOf(event),
    entry: view,
    exit: view,
    attributes: event.attributes,
    pageviews: event.isPageview ? 1 : 0,
    events: 1,
    engagedMs: 0,
    hasBotEvent: event.isBot,
    isEngaged: event.isEngaging,
  }
}

const pointOf = ({ atMs, eventId }: SessionEvent): Point => ({ atMs, eventId })
const viewOf = ({ atMs, eventId, page }: SessionEvent): View => ({ atMs, eventId, page })

const FAST_VIEWS = 10
const FAST_VIEW_MS = 1_000

/** S11: the collector saw a bot, or nobody could have looked at the pages so quickly. */
export function isBotSession(session: Session, { judgesBehaviour }: { judgesBehaviour: boolean }) {
  if (session.hasBotEvent) return true
  if (!judgesBehaviour || session.isEngaged || session.pageviews < FAST_VIEWS) return false
  const viewsMs = (session.exit?.atMs ?? 0) - (session.entry?.atMs ?? 0)
  return viewsMs / (session.pageviews - 1) < FAST_VIEW_MS
}
