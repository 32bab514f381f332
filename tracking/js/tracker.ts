import type { Json, WireEvent } from '../../contract/event.ts'
import { redactText } from '../../redact/text.ts'
import { redactReferrer, redactUrl } from '../../redact/url.ts'
import { onConsent } from './consent.ts'
import { environment } from './environment.ts'
import { guard, listen } from './guard.ts'
import { hasLiveSession, identityAt, SESSION_KEY, VISITOR_KEY } from './identity.ts'
import { doAllNow, later } from './later.ts'
import { loadTiming } from './load-timing.ts'
import { onlyOneTab } from './only-one-tab.ts'
import { type ConsentState, matchesAny, type Options } from './options.ts'
import { onPageChange } from './page-change.ts'
import { createQueue } from './queue.ts'
import { saveBatches, takeBatches } from './queue-store.ts'
import { readStored, writeStored } from './storage.ts'
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
  readonly options: Options
  record(eventType: string, eventData?: object, sending?: Sending, more?: Partial<WireEvent>): void
  flush(): void
  /** Calls back with the present view and each that follows. */
  onView(listener: (view: View) => void): void
  /** Calls back when the view ends or may end, as often as it may: what has changed since is recorded now. True: with the page. */
  onEnd(listener: (isLeaving: boolean) => void): void
  /** Whether consent and preset allow to keep something on the device, now. */
  mayStore(): boolean
  consent(state: ConsentState): void
}

const MOST_WAITING = 500
const SETTLES_MS = 50 // two frames, after which frameworks have set the title
const SAVES_AFTER_MS = 1_000
const MOST_VIEWS = 30 // in 10 s: more is a script, not a reader
const VIEWS_WINDOW_MS = 10_000

