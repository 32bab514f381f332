/**
 * What became of a request. `refused` will not be different next time; a number
 * is the milliseconds that a busy collector asks for (0: it did not say).
 */
export type Outcome = 'stored' | 'refused' | 'too_large' | 'unreachable' | number

// Browsers give 64 KiB to all requests that may outlive a page together.
const KEEPALIVE_BYTES = 52_000
const HANGS_MS = 30_000

/**
 * Posts a body; never rejects. text/plain, because it needs no preflight, which
 * could not finish while the page goes. Only an answer of our own kind counts:
 * a captive portal answers 200 as well.
 */
export async function post(endpoint: string, body: string, mayOutlive: boolean): Promise<Outcome> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body,
      credentials: 'omit',
      keepalive: mayOutlive && new TextEncoder().encode(body).length < KEEPALIVE_BYTES,
      signal: AbortSignal.timeout?.(HANGS_MS),
    })
    const { status } = response
    if (status > 499 || status === 429 || status === 408)
      return Number(response.headers.get('retry-after')) * 1_000 || 0
    if (status === 413) return 'too_large'
    const answer = await response.json()
    return answer.accepted >= 0 && response.ok ? 'stored' : answer.code ? 'refused' : 'unreachable'
  } catch {
    return 'unreachable'
  }
}

/** Hands a body to the browser, to be sent when the page is gone. False: it was not taken. */
export function beacon(endpoint: string, body: string): boolean {
  try {
    return navigator.sendBeacon(endpoint, body)
  } catch {
    return false
  }
}
