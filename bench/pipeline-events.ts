/** Lines of a made-up month of a shop: visits of some pages, with what our library sends of them. */
export function* eventLines(count: number, fromMs: number, toMs: number): Generator<string> {
  const random = randomFrom(20_261_125)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() ** 2 * list.length)] as T // skewed to the front
  const visits = count / 8
  let written = 0
  for (let visit = 0; written < count; visit++) {
    const visitorId = `v${Math.floor(random() ** 1.5 * visits * 0.7)}`
    const sessionId = `s${visit}`
    let at = fromMs + Math.floor(((toMs - fromMs) * visit) / visits)
    const derived = {
      country: pick(COUNTRIES),
      browser: pick(['Chrome', 'Safari', 'Firefox', 'Edge']),
      browserVersion: `${140 - Math.floor(random() * 20)}`,
      os: pick(['Windows', 'iOS', 'Android', 'macOS', 'Linux']),
      device: pick(['mobile', 'desktop', 'tablet']),
    }
    const context = {
      tracker: '0.2.0',
      language: 'de-DE',
      viewportClass: 'phone',
      tabId: `t${visit}`,
    }
    const source = pick([
      '',
      '',
      '?utm_source=newsletter&utm_medium=email&utm_campaign=autumn',
      '?paid=google',
    ])
    const referrer = pick([undefined, 'https://www.google.com/', 'https://t.co/', undefined])
    const views = 1 + Math.floor(random() ** 2 * 6)
    for (let view = 0; view < views && written < count; view++) {
      const viewId = `${visit}-${view}`
      const url = `https://shop.example/products/${Math.floor(random() ** 3 * 500)}${view === 0 ? source : ''}`
      const line = (eventType: string, more: object) => {
        written++
        return JSON.stringify({
          ...{ eventType, timestamp: at, visitorId, sessionId, url, derived, ...more },
          context: { ...context, viewId },
        })
      }
      yield line('pageview', { title: 'Waxed tool roll – Shop', ...(view === 0 && { referrer }) })
      for (let part = 1; part <= 2 && written < count; part++) {
        at += 4_000 + Math.floor(random() * 20_000)
        const eventData = {
          ...{ visibleMs: 8_000 * part, engagedMs: 6_000 * part, scrollDepth: 40 * part },
          attentionMs: Array.from({ length: 20 }, (_, band) => (band < 8 * part ? 750 : 0)),
        }
        yield line('engagement', { eventData })
      }
      if (random() < 0.6 && written < count)
        yield line('click', {
          eventData: { selector: '#buy', tag: 'button', isControl: true, x: 500, y: 480 },
        })
      at += 2_000
    }
  }
}

const COUNTRIES = ['DE', 'US', 'FR', 'GB', 'AT', 'CH', 'NL', 'PL', 'IT', 'ES', 'JP', 'BR']

/** Park and Miller's: the same numbers every time. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