/** Views, identity, consent and the queue: all that a page view needs. */
export function startTracker(options: Options): Tracker {
  const { beforeSend } = options
  const stores = options.preset === 'first-party'
  const store = { read: readStored, write: writeStored }
  const viewListeners: ((view: View) => void)[] = []
  const endListeners: ((isLeaving: boolean) => void)[] = []
  const viewTimes: number[] = []
  const timers: { [name: string]: ReturnType<typeof setTimeout> | undefined } = {}
  let waiting: [event: WireEvent, sending?: Sending][] = []
  let state: ConsentState = 'unknown'
  let isReady = false
  let isExcluded = false
  let tabId = ''
  let view: View | undefined
  let droppedViews = 0
  let surroundings: Properties | undefined

  const queue = createQueue({
    endpoint: options.endpoint,
    maxBatchSize: options.maxBatchSize,
    save: (batches, handedOver) => {
      if (stores && isReady) saveBatches(tabId, batches, handedOver, Date.now())
    },
  })

  const inTime = (name: string, ms: number, action: () => void) => {
    timers[name] ??= setTimeout(
      guard(() => {
        timers[name] = undefined
        action()
      }),
      ms,
    )
  }

  const record: Tracker['record'] = (eventType, eventData, sending, more) => {
    if (state === 'denied' || isExcluded) return
    const timestamp = Date.now()
    const event = {
      eventType,
      eventId: uuidv7(timestamp),
      timestamp,
      url: view?.url,
      eventData: eventData as { [name: string]: Json }, // undefined members are not written
      context: view && { viewId: view.id },
      ...more,
    }
    waiting = [...waiting, [event, sending] as [WireEvent, Sending?]].slice(-MOST_WAITING)
    enqueueWaiting()
  }

  const enqueueWaiting = () => {
    if (!isReady || !view) return
    const { id: viewId, url } = view
    for (const [recorded, sending] of waiting.splice(0)) {
      const change = typeof beforeSend === 'string' ? window[beforeSend as 'escape'] : beforeSend
      // What was recorded before the first view belongs to it.
      const event = { ...recorded, ...(recorded.context ? {} : { url, context: { viewId } }) }
      const kept = change ? (change as (event: WireEvent) => WireEvent | null)(event) : event
      if (!kept) continue
      surroundings ??= environment()
      const shared = {
        siteId: options.siteId || undefined,
        ...(stores && identityAt(store, options.sessionTimeout, Date.now())),
        context: { ...surroundings, tabId },
      }
      if (queue.add(shared, kept, sending === 'latest')) flush()
      else if (sending === 'critical') inTime('soon', SETTLES_MS, flush)
      clearTimeout(timers.idle)
      timers.idle = undefined
      inTime('idle', options.inactivityTimeout, flush)
      inTime('save', SAVES_AFTER_MS, queue.save)
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
    if (stores) later(() => onlyOneTab(() => queue.adopt(takeBatches(tabId, Date.now()))))
  }
  const makeReady = () => {
    if (state !== 'granted' || isReady || !view) return
    // Tabs that open at the same moment must agree on one session.
    if (stores)
      onlyOneTab(() => {
        if (state !== 'granted') return false // it was taken back meanwhile
        const isNew = !hasLiveSession(store, options.sessionTimeout, Date.now())
        identityAt(store, options.sessionTimeout, Date.now())
        ready()
        return isNew
      })
    else ready()
  }

  const setConsent = (next: ConsentState) => {
    const erases = state === 'granted' && stores
    state = next
    if (next === 'denied') {
      waiting = []
      queue.drop()
      if (erases) for (const key of [VISITOR_KEY, SESSION_KEY]) writeStored(key, undefined)
    }
    if (next === 'granted') makeReady()
    else isReady = false
  }

  const begin = (navigation: string) => {
    end(false)
    const { href, pathname, host } = location
    isExcluded = matchesAny(pathname, options.exclude)
    if (isExcluded) return
    const now = performance.now()
    while (now - (viewTimes[0] ?? now) > VIEWS_WINDOW_MS) viewTimes.shift()
    if (viewTimes.length >= MOST_VIEWS) {
      droppedViews++
      return
    }
    viewTimes.push(now)
    const referrer = view ? view.url : redactReferrer(document.referrer, host, options)
    view = {
      id: uuidv7(Date.now()),
      url: redactUrl(options.hashRouting ? href : href.replace(/#.*/, ''), options),
      startedAt: now,
      navigation,
    }
    record('pageview', { navigation, droppedViews: droppedViews || undefined }, 'critical', {
      eventId: view.id,
      title: pageTitle(),
      referrer,
    })
    makeReady()
    for (const listener of viewListeners) listener(view)
  }

  const addressOf = ({ pathname, search, hash }: Location) => [
    pathname + (options.hashRouting ? hash : ''),
    search,
  ]
  const beginFirst = () => {
    const isPrerendering = (document as { prerendering?: boolean }).prerendering // newer than the DOM types
    if (view || isPrerendering || document.visibilityState !== 'visible') return
    const { activationStart, type = 'navigate' } = loadTiming() ?? {}
    begin(activationStart ? 'prerender' : type === 'navigate' ? 'load' : type)
    let [path, query] = addressOf(location)
    onPageChange((change) => {
      const [newPath, newQuery] = addressOf(location)
      const isOther =
        newPath !== path ||
        (newQuery !== query && (change !== 'replace' || options.countQueryReplace))
      ;[path, query] = [newPath, newQuery]
      if (isOther) begin(change)
    })
  }

  // A channel, not storage: who has refused must not have anything written.
  const channel = window.BroadcastChannel && new BroadcastChannel('footfall')
  if (channel) listen<MessageEvent>(channel, 'message', ({ data }) => setConsent(data))
  onConsent(options.consent, guard(setConsent))
  beginFirst()
  listen(document, 'visibilitychange prerenderingchange', () => {
    beginFirst()
    if (document.visibilityState === 'hidden') leave()
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
  listen(document, 'freeze', leave)
  listen<PageTransitionEvent>(window, 'pageshow', ({ persisted }) => {
    if (persisted) begin('restore')
  })

  return {
    options,
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
  }
}

const pageTitle = () => redactText(document.title.slice(0, 512))
