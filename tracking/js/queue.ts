import type { WireEvent } from '../../contract/event.ts'
import { toJson } from './json.ts'
import { beacon, post } from './post.ts'

/** What goes into one request: events, and what holds for each of them. */
export interface Batch {
  readonly sessionId?: string
  readonly consent?: string
  readonly events: WireEvent[]
}

export interface Queue {
  /**
   * Puts an event beside what it shares with others, or in the place of an
   * earlier one of its kind that has not left yet. True: the batch is full.
   */
  add(shared: Omit<Batch, 'events'>, event: WireEvent, replaces: boolean): boolean
  /** The events that have not left yet. */
  open(): readonly WireEvent[]
  /** Takes over what earlier pages could not get rid of. */
  adopt(batches: readonly Batch[]): void
  send(): void
  /** Hands everything to the browser: the page may be gone in a moment. */
  leave(): void
  /** Keeps what waits where a crash cannot take it. */
  save(): void
  drop(): void
}

const MOST_BATCHES = 20 // a collector that is down for a day must not fill the page
const MOST_TRIES_UNREACHABLE = 3
const RETRY_MS = 1_500 // twice that after the first failure, and so on
const LONGEST_RETRY_MS = 1_800_000

/**
 * Events gather in the open batch until it is to be sent and nothing else is
 * under way: a page that records faster than the collector answers makes larger
 * requests, not more of them. Closed batches are posted one after another, and
 * each stays until the collector has acknowledged it: events carry ids, so that
 * sending one twice is free. When the page is left they go as beacons, whose
 * fate nobody tells: they are kept too, for the next page where the collector
 * did not answer well just before, else for a later tab.
 */
export function createQueue(
  endpoint: string,
  maxBatchSize: number,
  /** Keeps what waits for a later page, where the preset allows it. */
  save: (batches: readonly Batch[], handedOver: readonly Batch[]) => void,
): Queue {
  let open: Batch | undefined
  let closed: readonly Batch[] = []
  let handedOver: readonly Batch[] = []
  let sending: Batch | undefined
  let answersWell = false
  let isWanted = false
  let isFull = false
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  const saveAll = () => save(open ? [...closed, open] : closed, handedOver)
  const close = () => {
    if (open) closed = [...closed, open].slice(-MOST_BATCHES)
    open = undefined
    isWanted = false
  }
  const replace = (batch: Batch, by: readonly Batch[]) => {
    closed = closed.flatMap((other) => (other === batch ? by : [other]))
  }

  const sendNext = async () => {
    if (sending || retry) return
    if (isWanted && !closed[0]) close()
    const batch = closed[0]
    if (!batch) return
    sending = batch
    const outcome = await post(endpoint, toBody(batch), failures === 0)
    sending = undefined
    answersWell = outcome === 'stored'
    if (answersWell) handedOver = []
    if (outcome === 'unreachable' || typeof outcome === 'number') {
      failures++
      // An ad blocker refuses for ever: then the next page, or the network's return, tries again.
      if (outcome !== 'unreachable' || failures < MOST_TRIES_UNREACHABLE) {
        const backOffMs = Math.min(RETRY_MS * 2 ** failures, LONGEST_RETRY_MS)
        retry = setTimeout(tryAgain, +outcome || backOffMs * (0.5 + Math.random()))
      }
    } else {
      failures = 0
      replace(batch, outcome === 'too_large' && batch.events.length > 1 ? halves(batch) : [])
      sendNext()
    }
    saveAll()
  }
  const tryAgain = () => {
    clearTimeout(retry)
    retry = undefined
    sendNext()
  }

  /** What the browser has not taken; it is offered in parts where the whole is too much. */
  const handOver = (batch: Batch): WireEvent[] => {
    const { events } = batch
    if (!isFull && beacon(endpoint, toBody(batch))) return []
    if (!isFull && events.length > 1) return halves(batch).flatMap(handOver)
    isFull = true
    return events
  }

  addEventListener('online', () => {
    failures = 0
    tryAgain()
  })

  return {
    add(shared, event, replaces) {
      if (open && (open.sessionId !== shared.sessionId || open.events.length >= maxBatchSize))
        close()
      open ??= { ...shared, events: [] }
      const earlier = replaces && open.events.find((other) => isSameKind(other, event))
      if (earlier) Object.assign(earlier, event)
      else open.events.push(event)
      return open.events.length >= maxBatchSize
    },
    open: () => open?.events ?? [],
    adopt(batches) {
      closed = [...batches, ...closed].slice(-MOST_BATCHES)
      sendNext()
    },
    send() {
      isWanted = true
      if (failures < MOST_TRIES_UNREACHABLE) sendNext()
    },
    leave() {
      close()
      // First, and again with what has become of it: a tab that is closed may not get to the end of this.
      saveAll()
      isFull = false
      for (const batch of closed) {
        // What is under way as a request outlives the page too.
        if (batch === sending) continue
        const events = handOver(batch)
        // The quota is used up, by us or another script. An ordinary request may just make it.
        if (events[0]) post(endpoint, toBody({ ...batch, events }), false)
        // Offline a browser takes it, too, and drops it.
        else if (answersWell && navigator.onLine) {
          replace(batch, [])
          handedOver = [...handedOver, batch]
        }
      }
      saveAll()
    },
    save: saveAll,
    drop() {
      open = undefined
      closed = handedOver = []
      saveAll()
    },
  }
}

const isSameKind = (one: WireEvent, other: WireEvent) =>
  one.eventType === other.eventType &&
  one.context?.viewId === other.context?.viewId &&
  one.eventData?.attempt === other.eventData?.attempt

const toBody = (batch: Batch) => toJson({ ...batch, sentAt: Date.now() })

function halves(batch: Batch): Batch[] {
  const { events } = batch
  const middle = events.length >> 1
  return [events.slice(0, middle), events.slice(middle)].map((half) => ({ ...batch, events: half }))
}
