import type { WireEvent } from '../../contract/event.ts'

/**
 * Sends events now. text/plain needs no preflight, which could not finish while
 * the page goes; keepalive lets the request outlive it. Never throws.
 */
export function send(endpoint: string, shared: object, events: readonly WireEvent[]): void {
  const body = JSON.stringify({ ...shared, sentAt: Date.now(), events })
  try {
    fetch(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit' }).catch(() =>
      beacon(endpoint, body),
    )
  } catch {
    beacon(endpoint, body)
  }
}

// The ids make it harmless when both ways arrive.
function beacon(endpoint: string, body: string): void {
  try {
    navigator.sendBeacon(endpoint, body)
  } catch {
    // Nothing else can be done from here.
  }
}
