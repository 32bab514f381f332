import type startFeaturesLate from './late.ts'
import { later } from './later.ts'
import type { Given } from './options.ts'
import { startRelay } from './seen.ts'
import { SHARED } from './shared.ts'
import { tellRest } from './tell-rest.ts'
import type { Tracker } from './tracker.ts'

/** Of the second file, by build.mjs: the version in its name, and its digest. */
declare const FEATURES_VERSION: string
declare const FEATURES_INTEGRITY: string

/**
 * Loads the features from beside the script when the page is idle, or when
 * something happens that they have to do with. As a module, which needs no
 * permission under Trusted Types and takes the script's nonce; `import()`
 * checks no integrity, but what was loaded ahead with one is not loaded again.
 * Where it fails, the next page tries again.
 */
export function loadFeatures(
  tracker: Tracker,
  given: Given,
  source: string,
  script: HTMLScriptElement | null,
): void {
  let isLoading = false
  const relay = startRelay(tracker, load, (kept) => tellRest(tracker, kept))
  // /js/tracking.js, /js/tracking.1a2b3c4d5e6f.js and /a.js have it beside them.
  const address = source.replace(/(\.[\da-f]{12})?(\.js[^/]*)?$/, `.${FEATURES_VERSION}.js`)

  function load() {
    if (isLoading) return
    isLoading = true
    // Older browsers, which cannot load a module ahead, know no Trusted Types
    // either. WebKit (2.50) can, but checks no integrity then.
    const isChecked =
      document.createElement('link').relList.supports('modulepreload') &&
      !(script?.integrity && /Apple/.test(navigator.vendor))
    document.head.append(
      Object.assign(document.createElement(isChecked ? 'link' : 'script'), {
        // What is of the other kind of element means nothing.
        rel: 'modulepreload',
        href: address,
        type: isChecked ? '' : 'module',
        src: address,
        integrity: FEATURES_INTEGRITY,
        crossOrigin: '',
        nonce: script?.nonce,
        onload: () =>
          import(/* @vite-ignore */ address)
            .then(({ default: startLate }: { default: typeof startFeaturesLate }) =>
              startLate(SHARED, tracker, given, relay),
            )
            .catch(() => {}),
      }),
    )
  }

  if (/google|tcf/.test(tracker.options.consent)) load()
  else tracker.onView(() => later(load))
}
