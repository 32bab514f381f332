import type { Json } from '../contract/event.ts'
import type { ClaimedEvent } from './claim.ts'
import { isBefore, type Point } from './session.ts'
import type { Visitor } from './sessions-table.ts'

/** How long a view was seen and how far it was read: what one `engagement` event says, so far. */
export interface Engagement {
  readonly visibleMs: number
  readonly engagedMs: number
  readonly scrollDepth: number | null
  readonly fitsWindow: boolean | null
  readonly attentionMs: readonly number[] | null
  readonly ttfbMs: number | null
  readonly domReadyMs: number | null
  readonly loadMs: number | null
}

export const NO_ENGAGEMENT: Engagement = {
  visibleMs: 0,
  engagedMs: 0,
  scrollDepth: null,
  fitsWindow: null,
  attentionMs: null,
  ttfbMs: null,
  domReadyMs: null,
  loadMs: null,
}

/** A page view as the pipeline keeps it: with its newest engagement (S12). */
export interface Pageview extends Point, Visitor {
  readonly viewId: string | null
  readonly previousPage: string | null
  nextPage: string | null
  engagementPoint: Point | null
  engagement: Engagement
}

export function engagementOf({ eventData = {} }: ClaimedEvent['event']): Engagement {
  return {
    visibleMs: milliseconds(eventData.visibleMs) ?? 0,
    engagedMs: milliseconds(eventData.engagedMs) ?? 0,
    scrollDepth: within(eventData.scrollDepth, 100),
    fitsWindow: typeof eventData.fitsWindow === 'boolean' ? eventData.fitsWindow : null,
    attentionMs: Array.isArray(eventData.attentionMs)
      ? eventData.attentionMs.slice(0, 20).map((each) => milliseconds(each) ?? 0)
      : null,
    ttfbMs: milliseconds(eventData.ttfbMs),
    domReadyMs: milliseconds(eventData.domReadyMs),
    loadMs: milliseconds(eventData.loadMs),
  }
}

const DAY_MS = 24 * 3_600_000

const milliseconds = (value: Json | undefined) => within(value, DAY_MS)

const within = (value: Json | undefined, most: number) =>
  typeof value === 'number' ? Math.round(Math.min(Math.max(value, 0), most)) : null

/** What an engagement event adds to what its view had before, or nothing where it adds nothing that counts. */
export interface Gain {
  readonly visibleMs: number
  readonly engagedMs: number
  readonly attentionMs: readonly number[]
}

/** Of an engagement that names no view: it is all that it says. */
export const alone = ({ visibleMs, engagedMs, attentionMs }: Engagement): Gain => ({
  ...{ visibleMs, engagedMs },
  attentionMs: attentionMs ?? [],
})

export const NO_GAIN: Gain = { visibleMs: 0, engagedMs: 0, attentionMs: [] }

/**
 * Gives a view its next engagement event, and tells the difference. Of a view
 * that is not there, or a day past, nothing counts. `undefined` when the view
 * came later or has a later one already: then it is to be looked at again.
 */
export function engage(view: Pageview | undefined, at: Point, said: Engagement): Gain | undefined {
  if (!view || at.atMs - view.atMs > DAY_MS) return NO_GAIN
  if (isBefore(at, view)) return undefined
  if (view.engagementPoint && isBefore(at, view.engagementPoint)) return undefined
  const before = view.engagement
  // What is not said again still holds: times of the load stand in the first event only.
  view.engagement = {
    ...said,
    attentionMs: said.attentionMs ?? before.attentionMs,
    ttfbMs: said.ttfbMs ?? before.ttfbMs,
    domReadyMs: said.domReadyMs ?? before.domReadyMs,
    loadMs: said.loadMs ?? before.loadMs,
  }
  view.engagementPoint = at
  return {
    visibleMs: said.visibleMs - before.visibleMs,
    engagedMs: said.engagedMs - before.engagedMs,
    attentionMs: (said.attentionMs ?? []).map((ms, band) => ms - (before.attentionMs?.[band] ?? 0)),
  }
}
