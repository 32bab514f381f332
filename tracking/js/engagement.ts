import { guard, listen } from './guard.ts'
import { loadTiming } from './load-timing.ts'
import { pageTitle } from './page-title.ts'
import type { Tracker, View } from './tracker.ts'

const BANDS = 20
const IDLE_MS = 30_000
const TICK_MS = 5_000
const LONGEST_STEP_MS = 10_000 // twice a tick: more is a sleeping device or a clock that was set
const FIRST_STEP_MS = 10_000
const ROUTE_SETTLES_MS = 500

interface Engagement {
  readonly view: View
  heightAtLoadPx: number
  visibleMs: number
  engagedMs: number
  maxScrollPx: number
  heightAtMaxPx: number
  fitsWindow: boolean
  readonly attentionMs: number[]
}

/**
 * How long a view was seen and how far it was read: cumulative, so that the
 * newest `engagement` event of a view holds all of it. Time counts while the
 * page is visible and, as engaged, until 30 s after the visitor's last move.
 */
export function engagement(tracker: Tracker): void {
  const { options, record, flush, onView, onEnd } = tracker
  if (!options.trackEngagement) return
  let current: Engagement | undefined
  let loaded: View | undefined // the first; those that follow are routes or come from a cache
  let scroller: Element | undefined
  let top = 0
  let bottom = 0
  let lastAt = 0
  let activeAt = 0
  let wasVisible = true
  let saidEngagedMs = 0
  let sentEngagedMs = 0
  let isMeasuring = false

  const account = () => {
    const now = performance.now()
    if (current && wasVisible) {
      const elapsed = Math.min(Math.max(now - lastAt, 0), LONGEST_STEP_MS)
      const engaged = Math.min(Math.max(activeAt + IDLE_MS - lastAt, 0), elapsed)
      current.visibleMs += elapsed
      current.engagedMs += engaged
      for (let band = top; band < bottom; band++)
        current.attentionMs[band] = (current.attentionMs[band] ?? 0) + engaged
    }
    lastAt = now
    wasVisible = document.visibilityState === 'visible'
  }

  /** Reads the layout: only in a task of its own, when it is clean, never in a handler. */
  const measure = () => {
    isMeasuring = false
    if (!current || !options.trackScrollDepth) return
    account()
    // A router may have changed the address, and yet have to change the page.
    if (current.view !== loaded && lastAt - current.view.startedAt < ROUTE_SETTLES_MS) return
    const { scrollTop, clientHeight, scrollHeight } = scroller?.isConnected
      ? scroller
      : document.documentElement
    const end = Math.min(scrollTop + clientHeight, scrollHeight)
    top = Math.floor((scrollTop / scrollHeight) * BANDS)
    bottom = Math.min(Math.ceil((end / scrollHeight) * BANDS), BANDS)
    current.heightAtLoadPx ||= scrollHeight
    current.fitsWindow = scrollHeight <= clientHeight
    if (end > current.maxScrollPx) {
      current.maxScrollPx = Math.round(end)
      current.heightAtMaxPx = scrollHeight
    }
  }

  const measureSoon = (target?: EventTarget | null) => {
    if (isMeasuring) return
    isMeasuring = true
    setTimeout(
      guard(() => {
        // An app may scroll a part of the page that fills the window instead.
        const element =
          (target as Partial<Document>)?.documentElement ?? (target as Element | undefined) // nothing else scrolls
        const { clientHeight = 0, clientWidth = 0 } = element ?? {}
        if (clientHeight * clientWidth * 2 > innerHeight * innerWidth) scroller = element
        measure()
      }),
    )
  }

  const report = () => {
    if (!current) return
    account()
    const { view, attentionMs, visibleMs, engagedMs, ...scroll } = current
    const data = {
      visibleMs: Math.round(visibleMs),
      engagedMs: Math.round(engagedMs),
      ...(options.trackScrollDepth && {
        scrollDepth: depthOf(current),
        ...scroll,
        attentionMs: attentionMs.map(Math.round),
      }),
      ...(view === loaded && loadTimes()),
    }
    const title = pageTitle()
    // A page that is left says so more than once; one that nobody looks at has nothing to say, and keeps no session alive.
    if (engagedMs <= saidEngagedMs) return
    saidEngagedMs = engagedMs
    record('engagement', data, 'latest', { title })
  }

  onView((view) => {
    loaded ??= view
    current = {
      view,
      heightAtLoadPx: 0,
      visibleMs: 0,
      engagedMs: 0,
      maxScrollPx: 0,
      heightAtMaxPx: 0,
      fitsWindow: false,
      attentionMs: Array(BANDS).fill(0),
    }
    lastAt = activeAt = performance.now()
    wasVisible = true
    saidEngagedMs = -1 // a view of a moment is told, too
    sentEngagedMs = 0
    scroller = undefined
    // The beginning of a page that is still coming is not all of it.
    if (document.readyState !== 'loading') setTimeout(measureSoon, ROUTE_SETTLES_MS)
  })
  onEnd((isLeaving) => {
    report()
    // What comes of leaving takes its time, which nobody looks at the page.
    wasVisible &&= !isLeaving
  })
  tracker.depthReached = () => (current?.fitsWindow ? 0 : current && depthOf(current)) ?? 0
  listen(document, 'visibilitychange', account)
  listen(document, 'pointermove pointerdown keydown wheel touchmove', () => {
    activeAt = performance.now()
  })
  // No move of the visitor's, whose wheel, finger or key comes first: scripts scroll, too.
  listen(document, 'scroll', ({ target }) => measureSoon(target))
  // Until then the script may have seen but the beginning of the page.
  listen(window, 'DOMContentLoaded load resize', ({ type }) => {
    measureSoon()
    if (type === 'load' && current) current.heightAtLoadPx = 0
  })
  setInterval(
    guard(() => {
      if (document.visibilityState !== 'visible' || !current) return
      measure()
      report()
      if (current.engagedMs - sentEngagedMs < Math.max(FIRST_STEP_MS, current.engagedMs / 6)) return
      sentEngagedMs = current.engagedMs
      flush()
    }),
    TICK_MS,
  )
}

const depthOf = ({ maxScrollPx, heightAtMaxPx }: Engagement) =>
  heightAtMaxPx && Math.round((maxScrollPx / heightAtMaxPx) * 100)

/** Nothing while the page is still loading. Of a page that was rendered ahead, from its showing. */
function loadTimes() {
  const {
    loadEventEnd,
    responseStart = 0,
    domContentLoadedEventEnd = 0,
    activationStart = 0,
  } = loadTiming() ?? {}
  const since = (at: number) => Math.max(Math.round(at - activationStart), 0)
  return (
    loadEventEnd && {
      ttfbMs: since(responseStart),
      domReadyMs: since(domContentLoadedEventEnd),
      loadMs: since(loadEventEnd),
    }
  )
}
