/**
 * Calls `listener` when a single-page app shows another address. Reloads and
 * equal addresses are not changes; a fragment alone is not another page.
 */
export function onPageChange(listener: () => void): void {
  const page = () => location.pathname + location.search
  let current = page()
  const check = () => {
    if (page() === current) return
    current = page()
    listener()
  }
  // The Navigation API tells of every way a page can change, after the fact.
  const { navigation } = window as { navigation?: EventTarget } // newer than the DOM types
  if (navigation) {
    navigation.addEventListener('currententrychange', check)
    return
  }
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (this: History, ...parameters: Parameters<History['pushState']>) {
      original.apply(this, parameters)
      check()
    }
  }
  addEventListener('popstate', check)
}
