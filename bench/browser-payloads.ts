import { randomUUIDv7 } from 'node:crypto'
import { launchBrowser } from '../test/browser.ts'

interface Envelope {
  readonly siteId?: string
  readonly events: readonly Record<string, unknown>[]
  readonly [field: string]: unknown
}

/** What real Chromium sends on a walk through the demo at `url`: the bodies of its posts. */
export async function recordPayloads(url: string): Promise<Envelope[]> {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    const bodies: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/collect')) bodies.push(request.postData() ?? '')
    })
    for (const path of ['', 'products.html', 'product.html', 'article.html', 'contact.html']) {
      await page.goto(`${url}/${path}?utm_source=newsletter`)
      await page.mouse.wheel(0, 1_200)
      await page.mouse.click(200, 300)
      await page.waitForTimeout(700)
    }
    await page.fill('input', 'somebody').catch(() => {}) // a page without a field has none to fill
    await page.goto(`${url}/thanks.html`)
    await page.waitForTimeout(1_500)
    return bodies.flatMap((body) => {
      const envelope = JSON.parse(body || '{}') as Partial<Envelope> // our own library wrote it
      return envelope.events ? [envelope as Envelope] : []
    })
  } finally {
    await browser.close()
  }
}

const VISITORS = 5_000

/** The same posts from many visitors, as of now; ids are new. `sent` is told how many events each holds. */
export function manyVisitors(
  payloads: readonly Envelope[],
  siteId: string,
  sent: (events: number) => void,
): () => string {
  let turn = 0
  return () => {
    const payload = payloads[turn++ % payloads.length] as Envelope // within the list
    const visitor = Math.floor(Math.random() * VISITORS)
    const nowMs = Date.now()
    sent(payload.events.length)
    return JSON.stringify({
      ...payload,
      siteId,
      visitorId: `visitor-${visitor}`,
      // A visit lasts a quarter of an hour, then the next begins.
      sessionId: `session-${visitor}-${Math.floor(nowMs / 900_000)}`,
      sentAt: nowMs,
      events: payload.events.map((event) => ({
        ...event,
        siteId: undefined,
        visitorId: undefined,
        sessionId: undefined,
        eventId: randomUUIDv7(),
        timestamp: nowMs,
      })),
    })
  }
}
