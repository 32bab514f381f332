/** Newer than the DOM types: when a page that was rendered ahead was shown. */
type LoadTiming = PerformanceNavigationTiming & { readonly activationStart?: number }

/** The browser's own account of how the page was loaded. */
export const loadTiming = () =>
  performance.getEntriesByType('navigation')[0] as LoadTiming | undefined
