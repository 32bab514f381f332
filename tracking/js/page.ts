import type { Footfall } from './api.ts'
import { guard } from './guard.ts'
import type { Given } from './options.ts'

/**
 * What a page may put in place of the library before it is there: options, and
 * calls to make up for: `window.footfall = { config: {…}, q: [['track', 'x']] }`.
 */
interface Placeholder {
  readonly config?: object
  readonly q?: readonly [method: keyof Footfall, ...parameters: unknown[]][]
}

/** Starts from a script element: its `data-` attributes, or a configuration object. Twice is once. */
export function startOnPage(
  start: (given: Given, source: string, script: HTMLScriptElement | null) => Footfall,
): void {
  // A module has no current script: then the one that has our attributes.
  const script = (document.currentScript ??
    document.querySelector('script[data-site],script[data-endpoint]')) as HTMLScriptElement | null // by its tag
  const page = window as { footfall?: Placeholder & Partial<Footfall> }
  const { config, q, track } = page.footfall ?? {}
  // Ours, or an older one, which has no version but tracks.
  if (track && !q) return
  const source = script?.src || `${location.origin}/js/tracking.js`
  const given: Given = { ...script?.dataset, ...config }
  const endpoint = new URL('/collect', source).href
  const footfall = start({ endpoint, siteId: given.site, ...given }, source, script)
  page.footfall = footfall
  for (const [method, ...parameters] of q ?? [])
    guard(footfall[method] as (...parameters: unknown[]) => void)(...parameters)
}
