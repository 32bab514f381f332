import { guard } from './guard.ts'

// Work that an event handler leaves for when the page has nothing else to do,
// so that it adds nothing to the response to an input.
const waiting: (() => void)[] = []

/** Does the work when the page is idle, at the latest when the page is left. */
export function later(work: () => void): void {
  if (waiting.push(guard(work)) > 1) return
  try {
    requestIdleCallback(doAllNow, { timeout: 500 })
  } catch {
    setTimeout(doAllNow) // Safari has none. A task after the frame finds the layout clean.
  }
}

/** For when there will be no later. */
export function doAllNow(): void {
  for (const work of waiting.splice(0)) work()
}
