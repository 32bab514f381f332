import { guard } from './guard.ts'
import { later } from './later.ts'
import { loadTiming, sinceShown } from './load-timing.ts'
import type { Tracker, View } from './tracker.ts'

/** A vital is good up to the first, and poor above the second: milliseconds, but for CLS. */
const LIMITS = {
  TTFB: [800, 1_800],
  FCP: [1_800, 3_000],
  LCP: [2_500, 4_000],
  CLS: [0.1, 0.25],
  INP: [200, 500],
} as const
const MOST_INTERACTIONS = 10 // enough for the 98th percentile of 500
const SHIFT_GAP_MS = 1_000
const SHIFT_WINDOW_MS = 5_000

/** With members that are newer than the DOM types. */
interface Entry extends PerformanceEntry {
  readonly value: number
  readonly hadRecentInput: boolean
  readonly interactionId?: number
}

/**
 * Core Web Vitals of a load, or of a restore from the browser's cache, as the
 * package `web-vitals` defines them (a browser case compares). They are told
 * when the page is left, which is when they are final; the browser keeps its
 * entries, so it is early enough to ask for them when it is idle.
 */
export function webVitals({ options, record, onView, onEnd }: Tracker): void {
  if (!options.trackWebVitals) return
  const drains: (() => void)[] = []
  let of: View | undefined
  let values: { [name: string]: number } = {}
  let told: typeof values = {}
  // What paints where nobody looks is late for no one.
  let hiddenAt = document.visibilityState === 'hidden' ? 0 : 1 / 0
  let slowest: Entry[] = []
  let interactionsBefore = 0
  let shift = 0
  let shiftsFrom = 0
  let shiftsUntil = 0

  const observe = (type: string, take: (entry: Entry) => void) => {
    if (!supports(type)) return
    const takeAll = (entries: PerformanceEntryList) => (entries as Entry[]).forEach(take)
    const observer = new PerformanceObserver(guard((list) => takeAll(list.getEntries())))
    // The threshold is of events only.
    observer.observe({ type, buffered: true, durationThreshold: 40 } as PerformanceObserverInit) // newer than the DOM types
    drains.push(() => takeAll(observer.takeRecords()))
  }
  const takeInteraction = (entry: Entry) => {
    const { interactionId } = entry
    if (!interactionId) return
    slowest.push(entry)
    slowest = slowest
      .sort((one, other) => other.duration - one.duration)
      .filter(
        (each, at, all) => at === all.findIndex((one) => one.interactionId === each.interactionId),
      )
      .slice(0, MOST_INTERACTIONS)
  }
  const start = () => {
    observe('largest-contentful-paint', ({ startTime }) => {
      if (startTime < hiddenAt) values.LCP = sinceShown(startTime)
    })
    observe('layout-shift', ({ value, hadRecentInput, startTime }) => {
      if (hadRecentInput) return
      if (startTime - shiftsUntil >= SHIFT_GAP_MS || startTime - shiftsFrom >= SHIFT_WINDOW_MS) {
        shift = 0
        shiftsFrom = startTime
      }
      shift += value
      shiftsUntil = startTime
      values.CLS = Math.max(values.CLS ?? 0, shift)
    })
    observe('event', takeInteraction)
    observe('first-input', takeInteraction)
  }

  onView((view) => {
    const isRestored = view.navigation === 'restore'
    if (of && !isRestored) return
    if (!of) later(start)
    of = view
    if (view.navigation === 'prerender') hiddenAt = 1 / 0
    if (!isRestored) return
    told = {}
    values = { TTFB: 0 }
    slowest = []
    interactionsBefore = interactionCount()
    shift = 0
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        values.FCP = values.LCP = performance.now() - view.startedAt
      }),
    )
  })

  onEnd((isLeaving) => {
    if (!isLeaving || !of) return
    for (const drain of drains) drain()
    const { id: viewId, navigation } = of
    if (navigation !== 'restore') {
      const { responseStart = 0 } = loadTiming() ?? {}
      if (responseStart) values.TTFB = sinceShown(responseStart)
      const [paint] = performance.getEntriesByName('first-contentful-paint')
      if (paint && paint.startTime < hiddenAt) values.FCP = sinceShown(paint.startTime)
    }
    if (values.FCP !== undefined && supports('layout-shift')) values.CLS ??= 0
    hiddenAt = Math.min(hiddenAt, performance.now())
    const left = Math.floor((interactionCount() - interactionsBefore) / 50)
    const worst = slowest[Math.min(left, slowest.length - 1)]
    if (worst) values.INP = worst.duration
    for (const [name, [good, poor]] of Object.entries(LIMITS)) {
      const exact = values[name]
      if (exact === undefined || exact === told[name]) continue
      told[name] = exact
      const value = Math.round(exact * 1_000) / 1_000
      const rating = exact > poor ? 'poor' : exact > good ? 'needs-improvement' : 'good'
      const navigationType = typeOf(navigation)
      record('web_vital', { name, value, rating, navigationType }, undefined, {
        context: { viewId },
      })
    }
  })
}

const supports = (type: string) => PerformanceObserver.supportedEntryTypes.includes(type)

const interactionCount = () => (performance as { interactionCount?: number }).interactionCount ?? 0 // newer than the DOM types

/** How a view came about, in the words of `web-vitals`. */
const typeOf = (navigation: string) =>
  (document as { wasDiscarded?: boolean }).wasDiscarded && navigation !== 'restore' // Chromium's own
    ? 'restore'
    : ({ load: 'navigate', restore: 'back-forward-cache' }[navigation] ??
      navigation.replace('_', '-'))
