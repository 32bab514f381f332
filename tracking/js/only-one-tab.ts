import { guard } from './guard.ts'

// Browsers tell other processes of a write to storage a moment later.
const SPREADS_MS = 20
const LONGEST_WAIT_MS = 300

/**
 * Runs an action on storage while no other tab of the site does. At once where
 * the browser has no locks, or does not give one in time: rather twice than never.
 */
export function onlyOneTab(action: () => void): void {
  let isDone = false
  const once = guard(() => {
    if (isDone) return
    isDone = true
    action()
  })
  try {
    navigator.locks
      .request('footfall', () => {
        once()
        return new Promise((resolve) => setTimeout(resolve, SPREADS_MS))
      })
      .catch(once)
    setTimeout(once, LONGEST_WAIT_MS)
  } catch {
    once()
  }
}
