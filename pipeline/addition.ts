import { type FirstOf, STRETCH_MS } from '../contract/first-of.ts'
import { isBefore, type Session, type SessionEvent } from './session.ts'

/** What an event adds to its visit; over the events of a visit, sums are of the visit. */
export interface Addition {
  readonly firstOf: FirstOf
  /** Of the time from the first event to the last. */
  readonly prolongsMs: number
  /** The visit was a bounce before it, and is none after. */
  readonly endsBounce: boolean
}

/** A visit before an event: as much as tells what the event adds. */
export interface Before {
  readonly lastMs: number
  readonly isBounce: boolean
  readonly exit: Session['exit']
}

const stretchOf = (ms: number) => Math.floor(ms / STRETCH_MS)

const isBounce = ({ pageviews, isEngaged }: Session) => pageviews <= 1 && !isEngaged

/** A visit as it is now. */
export const beforeOf = (session: Session): Before => ({
  lastMs: session.last.atMs,
  isBounce: isBounce(session),
  exit: session.exit,
})

/** What an event has added to its visit, which has it by now; of `before` it, when it is not the first. */
export function addition(
  event: SessionEvent,
  session: Session,
  before: Before | undefined,
): Addition {
  if (!before) return { firstOf: 'visit', prolongsMs: 0, endsBounce: !isBounce(session) }
  const { atMs } = event
  const { exit, lastMs } = before
  // Of one that comes late nobody looks up what else was about its time.
  const isNear = !isBefore(event, session.last) && stretchOf(atMs) === stretchOf(lastMs)
  // Only what is known of the visit wherever it goes on: in this batch, in a later one, in a rebuild.
  const isOfView =
    !event.isPageview && exit?.page === event.page && stretchOf(exit.atMs) === stretchOf(atMs)
  return {
    firstOf: !isNear ? 'stretch' : isOfView ? 'nothing' : 'page',
    prolongsMs: Math.max(atMs - lastMs, 0),
    endsBounce: before.isBounce && !isBounce(session),
  }
}
