import type { Properties } from './tracker.ts'

export const VERSION = '0.2.0'

// Exact sizes would help to tell one visitor from another.
const toHundreds = (width: number, height: number) =>
  `${Math.floor(width / 100) * 100}x${Math.floor(height / 100) * 100}`

/** `phone` up to 767 px, `tablet` up to 1 023 px, else `desktop`: widths that layouts commonly change at. */
export const viewportClass = () =>
  innerWidth < 768 ? 'phone' : innerWidth < 1_024 ? 'tablet' : 'desktop'

/** What holds for all events of a page: coarse, so that it names nobody. Reads the layout. */
export function environment(): Properties {
  return {
    tracker: VERSION,
    screen: toHundreds(screen.width, screen.height),
    viewport: toHundreds(innerWidth, innerHeight),
    viewportClass: viewportClass(),
    language: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}
