/** What was told already is not told again; what is older than this is forgotten, and never asked for again. */
const REMEMBERED_MS = 60 * 60_000

const MOST_AT_FIRST = 20

interface Told {
  readonly id: string
  readonly at: string
}

/**
 * Tells events as they come in, oldest first and each once. `ask` gives the
 * last ones, newest first, of which the first time the newest 20 are told; it is asked by one call of `look` at a time, and
 * once more when another call came in between.
 */
export function eventFeed<Event extends Told>(
  ask: () => Promise<readonly Event[]>,
  tell: (event: Event) => void,
) {
  const told = new Map<string, number>()
  let isFirst = true
  let isLooking = false
  let isChanged = false

  return async function look(): Promise<void> {
    isChanged = true
    if (isLooking) return
    isLooking = true
    try {
      while (isChanged) {
        isChanged = false
        const events = (await ask()).toReversed()
        for (const [index, event] of events.entries()) {
          if (!told.has(event.id) && (!isFirst || index >= events.length - MOST_AT_FIRST))
            tell(event)
          told.set(event.id, Date.parse(event.at))
        }
        isFirst = false
        const since = Math.max(...told.values()) - REMEMBERED_MS
        for (const [id, atMs] of told) if (atMs < since) told.delete(id)
      }
    } finally {
      isLooking = false
    }
  }
}
