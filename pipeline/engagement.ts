import { eventTypeOf } from '../contract/event-types.ts'
import type { ClaimedEvent } from './claim.ts'
import type { SiteRules } from './site-rules.ts'

/** Whether an event makes its visit engaged: the visitor has done something, or has looked long enough (S10). */
export function engages(
  { event_type, event: { eventData } }: ClaimedEvent,
  { engagedAfterMs }: Pick<SiteRules, 'engagedAfterMs'>,
): boolean {
  if (eventTypeOf(event_type).isInteractive) return true
  return event_type === 'engagement' && Number(eventData?.visibleMs) >= engagedAfterMs
}
