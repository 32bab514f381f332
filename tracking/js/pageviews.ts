import type { WireEvent } from '../../contract/event.ts'
import { redactRoughly, redactUrlRoughly } from '../../redact/roughly.ts'
import { environment, VERSION } from './environment.ts'
import { guard, listen } from './guard.ts'
import { identityAt, SESSION_KEY, VISITOR_KEY } from './identity.ts'
import { isOn, listOf } from './options.ts'
import { startOnPage } from './page.ts'
import { hasRefused } from './refusal.ts'
import { onShowing } from './showing.ts'
import { siteStore } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

const SETTLES_MS = 50
const MOST_WAITING = 30

/**
 * What `<script src="…/js/pageviews.js">` runs: page views and events by name,
 * in as few bytes as it takes. It does without all that tracking.js has beyond
 * that: telling what is private from what looks like it, a queue that outlives
 * the page, banners that are listened to.
 */
startOnPage((given) => {
  const {
    endpoint,
    preset,
    siteId,
    sessionTimeout = 1_800_000,
    consent = 'granted',
  } = given as { readonly [name: string]: string } & { readonly endpoint: string } // or a number, which adds up to the same
  const isRefusing = hasRefused()
  let state: unknown = consent
  let waiting: WireEvent[] = []
  let url: string | undefined

  const send = guard((isLeaving?: unknown) => {
    if (state !== 'granted' || !waiting[0]) return
    const events = waiting
    const sentAt = Date.now()
    waiting = []
    const body = JSON.stringify({
      siteId,
      ...(isRefusing
        ? { consent: 'denied' } // counted, and no more
        : preset !== 'cookieless' && identityAt(siteStore, +sessionTimeout, sentAt)),
      context: environment(),
      sentAt,
      events,
    })
    const keep = () => {
      waiting = [...events, ...waiting].slice(-MOST_WAITING)
    }
    if (!isLeaving || !navigator.sendBeacon(endpoint, body))
      fetch(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(
        ({ status }) => status > 499 && keep(),
        keep,
      )
  })
  const record = (eventType: string, more?: Partial<WireEvent>) => {
    const timestamp = Date.now()
    if (state === 'denied') return
    waiting.push({ eventType, eventId: uuidv7(timestamp), timestamp, url, ...more })
    setTimeout(send, SETTLES_MS)
  }
  const options = {
    hashRouting: isOn(given.hashRouting),
    countQueryReplace: isOn(given.countQueryReplace),
  }
  const clean = (address: string) =>
    redactUrlRoughly(address, listOf(given.keepParameters), options.hashRouting)
  onShowing(options, (navigation, droppedViews) => {
    // Of another site no more than its name, or an app's.
    const { referrer } = document
    const isOwn = referrer.startsWith(location.origin)
    const from = url ?? (isOwn ? clean(referrer) : referrer.split('/', 3).join('/'))
    url = clean(location.href)
    const eventData = { navigation, droppedViews } as { navigation: string } // what is undefined is not written
    record('pageview', { referrer: from, title: redactRoughly(document.title), eventData })
  })
  listen(window, 'pagehide visibilitychange', send)
  return {
    version: VERSION,
    track: guard((name) => isRefusing || record(redactRoughly(name))),
    consent: guard((next) => {
      const erased = isRefusing || state !== 'granted' ? [] : [VISITOR_KEY, SESSION_KEY]
      state = (next as Partial<typeof next & object>).analytics ?? next
      if (state !== 'denied') return send()
      waiting = []
      for (const key of erased) siteStore.write(key)
    }),
    identify() {},
    formSuccess() {},
    flush: send,
  }
})
