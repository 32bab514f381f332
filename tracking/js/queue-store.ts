import { toJson } from './json.ts'
import type { Batch } from './queue.ts'

const PREFIX = 'footfall_queue_' // batches of another form would have another
const LONGEST = 100_000 // characters; browsers give a site some 5 million for everything
const OLDEST_MS = 86_400_000
const SETTLES_MS = 10_000 // by then a page that was only hidden may have spoken again

/**
 * Keeps the batches of a tab in storage, the newest where all are too much; and
 * those that it has handed to the browser: Firefox drops some when a tab is closed.
 */
export function saveBatches(
  tabId: string,
  batches: readonly Batch[],
  handedOver: readonly Batch[],
  nowMs: number,
): void {
  try {
    const key = PREFIX + tabId
    let kept = [...handedOver.map((batch) => ({ ...batch, isHandedOver: true })), ...batches]
    let text = ''
    do {
      text = toJson({ at: nowMs, batches: kept })
      kept = kept.slice(1)
    } while (text.length > LONGEST)
    // Each write wakes the other tabs.
    if (batches[0] || handedOver[0]) localStorage.setItem(key, text)
    else if (localStorage.getItem(key)) localStorage.removeItem(key)
  } catch {
    // No storage, or none left: memory holds them as long as the page lives.
  }
}

/** Takes what closed tabs have left, once: the tab that takes it sends it. */
export function takeBatches(tabId: string, nowMs: number): Batch[] {
  const taken: Batch[] = []
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue
      const { at, batches } = JSON.parse(localStorage.getItem(key) ?? '{}')
      localStorage.removeItem(key)
      if (nowMs - at > OLDEST_MS) continue
      const sent: Batch[] = []
      for (const { isHandedOver, ...batch } of batches) (isHandedOver ? sent : taken).push(batch)
      // The tab has gone on to this page, so its last words were sent.
      if (key === PREFIX + tabId) continue
      if (nowMs - at > SETTLES_MS) taken.push(...sent)
      else saveBatches(key.slice(PREFIX.length), [], sent, at)
    }
  } catch {
    // Storage of another kind than ours, or none.
  }
  return taken
}
