import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals'
import { guard } from './guard.ts'
import type { Tracker } from './tracker.ts'

/** Core Web Vitals, each when its value is final, for the view that was loaded or restored. */
export function webVitals({ options, record, onView }: Tracker): void {
  if (!options.trackWebVitals) return
  let loaded: string | undefined
  onView(({ id, navigation }) => {
    if (!loaded || navigation === 'restore') loaded = id
  })
  const report = guard(({ name, value, rating, navigationType }: MetricType) =>
    record(
      'web_vital',
      { name, value: Math.round(value * 1_000) / 1_000, rating, navigationType },
      undefined,
      loaded ? { context: { viewId: loaded } } : undefined,
    ),
  )
  for (const observe of [onCLS, onFCP, onINP, onLCP, onTTFB]) observe(report)
}
