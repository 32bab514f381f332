import type { Json, WireEvent } from '../../contract/event.ts'
import { redactReferrer, redactUrl } from '../../redact/url.ts'
import { environment } from './environment.ts'
import { guard, listen } from './guard.ts'
import { hasLiveSession, identityAt, SESSION_KEY, VISITOR_KEY } from './identity.ts'
import { doAllNow } from './later.ts'
import { onlyOneTab } from './only-one-tab.ts'
import { type ConsentState, type CoreOptions, matchesAny } from './options.ts'
import { pageTitle } from './page-title.ts'
import { createQueue } from './queue.ts'
import { saveBatches, takeBatches } from './queue-store.ts'
import { hasRefused } from './refusal.ts'
import { onShowing } from './showing.ts'
import { siteStore } from './storage.ts'
import { tabIdOf } from './tab.ts'
import { uuidv7 } from './uuidv7.ts'

export type Properties = { [name: string]: Json | undefined }

/** One showing of a page. */
export interface View {
  readonly id: string
  /** Redacted, as it is sent. */
  readonly url: string | undefined
  /** By the clock of `performance.now()`. */
  readonly startedAt: number
  /** `load`, `reload`, `back_forward`, `prerender`, `restore`, `push`, `replace` or `traverse`. */
  readonly navigation: string
}

/** How an event leaves: `critical` at once, `latest` in place of an earlier one of its kind. */
export type Sending = 'critical' | 'latest'

/** What a feature gets: it listens to the page, and records. */
export interface Tracker {
  readonly options: CoreOptions
  /** What an event that happens now says of when and where. */
  now(): Partial<WireEvent>
  record(eventType: string, eventData?: object, sending?: Sending, more?: Partial<WireEvent>): void
  flush(): void
  /** How far the present view was read, in percent; 0 where it fits the window. By `engagement`, where that is on. */
  depthReached?(): number
  /** Calls back with the present view and each that follows. */
  onView(listener: (view: View) => void): void
  /** Calls back when the view ends or may end, as often as it may: what has changed since is recorded now. True: with the page. */
  onEnd(listener: (isLeaving: boolean) => void): void
  /** Whether consent and preset allow to keep something on the device, now. */
  mayStore(): boolean
  /** What the visitor has answered, for all tabs. */
  consent(state: ConsentState): void
  /** What a banner says in this tab; the others have theirs. */
  heedBanner(state: ConsentState): void
}

const MOST_WAITING = 500
const SETTLES_MS = 50 // two frames, after which frameworks have set the title
const SAVES_AFTER_MS = 1_000

