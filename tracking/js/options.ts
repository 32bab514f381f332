import type { WireEvent } from '../../contract/event.ts'

export type ConsentState = 'granted' | 'denied' | 'unknown'

/** What a site may set, as far as it must be known at once. Times in milliseconds. See README.md for each. */
export interface CoreOptions {
  /** Public id of the site; empty: the server finds it from the page's host. */
  siteId: string
  /** Where events go; empty: `/collect` where the script came from. */
  endpoint: string
  /** `first-party`: random ids in storage. `cookieless`: nothing is stored, the server derives the visitor. */
  preset: 'first-party' | 'cookieless'
  /** `unknown` waits for a call; `google` and `tcf` listen to a consent banner. */
  consent: ConsentState | 'google' | 'tcf'
  sessionTimeout: number
  inactivityTimeout: number
  maxBatchSize: number
  trackEngagement: boolean
  trackScrollDepth: boolean
  trackClicks: boolean
  trackForms: boolean
  trackErrors: boolean
  /** The route of a hash router (`#/…`) is part of the page. */
  hashRouting: boolean
  /** A `replaceState` that changes only the query is a page view too. */
  countQueryReplace: boolean
  /** Paths that are not tracked; `*` stands for anything. */
  exclude: readonly string[]
  /** Query parameters to keep beside the attribution ones. */
  keepParameters: readonly string[]
  /** `identify()` does nothing unless this is on. */
  identify: boolean
  /** Sees each event before it is queued: gives it back, changed or not, or nothing to drop it. As a `data-` attribute, the name of a global function. */
  beforeSend: string | ((event: WireEvent) => WireEvent | null | undefined)
}

export const CORE_DEFAULTS: CoreOptions = {
  siteId: '',
  endpoint: '',
  preset: 'first-party',
  consent: 'granted',
  sessionTimeout: 1_800_000,
  inactivityTimeout: 60_000,
  maxBatchSize: 50,
  trackEngagement: true,
  trackScrollDepth: true,
  trackClicks: true,
  trackForms: true,
  trackErrors: true,
  hashRouting: false,
  countQueryReplace: false,
  exclude: [],
  keepParameters: [],
  identify: false,
  beforeSend: '',
}

/** What is given, by whom it is known: attributes are all text. */
export type Given = { readonly [name: string]: unknown }

// An attribute without a value is empty, and means yes.
export const isOn = (given: unknown) => given === '' || (!!given && given !== 'false')
export function listOf(given: unknown = ''): string[] {
  return `${given}`.split(/\s*,\s*/) // an array as text is its members with commas
}

/** The options of `given`, or of `data-` attributes, where a number, list or truth is written as text. */
export function optionsFrom<Some extends object>(given: Given, defaults: Some): Some {
  const options: { [name: string]: unknown } = {}
  for (const [name, usual] of Object.entries(defaults)) {
    const set = given[name] ?? usual
    options[name] =
      typeof usual === 'boolean'
        ? isOn(set)
        : typeof usual === 'number'
          ? +(set as string) || usual
          : Array.isArray(usual)
            ? listOf(set)
            : set
  }
  return options as Some // each member has its default's type
}

/** Whether a path is among patterns in which `*` stands for anything. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replace(/\W/g, (sign) => (sign === '*' ? '.*' : `\\${sign}`))}$`).test(
      path,
    ),
  )
}
