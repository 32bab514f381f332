import { type Footfall, start } from './api.ts'
import type { Options } from './feature-options.ts'
import { startFeatures } from './features.ts'
import type { ConsentState } from './options.ts'
import { startRelay } from './seen.ts'

export type { ConsentState, Footfall, Options }

/**
 * Starts the library, once: another call, or a script element that came before,
 * changes nothing. Without a window (on a server) it does nothing.
 */
export function init(options: Partial<Options> = {}): void {
  if (typeof window === 'undefined' || window.footfall?.version) return
  const endpoint = new URL('/collect', location.href).href
  window.footfall = start({ endpoint, ...options }, (tracker) => {
    startFeatures(tracker, { ...options }, startRelay(tracker, nothing, nothing))
  })
}

/** Records an event of the site's own. Before `init` nothing is recorded. */
export const track: Footfall['track'] = (...parameters) => running()?.track(...parameters)
/** What the visitor has answered: `granted`, `denied` or `unknown`. */
export const consent: Footfall['consent'] = (...parameters) => running()?.consent(...parameters)
/** Names the visitor by an id that means nothing outside the site. */
export const identify: Footfall['identify'] = (...parameters) => running()?.identify(...parameters)
/** The form has done its work. */
export const formSuccess: Footfall['formSuccess'] = (...parameters) =>
  running()?.formSuccess(...parameters)
/** Sends what waits, now. */
export const flush: Footfall['flush'] = () => running()?.flush()

const running = () => (typeof window === 'undefined' ? undefined : window.footfall)

function nothing() {}
