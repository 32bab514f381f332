import { guard } from './guard.ts'

const WAITS_MS = 2_500
const SIGNS =
  'scroll focusin input change toggle popstate hashchange pagehide blur visibilitychange submit selectionchange'

/**
 * Calls back when nothing came of a click within 2.5 s: no change of the
 * document, scroll, selection, navigation or request. What only styles show
 * cannot be seen.
 */
export function whenNothingHappens(
  path: readonly Element[],
  ownEndpoint: string,
  listener: () => void,
): void {
  const watch = new AbortController()
  const { signal } = watch
  const react = guard((event?: Event) => {
    // A click sets the caret: that is no selection yet.
    if (event?.type !== 'selectionchange' || !getSelection()?.isCollapsed) watch.abort()
  })
  const mutations = new MutationObserver(() => react())
  const requests = new PerformanceObserver((list) => {
    if (list.getEntries().some(({ name }) => name !== ownEndpoint)) react()
  })
  const what = { subtree: true, childList: true, attributes: true, characterData: true }
  // The document's observer does not see into shadow roots.
  for (const root of new Set([document, ...path.map((element) => element.getRootNode())]))
    mutations.observe(root, what)
  requests.observe({ type: 'resource' })
  for (const sign of SIGNS.split(' '))
    addEventListener(sign, react, { capture: true, passive: true, signal })
  const timer = setTimeout(
    guard(() => {
      watch.abort()
      listener()
    }),
    WAITS_MS,
  )
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    mutations.disconnect()
    requests.disconnect()
  })
}
