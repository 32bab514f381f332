import { listen } from './guard.ts'
import { tabStore } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

const KEY = 'footfall_tab'

/**
 * An id of the tab that outlives its pages. While a page is open the id is not
 * in storage: a duplicated tab gets a copy of the storage, and must not get it.
 */
export function tabIdOf(mayStore: () => boolean): string {
  const take = () => {
    const stored = tabStore.read(KEY)
    tabStore.write(KEY)
    return stored
  }
  const id = take() ?? uuidv7(Date.now())
  listen(window, 'pagehide', () => {
    if (mayStore()) tabStore.write(KEY, id)
  })
  listen(window, 'pageshow', () => {
    if (mayStore()) take()
  })
  return id
}
