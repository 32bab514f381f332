import { guard } from './guard.ts'

// Browsers tell other processes of a write to storage a moment later.
const SPREADS_MS = 20
const LONGEST_WAIT_MS = 600

/**
 * Runs an action on storage while no other tab of the site does; when it says
 * that it has written, the others wait until they can see it. At once where
 * the browser has no locks, or does not give one in time: rather twice than
 * never. Storage should not have been read before: Chromium then shows what was
 * there at that time.
 */
export function onlyOneTab(action: () => unknown): void {
  let isDone = false
  let hasWritten: unknown
  const once = guard(() => {
    if (isDone) return
    isDone = true
    hasWritten = action()
  })
  try {
    navigator.locks
      .request('footfall', () => {
        once()
        return hasWritten && new Promise((resolve) => setTimeout(resolve, SPREADS_MS))
      })
      .catch(once)
    setTimeout(once, LONGEST_WAIT_MS)
  } catch {
    once()
  }
}
