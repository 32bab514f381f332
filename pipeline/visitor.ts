import { eventTypeOf } from '../contract/event-types.ts'
import { type Addition, addition, type Before, beforeOf } from './addition.ts'
import type { ClaimedEvent } from './claim.ts'
import { engages } from './engagement.ts'
import { addToSubmission, attemptOf, type FormSubmission } from './form-submission.ts'
import {
  alone,
  engage,
  engagementOf,
  type Gain,
  NO_ENGAGEMENT,
  NO_GAIN,
  type Pageview,
} from './pageview.ts'
import {
  assign,
  isBotSession,
  keepsOrder,
  type Point,
  type Session,
  type SessionEvent,
} from './session.ts'
import type { Visitor } from './sessions-table.ts'
import type { SiteRules } from './site-rules.ts'
import { attributesOf } from './visit-attributes.ts'

/** What is known of a visitor around the time of some events. Changed in place. */
export interface VisitorState {
  readonly sessions: Session[]
  /** By the id that the client gave the view. */
  readonly views: Map<string, Pageview>
  /** By attempt. */
  readonly submissions: Map<string, FormSubmission>
}

/** One event with what was made of it. */
export interface ProcessedEvent {
  readonly claimed: ClaimedEvent
  readonly session: Session
  readonly isEngaging: boolean
  readonly gain: Gain
  readonly adds: Addition
  /** Of a page view. */
  readonly pageview?: Pageview
}

/** What some events of a visitor have made, and changed of what was there. */
export interface Processed {
  readonly events: readonly ProcessedEvent[]
  /** Page views that were there and have a newer engagement. */
  readonly engaged: ReadonlySet<Pageview>
  /** Page views that were there and are no longer the last of their visit. */
  readonly followed: readonly Followed[]
  readonly submissions: ReadonlySet<FormSubmission>
}

/** A page view that was there, and what came after it. */
export interface Followed extends Visitor {
  readonly at: Point
  readonly nextPage: string | null
}

export const noState = (): VisitorState => ({
  sessions: [],
  views: new Map(),
  submissions: new Map(),
})

/**
 * Goes through a visitor's events in their order. Undefined when one of them
 * comes too late to be added to what is there, or changes what rows that are
 * written say of their visit: then it is all to be gone through again.
 */
export function processVisitor(
  events: readonly ClaimedEvent[],
  state: VisitorState,
  rules: SiteRules,
): Processed | undefined {
  const { sessions, views, submissions } = state
  const isBot = (session: Session) => isBotSession(session, rules)
  const before = sessions.map((session) => ({
    session,
    isBot: isBot(session),
    hasEntry: session.entry !== null,
  }))
  const lastAt = new Map([...submissions].map(([attempt, { last_at }]) => [attempt, last_at]))
  const exits = new Map(sessions.flatMap((each) => (each.exit ? [[each, each.exit]] : [])))
  const visits = new Map<Session, Before>(sessions.map((each) => [each, beforeOf(each)]))
  const processed: ProcessedEvent[] = []
  const made = new Map<string, Pageview>() // by event id
  const engaged = new Set<Pageview>()
  const followed: Followed[] = []
  const changed = new Set<FormSubmission>()

  for (const claimed of events) {
    const event = toSessionEvent(claimed, rules)
    const { siteId, visitorId } = event
    if (!keepsOrder(event, sessions)) return undefined
    const session = assign(event, sessions, rules)
    const adds = addition(event, session, visits.get(session))
    visits.set(session, beforeOf(session))
    let gain = NO_GAIN
    let pageview: Pageview | undefined
    if (event.isPageview) {
      const previous = exits.get(session)
      exits.set(session, { atMs: event.atMs, eventId: event.eventId, page: event.page })
      pageview = {
        ...{ atMs: event.atMs, eventId: event.eventId, viewId: viewIdOf(claimed) },
        ...{ siteId, visitorId },
        ...{ previousPage: previous?.page ?? null, nextPage: null },
        ...{ engagementPoint: null, engagement: NO_ENGAGEMENT },
      }
      made.set(event.eventId, pageview)
      if (pageview.viewId !== null) views.set(pageview.viewId, pageview)
      if (previous) {
        const there = made.get(previous.eventId)
        if (there) there.nextPage = event.page
        else followed.push({ siteId, visitorId, at: previous, nextPage: event.page })
      }
    } else if (claimed.event_type === 'engagement') {
      const viewId = viewIdOf(claimed)
      const view = viewId === null ? undefined : views.get(viewId)
      const said = engagementOf(claimed.event)
      const gained = viewId === null ? alone(said) : engage(view, event, said)
      if (!gained) return undefined
      gain = gained
      session.engagedMs += gain.engagedMs
      if (view && gain !== NO_GAIN && !made.has(view.eventId)) engaged.add(view)
    } else {
      const attempt = attemptOf(claimed)
      if (attempt !== undefined) {
        const known = lastAt.get(attempt)
        if (known && claimed.occurred_at <= known) return undefined
        const submission = addToSubmission(
          submissions.get(attempt),
          claimed,
          attempt,
          session.sessionId,
        )
        submissions.set(attempt, submission)
        changed.add(submission)
      }
    }
    processed.push({ claimed, session, isEngaging: event.isEngaging, gain, adds, pageview })
  }
  const isSame = before.every(
    (was) => was.isBot === isBot(was.session) && was.hasEntry === (was.session.entry !== null),
  )
  return isSame ? { events: processed, engaged, followed, submissions: changed } : undefined
}

export const viewIdOf = ({ event: { context } }: ClaimedEvent): string | null =>
  typeof context?.viewId === 'string' ? context.viewId : null

function toSessionEvent(claimed: ClaimedEvent, rules: SiteRules): SessionEvent {
  const { derived } = claimed.event
  return {
    siteId: claimed.site_id,
    visitorId: claimed.visitor_id,
    visitorBasis: claimed.visitor_basis,
    clientSessionId: claimed.session_id,
    eventId: claimed.event_id,
    atMs: claimed.occurred_at.getTime(),
    isPageview: eventTypeOf(claimed.event_type).table === 'pageviews',
    page: claimed.path,
    // Only when it is asked for: few events begin a visit, and to tell where it came from is dear.
    get attributes() {
      return attributesOf(claimed.host, claimed.event, rules)
    },
    isBot: (derived?.isBot ?? false) && !rules.people.includes(derived?.botName ?? ''),
    isEngaging: engages(claimed, rules),
  }
}
