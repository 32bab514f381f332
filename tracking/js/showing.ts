import { listen } from './guard.ts'
import { loadTiming } from './load-timing.ts'
import { onPageChange } from './page-change.ts'

const MOST = 30 // in 10 s: more is a script, not a reader
const WINDOW_MS = 10_000

/**
 * Tells of each showing of a page, by how it came about: `load`, `reload`,
 * `back_forward`, `prerender`, `restore`, `push`, `replace` or `traverse`, and
 * how many were left out before it. A page that is made ready and never shown
 * is none.
 */
export function onShowing(
  {
    hashRouting,
    countQueryReplace,
  }: { readonly hashRouting: boolean; readonly countQueryReplace: boolean },
  listener: (navigation: string, dropped: number | undefined) => void,
): void {
  let times: number[] = []
  let dropped: number | undefined

  const show = (navigation: string) => {
    const now = performance.now()
    times = times.filter((time) => now - time < WINDOW_MS)
    if (times.push(now) <= MOST) return listener(navigation, dropped)
    times.pop()
    dropped = (dropped ?? 0) + 1
  }
  const addressNow = () => [location.pathname + (hashRouting ? location.hash : ''), location.search]
  let address: string[] | undefined
  const showFirst = () => {
    const { prerendering, visibilityState } = document as {
      prerendering?: boolean
      visibilityState: string
    } // newer than the DOM types
    if (address || prerendering || visibilityState !== 'visible') return
    address = addressNow()
    const { activationStart, type = 'navigate' } = loadTiming() ?? {}
    show(activationStart ? 'prerender' : type === 'navigate' ? 'load' : type)
    onPageChange((change) => {
      const [[path, query] = [], now] = [address, addressNow()]
      address = now
      if (now[0] !== path || (now[1] !== query && (change !== 'replace' || countQueryReplace)))
        show(change)
    })
  }
  listen(document, 'visibilitychange prerenderingchange', showFirst)
  listen<PageTransitionEvent>(window, 'pageshow', ({ persisted }) => {
    if (persisted) show('restore')
  })
  showFirst()
}
