import { guard, listen } from './guard.ts'

/** How a single-page app came to another address, by the history's own words. */
export type Change = 'push' | 'replace' | 'traverse'

/** Tells of every change of the address that is not a load, after it has happened. */
export function onPageChange(listener: (change: Change) => void): void {
  // The Navigation API sees all of them, whatever others have done to `history`.
  const { navigation } = window as { navigation?: EventTarget } // newer than the DOM types
  if (navigation) {
    listen<Event & { navigationType?: Change | 'reload' | null }>(
      navigation,
      'currententrychange',
      ({ navigationType }) => {
        // null: only the entry's state was updated.
        if (navigationType && navigationType !== 'reload') listener(navigationType)
      },
    )
    return
  }
  const changed = guard(listener)
  for (const change of ['push', 'replace'] as const) {
    const name = `${change}State` as const
    try {
      // A proxy is the function in all that can be seen: name, length, text. What the
      // original throws (Safari: after 100 calls in 30 s) goes to the page, uncounted.
      history[name] = new Proxy(history[name], {
        apply(original, self, parameters) {
          const result = Reflect.apply(original, self, parameters)
          changed(change)
          return result
        },
      })
    } catch {
      // Frozen by the page: then only going back and forth is seen.
    }
  }
  listen(window, 'popstate hashchange', () => listener('traverse'))
}