/** Views, identity, consent and the queue: all that a page view needs. */
export function startTracker(options: CoreOptions): Tracker {
  const { beforeSend, endpoint, maxBatchSize, sessionTimeout, inactivityTimeout } = options
  const isRefusing = hasRefused() // then views are counted, by a server that keeps no more of them; only they have `more`
  const stores = options.preset === 'first-party' && !isRefusing
  const viewListeners: ((view: View) => void)[] = []
  const endListeners: ((isLeaving: boolean) => void)[] = []
  const timers = new Set<() => void>()
  let waiting: [event: WireEvent, sending?: Sending][] = []
  let state: CoreOptions['consent'] = 'unknown'
  let isReady = false
  let isExcluded = false
  let tabId = ''
  let view: View | undefined
  let surroundings: Properties | undefined
  let idle: ReturnType<typeof setTimeout> | undefined

  const queue = createQueue(endpoint, maxBatchSize, (batches, handedOver) => {
    if (stores && isReady) saveBatches(tabId, batches, handedOver, Date.now())
  })

  /** However often it is asked for, once. */
  const inTime = (action: () => void, ms: number) => {
    if (timers.has(action)) return
    timers.add(action)
    setTimeout(
      guard(() => {
        timers.delete(action)
        action()
      }),
      ms,
    )
  }

  const now = () => ({
    timestamp: Date.now(),
    url: view?.url,
    context: view && { viewId: view.id },
  })
  const record: Tracker['record'] = (eventType, eventData, sending, more) => {
    if (state === 'denied' || isExcluded || (isRefusing && !more)) return
    const event = {
      ...now(),
      eventType,
      eventId: uuidv7(Date.now()),
      eventData: eventData as { [name: string]: Json }, // undefined members are not written
      ...more,
    }
    waiting.push([event, sending])
    waiting = waiting.slice(-MOST_WAITING)
    enqueueWaiting()
  }

  const enqueueWaiting = () => {
    if (!isReady || !view) return
    const { id: viewId, url } = view
    for (const [recorded, sending] of waiting.splice(0)) {
      const change = typeof beforeSend === 'string' ? window[beforeSend as 'escape'] : beforeSend
      // What was recorded before the first view belongs to it.
      const event = { ...recorded, ...(!recorded.context && { url, context: { viewId } }) }
      const kept = change ? (change as (event: WireEvent) => WireEvent | null)(event) : event
      if (!kept) continue
      surroundings ??= environment()
      const shared = {
        siteId: options.siteId || undefined,
        ...(isRefusing
          ? { consent: 'denied' }
          : {
              ...(stores && identityAt(siteStore, sessionTimeout, Date.now())),
              context: { ...surroundings, tabId },
            }),
      }
      if (queue.add(shared, kept, sending === 'latest')) flush()
      else if (sending === 'critical') inTime(flush, SETTLES_MS)
      clearTimeout(idle)
      idle = setTimeout(guard(flush), inactivityTimeout)
      inTime(queue.save, SAVES_AFTER_MS)
    }
  }

  const setTitle = () => {
    // If the view has not left yet, its title is right by now.
    for (const event of queue.open())
      if (event.eventId === view?.id) Object.assign(event, { title: pageTitle() })
  }
  const flush = () => {
    setTitle()
    queue.send()
  }
  const end = (isLeaving: boolean) => {
    doAllNow()
    for (const listener of endListeners) listener(isLeaving)
  }
  const leave = () => {
    end(true)
    ready()
    setTitle()
    queue.leave()
  }

  const ready = () => {
    if (isReady || state !== 'granted' || !view) return
    isReady = true
    tabId ||= stores ? tabIdOf(() => isReady) : uuidv7(Date.now())
    enqueueWaiting()
  }
  const makeReady = () => {
    if (state !== 'granted' || isReady || !view) return
    // Tabs that open at the same moment must agree on one session, and on who
    // sends what closed ones have left.
    if (stores)
      onlyOneTab(() => {
        if (state !== 'granted') return false // it was taken back meanwhile
        const isNew = !hasLiveSession(siteStore, sessionTimeout, Date.now())
        identityAt(siteStore, sessionTimeout, Date.now())
        ready()
        const left = takeBatches(tabId, Date.now())
        queue.adopt(left)
        return isNew || left[0]
      })
    else ready()
  }

  const setConsent = (next: CoreOptions['consent']) => {
    const erases = state === 'granted' && stores
    state = next
    if (next === 'denied') {
      waiting = []
      queue.drop()
      if (erases) {
        for (const key of [VISITOR_KEY, SESSION_KEY]) siteStore.write(key)
        takeBatches('', Number.POSITIVE_INFINITY) // of all tabs, as if they were too old
      }
    }
    if (next === 'granted') makeReady()
    else isReady = false
  }

  // A channel, not storage: who has refused must not have anything written.
  let channel: BroadcastChannel | undefined
  guard(() => {
    // Firefox has none for who blocks all storage.
    channel = new BroadcastChannel('footfall')
    listen<MessageEvent>(channel, 'message', ({ data }) => setConsent(data))
  })()
  setConsent(options.consent)
  onShowing(options, (navigation, droppedViews) => {
    end(false)
    const { href, pathname, host } = location
    isExcluded = matchesAny(pathname, options.exclude)
    if (isExcluded) return
    const referrer = view ? view.url : redactReferrer(document.referrer, host, options)
    view = {
      id: uuidv7(Date.now()),
      url: redactUrl(options.hashRouting ? href : href.replace(/#.*/, ''), options),
      startedAt: performance.now(),
      navigation,
    }
    record('pageview', { navigation, droppedViews }, 'critical', {
      eventId: view.id,
      title: pageTitle(),
      referrer,
    })
    makeReady()
    for (const listener of viewListeners) listener(view)
  })
  // Events are recorded in handlers of inputs, which must not read the layout.
  listen(window, 'resize', () =>
    setTimeout(
      guard(() => {
        surroundings = environment()
      }),
    ),
  )
  listen(window, 'pagehide', leave)
  listen(document, 'visibilitychange freeze', () => {
    if (document.visibilityState === 'hidden') leave()
  })

  return {
    options,
    now,
    record,
    flush,
    onView(listener) {
      viewListeners.push(guard(listener))
      if (view) guard(listener)(view)
    },
    onEnd: (listener) => endListeners.push(guard(listener)),
    mayStore: () => stores && isReady,
    consent(next) {
      channel?.postMessage(next)
      setConsent(next)
    },
    heedBanner: setConsent,
  }
}
