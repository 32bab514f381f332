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
  /** That events of the quarter of an hour of the last one were on. */
  readonly pages: readonly string[]
}

const stretchOf = (ms: number) => Math.floor(ms / STRETCH_MS)

const isBounce = ({ pageviews, isEngaged }: Session) => pageviews <= 1 && !isEngaged

/** A visit that is there. */
export function beforeOf(session: Session): Before {
  const { last, exit } = session
  const isNear = exit !== null && stretchOf(exit.atMs) === stretchOf(last.atMs)
  return {
    lastMs: last.atMs,
    isBounce: isBounce(session),
    pages: isNear ? [exit.page ?? ''] : [],
  }
}

/** What an event has added to its visit, which has it by now; and how the visit is before the next. */
export function addition(
  event: SessionEvent,
  session: Session,
  before: Before | undefined,
): { readonly adds: Addition; readonly after: Before } {
  const { atMs } = event
  const page = event.page ?? ''
  if (!before)
    return {
      adds: { firstOf: 'visit', prolongsMs: 0, endsBounce: !isBounce(session) },
      after: { lastMs: atMs, isBounce: isBounce(session), pages: [page] },
    }
  const isLate = isBefore(event, session.last)
  const isNear = !isLate && stretchOf(atMs) === stretchOf(before.lastMs)
  const isKnown = isNear && before.pages.includes(page) && !event.isPageview
  return {
    adds: {
      // Of one that comes late nobody looks up what else was about its time.
      firstOf: isKnown ? 'nothing' : isNear ? 'page' : 'stretch',
      prolongsMs: Math.max(atMs - before.lastMs, 0),
      endsBounce: before.isBounce && !isBounce(session),
    },
    after: {
      lastMs: Math.max(atMs, before.lastMs),
      isBounce: isBounce(session),
      pages: isLate ? before.pages : isNear ? [...new Set([...before.pages, page])] : [page],
    },
  }
}
