import type { Surroundings } from './features.ts'
import { listen } from './guard.ts'

/**
 * How long the visitor was away: told when they are back, in another tab (`hidden`) or another window
 * (`unfocused`). Whoever comes back after the session is over was not away from it.
 */
export function pageVisibility({ options, record }: Surroundings): void {
  if (!options.trackPageVisibility) return
  const since: { hidden?: number; unfocused?: number } = {}
  const change = (state: keyof typeof since, isAway: boolean) => {
    const from = since[state]
    const now = performance.now()
    since[state] = isAway ? (from ?? now) : undefined
    if (from !== undefined && !isAway && now - from < options.sessionTimeout)
      record('page_visibility', { state, awayMs: Math.max(Math.round(now - from), 0) })
  }
  // Hidden before there were features.
  if (document.hidden) change('hidden', true)
  // Who comes back from the browser's cache was on another page, not in another tab.
  let hasLeft = false
  listen(window, 'pagehide pageshow', ({ type }) => {
    hasLeft = type === 'pagehide'
    if (hasLeft) since.hidden = undefined
  })
  listen(document, 'visibilitychange', () => {
    if (!hasLeft) change('hidden', document.hidden)
  })
  listen(window, 'blur focus', ({ type, target }) => {
    // Capturing hears the elements' too. In a frame of the page the focus is still in the page.
    if (target === window && !document.hidden)
      change('unfocused', type === 'blur' && !document.hasFocus())
  })
}
