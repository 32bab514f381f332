import type { Surroundings } from './features.ts'
import { guard, listen } from './guard.ts'

/** An event for each depth that the site has named, once a view; the exact maximum is of `engagement`. */
export function scrollMilestones({
  options,
  record,
  depthReached,
  onView,
  onEnd,
}: Surroundings): void {
  const milestones = options.scrollMilestones.map(Number)
  if (!milestones.length || !options.trackScrollDepth || !depthReached) return
  let told = 0
  const tell = () => {
    const reached = depthReached()
    for (const depth of milestones)
      if (depth > told && depth <= reached) record('scroll', { depth })
    told = Math.max(told, reached)
  }
  onEnd(tell)
  onView(() => {
    told = 0
  })
  // After it was measured.
  listen(document, 'scroll', () => setTimeout(guard(tell)))
}
