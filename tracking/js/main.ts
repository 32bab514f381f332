import type { Json, WireEvent } from '../../contract/event.ts'
import { onPageChange } from './page-change.ts'
import { send } from './send.ts'
import { sessionId } from './session.ts'
import { uuidv7 } from './uuidv7.ts'
import { visitorId } from './visitor.ts'

/** What the page may call: `footfall.track('signup', { plan: 'pro' })`. */
export interface Footfall {
  track(name: string, properties?: { [key: string]: Json }): void
}

declare global {
  interface Window {
    footfall?: Footfall
  }
}

// Read now: later the element is not known any more.
const script = document.currentScript as HTMLScriptElement | null // null in a module

if (!window.footfall) start()

function start(): void {
  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean } // not in the DOM types
  const refused = globalPrivacyControl === true || navigator.doNotTrack === '1'
  const siteId = script?.dataset.site
  const endpoint = new URL('/collect', script?.src || location.href).href
  let referrer = document.referrer

  const track = (eventType: string, eventData?: { [key: string]: Json }) => {
    if (refused) return
    const now = Date.now()
    const event: WireEvent = {
      eventType,
      eventId: uuidv7(now),
      timestamp: now,
      url: location.href,
      title: document.title,
      ...(eventType === 'pageview' && referrer && { referrer }),
      ...(eventData && { eventData }),
    }
    send(
      endpoint,
      { ...(siteId && { siteId }), visitorId: visitorId(now), sessionId: sessionId(now) },
      [event],
    )
  }

  window.footfall = { track }

  let shown = location.href
  const view = () => {
    track('pageview')
    // The next view of a single-page app came from this page.
    shown = location.href
  }
  whenShown(view)
  onPageChange(() => {
    referrer = shown
    view()
  })
  addEventListener('pageshow', (event) => {
    if (event.persisted) view()
  })
}

/** Runs once the page is shown: not while prerendering or in a background tab that nobody has opened yet. */
function whenShown(view: () => void): void {
  if (document.visibilityState === 'visible') {
    view()
    return
  }
  const once = () => {
    if (document.visibilityState !== 'visible') return
    document.removeEventListener('visibilitychange', once)
    view()
  }
  document.addEventListener('visibilitychange', once)
}
