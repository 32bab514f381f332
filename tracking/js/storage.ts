// Storage may be off, full, or throw on mere access (sandboxed frames, blocked
// cookies). Then values live as long as the page. Who may not store does not
// call these at all.
const memory = new Map<string, string>()

export function readStored(
  key: string,
  area = 'localStorage' as 'localStorage' | 'sessionStorage',
) {
  try {
    return window[area].getItem(key) ?? memory.get(key)
  } catch {
    return memory.get(key)
  }
}

export function writeStored(
  key: string,
  value: string | undefined,
  area = 'localStorage' as 'localStorage' | 'sessionStorage',
): void {
  try {
    if (value === undefined) {
      memory.delete(key)
      window[area].removeItem(key)
    } else {
      memory.set(key, value)
      window[area].setItem(key, value)
    }
  } catch {
    // Kept in memory.
  }
}
