import { listen } from './guard.ts'

let hiddenMs = 0
let hiddenAt = document.hidden ? performance.now() : undefined
listen(document, 'visibilitychange', () => {
  const now = performance.now()
  if (hiddenAt !== undefined) hiddenMs += now - hiddenAt
  hiddenAt = document.hidden ? now : undefined
})

/** A clock that stands still while nobody can see the page, at a time of `performance.now()`. */
export const visibleTime = (at = performance.now()) => Math.min(at, hiddenAt ?? at) - hiddenMs
