import { toJson } from './json.ts'
import type { Batch } from './queue.ts'

const PREFIX = 'footfall_queue_'
const VERSION = 1
const LONGEST = 100_000 // characters; browsers give a site some 5 million for everything
const OLDEST_MS = 86_400_000

/** Keeps the batches of a tab in storage, the newest where all are too much. */
export function saveBatches(tabId: string, batches: readonly Batch[], nowMs: number): void {
  try {
    const key = PREFIX + tabId
    let kept = batches
    let text = ''
    do {
      text = toJson({ version: VERSION, at: nowMs, batches: kept })
      kept = kept.slice(1)
    } while (text.length > LONGEST)
    // Each write wakes the other tabs.
    if (batches.length > 0) localStorage.setItem(key, text)
    else if (localStorage.getItem(key)) localStorage.removeItem(key)
  } catch {
    // No storage, or none left: memory holds them as long as the page lives.
  }
}

/** Takes what closed tabs have left, once: the tab that takes it sends it. */
export function takeBatches(nowMs: number): Batch[] {
  const taken: Batch[] = []
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue
      const { version, at, batches } = JSON.parse(localStorage.getItem(key) ?? '{}')
      localStorage.removeItem(key)
      if (version === VERSION && nowMs - at < OLDEST_MS) taken.push(...batches)
    }
  } catch {
    // Storage of another kind than ours, or none.
  }
  return taken
}
