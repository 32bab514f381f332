import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals'
import type { Surroundings } from './features.ts'
import { guard } from './guard.ts'
import { later } from './later.ts'
import type { View } from './tracker.ts'

/**
 * Core Web Vitals, each when its value is final, for the view that was loaded
 * or restored. The browser keeps its entries, so it is early enough to ask for
 * them when the page is idle.
 */
export function webVitals({ options, record, onView }: Surroundings): void {
  if (!options.trackWebVitals) return
  let loaded: View | undefined
  const report = guard(({ name, value, rating, navigationType }: MetricType) =>
    record(
      'web_vital',
      { name, value: Math.round(value * 1_000) / 1_000, rating, navigationType },
      undefined,
      // A route that has come since is another page.
      loaded && { url: loaded.url, context: { viewId: loaded.id } },
    ),
  )
  const observe = () => {
    for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(report)
  }
  onView((view) => {
    if (!loaded) later(observe)
    if (!loaded || view.navigation === 'restore') loaded = view
  })
}
