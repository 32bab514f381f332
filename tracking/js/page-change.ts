import { guard, listen } from './guard.ts'

/** How a single-page app came to another address, by the history's own words. */
export type Change = 'push' | 'replace' | 'traverse'

/**
 * Tells of every change of the address that is not a load, after it has
 * happened; also of some that are none, so the listener compares addresses.
 */
export function onPageChange(listener: (change: Change) => void): void {
  // The Navigation API sees all of them, whatever others have done to `history`.
  const { navigation } = window as { navigation?: EventTarget } // newer than the DOM types
  if (navigation) {
    let change: Change | 'reload' = 'push'
    listen<Event & { navigationType?: Change | 'reload' | null }>(
      navigation,
      // The entry changes at once. WebKit keeps no entries in a private window
      // (webkit.org/b/308115, b/310256): there the navigation's end is the first
      // word, and it is an error when the page has already begun the next one.
      'navigate currententrychange navigatesuccess navigateerror',
      ({ type, navigationType }) => {
        // Only the first two say which; null: only the entry's state was updated.
        change = navigationType ?? change
        if (type !== 'navigate' && change !== 'reload') listener(change)
      },
    )
    return
  }
  const changed = guard(listener)
  for (const change of ['push', 'replace'] as const)
    guard(() => {
      // Looks like the original, and throws what it throws (Safari: after 100
      // calls in 30 s), uncounted. Frozen by the page: then only going back and
      // forth is seen.
      history[`${change}State`] = new Proxy(history[`${change}State`], {
        apply(original, self, parameters: Parameters<History['pushState']>) {
          original.apply(self, parameters)
          changed(change)
        },
        get: (
          original,
          name: 'length', // or any other
        ) => (name === ('toString' as string) ? () => `${original}` : original[name]),
      })
    })()
  listen(window, 'popstate hashchange', () => listener('traverse'))
}
