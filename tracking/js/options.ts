import type { WireEvent } from '../../contract/event.ts'

export type ConsentState = 'granted' | 'denied' | 'unknown'

/** Everything a site may set. Times in milliseconds. See README.md for each. */
export interface Options {
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
  /** Depths in percent at which a `scroll` event is sent; the exact maximum is kept in any case. */
  scrollMilestones: readonly (number | string)[]
  trackEngagement: boolean
  trackScrollDepth: boolean
  trackClicks: boolean
  trackForms: boolean
  trackTextSelection: boolean
  trackPageVisibility: boolean
  trackWebVitals: boolean
  trackErrors: boolean
  /** The first words of what is copied or selected, after redaction. */
  textExcerpt: boolean
  /** The route of a hash router (`#/…`) is part of the page. */
  hashRouting: boolean
  /** A `replaceState` that changes only the query is a page view too. */
  countQueryReplace: boolean
  /** Paths that are not tracked; `*` stands for anything. */
  exclude: readonly string[]
  /** Query parameters to keep beside the attribution ones. */
  keepParameters: readonly string[]
  /** File endings that count as downloads. */
  downloadExtensions: readonly string[]
  /** Paths that mean that the form sent before has succeeded; `*` stands for anything. */
  formSuccessPages: readonly string[]
  /** `identify()` does nothing unless this is on. */
  identify: boolean
  /** Sees each event before it is queued: gives it back, changed or not, or nothing to drop it. As a `data-` attribute, the name of a global function. */
  beforeSend: string | ((event: WireEvent) => WireEvent | null | undefined)
}

export const DEFAULTS: Options = {
  siteId: '',
  endpoint: '',
  preset: 'first-party',
  consent: 'granted',
  sessionTimeout: 1_800_000,
  inactivityTimeout: 60_000,
  maxBatchSize: 50,
  scrollMilestones: [],
  trackEngagement: true,
  trackScrollDepth: true,
  trackClicks: true,
  trackForms: true,
  trackTextSelection: true,
  trackPageVisibility: true,
  trackWebVitals: true,
  trackErrors: true,
  textExcerpt: false,
  hashRouting: false,
  countQueryReplace: false,
  exclude: [],
  keepParameters: [],
  downloadExtensions: /* @__PURE__ */ listOf(
    'pdf,doc,docx,xls,xlsx,ppt,pptx,odt,ods,odp,rtf,csv,txt,epub,zip,7z,rar,gz,tgz,tar,dmg,exe,msi,pkg,deb,rpm,apk,iso,mp3,wav,mp4,mov,avi,mkv',
  ),
  formSuccessPages: [],
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
export function optionsFrom(given: Given): Options {
  const options: { [name: string]: unknown } = {}
  for (const [name, usual] of Object.entries({ ...DEFAULTS, siteId: given.site ?? '' })) {
    const set = given[name] ?? usual
    options[name] =
      typeof usual === 'boolean'
        ? isOn(set)
        : typeof usual === 'number'
          ? +set || usual
          : Array.isArray(usual)
            ? listOf(set)
            : set
  }
  return options as unknown as Options // each member has its default's type
}

/** Whether a path is among patterns in which `*` stands for anything. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replace(/\W/g, (sign) => (sign === '*' ? '.*' : `\\${sign}`))}$`).test(
      path,
    ),
  )
}
