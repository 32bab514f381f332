export interface Store {
  read(key: string): string | undefined
  /** Undefined removes it. */
  write(key: string, value?: string): void
}

/**
 * Storage of the browser. It may be off, full, or throw on mere access
 * (sandboxed frames, blocked cookies): then values live as long as the page.
 * Who may not store does not call this at all.
 */
const storeOf = (area: 'localStorage' | 'sessionStorage'): Store => {
  const memory = new Map<string, string | undefined>()
  return {
    read(key) {
      let value: string | null = null
      try {
        value = window[area].getItem(key)
      } catch {
        // Kept in memory.
      }
      return value ?? memory.get(key)
    },
    write(key, value) {
      memory.set(key, value)
      try {
        if (value) window[area].setItem(key, value)
        else window[area].removeItem(key)
      } catch {
        // Kept in memory.
      }
    },
  }
}

/** What all tabs of the site share. */
export const siteStore = /* @__PURE__ */ storeOf('localStorage')
/** What the pages of one tab share. */
export const tabStore = /* @__PURE__ */ storeOf('sessionStorage')
