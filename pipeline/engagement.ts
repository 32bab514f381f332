import { eventTypeOf } from '../contract/event-types.ts'
import type { ClaimedEvent } from './claim.ts'

const ENGAGED_MS = 10_000

/** Whether an event makes its visit engaged: the visitor has done something, or has looked for ten seconds. */
export function engages({ event_type, event: { eventData } }: ClaimedEvent): boolean {
  if (eventTypeOf(event_type).isInteractive) return true
  return event_type === 'engagement' && Number(eventData?.visibleMs) >= ENGAGED_MS
}
