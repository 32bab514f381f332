import { listen } from './guard.ts'
import type { Tracker } from './tracker.ts'

/** How long the visitor was away: told when they are back, in another tab (`hidden`) or another window (`unfocused`). */
export function pageVisibility({ options, record }: Tracker): void {
  if (!options.trackPageVisibility) return
  const since: { hidden?: number; unfocused?: number } = {}
  const change = (state: keyof typeof since, isAway: boolean) => {
    const from = since[state]
    const now = performance.now()
    since[state] = isAway ? (from ?? now) : undefined
    if (from !== undefined && !isAway)
      record('page_visibility', { state, awayMs: Math.max(Math.round(now - from), 0) })
  }
  listen(document, 'visibilitychange', () => change('hidden', document.hidden))
  listen(window, 'blur focus', ({ type, target }) => {
    // Capturing hears the elements' too.
    if (target === window && !document.hidden) change('unfocused', type === 'blur')
  })
}
