import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { Page } from './browser.ts'
import { type Case, counts, pause, type Stored } from './world.ts'

const sessionsOf = (events: readonly Stored[]) => new Set(events.map(({ sessionId }) => sessionId))
const storageOf = (page: Page) =>
  page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])

/** Counts every touch of storage from before the first script. */
const WATCHES_STORAGE = `<script>
  let touches = 0
  for (const name of ['getItem', 'setItem', 'removeItem', 'key', 'clear']) {
    const original = Storage.prototype[name]
    Storage.prototype[name] = function () { touches++; return original.apply(this, arguments) }
  }
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')
  Object.defineProperty(document, 'cookie', {
    get() { touches++; return cookie.get.call(document) },
    set(value) { touches++; cookie.set.call(document, value) },
  })
</script>`

export const VISITOR_CASES: readonly Case[] = [
  {
    id: 'B22',
    title: 'storage that throws, is full, or is cleared under way: works from memory',
    async run(world) {
      const throws = `<script>
        Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })
        Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError') } })
      </script>`
      const full = `<script>
        Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }
      </script>`
      for (const head of [throws, full]) {
        const page = await world.open(world.put('/', { head }))
        await page.evaluate(() => window.footfall?.track('first'))
        await pause(150)
        await page.evaluate(() => window.footfall?.track('second'))
        await world.settled(page)
        await page.close()
      }
      const cleared = await world.open(world.put('/cleared'))
      await world.settled(cleared)
      await cleared.evaluate(() => localStorage.clear())
      await cleared.evaluate(() => window.footfall?.track('third'))
      const events = await world.settled(cleared)
      deepEqual([counts(events).first, counts(events).second, counts(events).third], [2, 2, 1])
      // Each page that could not store was one visit.
      equal(sessionsOf(events).size, 3)
    },
  },
  {
    id: 'B23',
    title: 'a sandboxed frame without an origin, and a frame without an address: nothing is thrown',
    async run(world) {
      const inner = world.put('/inner')
      const url = world.put('/', {
        body: `<iframe sandbox="allow-scripts" src="${inner}"></iframe>
          <iframe srcdoc="<script src='${world.gate.url}/js/tracking.js' data-site='${world.site}'></script>"></iframe>`,
      })
      const page = await world.open(url)
      await pause(500)
      const events = await world.settled(page)
      const paths = events.filter(({ type }) => type === 'pageview').map(({ path }) => path)
      ok(paths.includes(`/${world.site}/inner`) && paths.includes(`/${world.site}/`))
    },
  },
  {
    id: 'B24',
    title: 'two tabs, one idle past the timeout, the other active: one session',
    async run(world) {
      const head =
        '<script>const now = Date.now; let aheadMs = 0; Date.now = () => now() + aheadMs</script>'
      const url = world.put('/', { head, script: 'data-session-timeout="600000"' })
      const idle = await world.open(url)
      await world.settled(idle)
      const active = await world.open(url)
      const letPass = async (ms: number) => {
        for (const tab of [idle, active]) await tab.evaluate(`aheadMs += ${ms}`)
      }
      for (let at = 0; at < 4; at++) {
        await active.evaluate(() => window.footfall?.track('active'))
        await letPass(200_000)
      }
      await idle.evaluate(() => window.footfall?.track('awake'))
      equal(sessionsOf(await world.settled(active)).size, 1)
      await letPass(700_000)
      await idle.evaluate(() => window.footfall?.track('later'))
      equal(sessionsOf(await world.settled(idle)).size, 2)
    },
  },
  {
    id: 'B25',
    title: 'ten tabs opened at once, as after a restart: one visitor, one session, nothing twice',
    async run(world) {
      const url = world.put('/')
      const tabs = await Promise.all(Array.from({ length: 10 }, () => world.context.newPage()))
      await Promise.all(tabs.map((tab) => tab.goto(url)))
      for (const tab of tabs) await tab.bringToFront()
      const events = await world.until('ten views', (all) => (counts(all).pageview ?? 0) >= 10)
      equal(sessionsOf(events).size, 1)
      equal(new Set(events.map(({ visitorId }) => visitorId)).size, 1)
      equal(counts(events).pageview, 10)
      equal(new Set(events.map(({ context }) => context?.tabId)).size, 10)
    },
  },
  {
    id: 'B26',
    title: 'a duplicated tab, with its copy of the storage: another tab, the same session',
    async run(world) {
      const url = world.put('/')
      const first = await world.open(url)
      await world.settled(first)
      // What a browser copies when it duplicates a tab.
      const copied = await first.evaluate(() => JSON.stringify({ ...sessionStorage }))
      const second = await world.open(world.put('/before', { script: false }))
      await second.evaluate((text: string) => {
        for (const [key, value] of Object.entries(JSON.parse(text)))
          sessionStorage.setItem(key, String(value))
      }, copied)
      await second.goto(url)
      const events = await world.settled(second)
      equal(new Set(events.map(({ context }) => context?.tabId)).size, 2)
      equal(sessionsOf(events).size, 1)
      await first.bringToFront()
      await first.goto(url)
      const later = await world.settled(first)
      equal(new Set(later.map(({ context }) => context?.tabId)).size, 2)
    },
  },
  {
    id: 'B27',
    title:
      'consent unknown, denied, granted, withdrawn, in two tabs: nothing before, nothing after, and the other follows',
    async run(world) {
      const body = '<form id="f" onsubmit="return false"><button>send</button></form>'
      const url = world.put('/', { head: WATCHES_STORAGE, script: 'data-consent="unknown"', body })
      const one = await world.open(url)
      const two = await world.open(url)
      await one.bringToFront()
      await one.evaluate(() => window.footfall?.track('early'))
      await pause(300)
      await two.evaluate(() => window.footfall?.consent('denied'))
      await pause(200)
      deepEqual(world.gate.attemptsOf(world.site), [])
      for (const tab of [one, two]) {
        equal(await tab.evaluate('touches'), 0)
        deepEqual(await storageOf(tab), [0, 0, ''])
      }
      await one.bringToFront()
      await one.evaluate(() => window.footfall?.consent('granted'))
      await one.evaluate(() => window.footfall?.track('allowed'))
      const events = await world.settled(one)
      equal(counts(events).early, undefined)
      equal(counts(events).allowed, 1)
      await two.bringToFront()
      await two.evaluate(() => window.footfall?.track('allowed-too'))
      await two.click('button')
      await world.until(
        'the other tab',
        (all) => counts(all)['allowed-too'] === 1 && counts(all).form_submit === 1,
      )
      // The banner is a form itself, as many are.
      await two.evaluate(() => {
        document
          .querySelector('form')
          ?.addEventListener('submit', () => window.footfall?.consent('denied'))
      })
      await two.click('button')
      await pause(200)
      const sent = world.gate.attemptsOf(world.site).length
      for (const tab of [one, two]) {
        await tab.bringToFront()
        await tab.evaluate(() => window.footfall?.track('refused'))
        await tab.evaluate(() => history.pushState({}, '', '?refused'))
      }
      await pause(300)
      deepEqual((await storageOf(one)).slice(0, 1), [0])
      // What the form has kept of its submit goes within seconds.
      for (let tries = 0; tries < 50 && (await storageOf(two))[1]; tries++) await pause(100)
      deepEqual(await storageOf(two), [0, 0, ''])
      for (const tab of [one, two]) await tab.close()
      equal(world.gate.attemptsOf(world.site).length, sent)
    },
  },
  {
    id: 'B27b',
    title: 'consent mode v2: denied by default waits, an update grants, an update denies',
    async run(world) {
      const head = `<script>
        var dataLayer = []
        function gtag() { dataLayer.push(arguments) }
        gtag('consent', 'default', { analytics_storage: 'denied', wait_for_update: 500 })
      </script>`
      const page = await world.open(world.put('/', { head, script: 'data-consent="google"' }))
      await pause(300)
      deepEqual(world.gate.attemptsOf(world.site), [])
      await page.evaluate("gtag('consent', 'update', { ad_storage: 'granted' })")
      await page.evaluate("gtag('consent', 'update', { analytics_storage: 'granted' })")
      equal(counts(await world.settled(page)).pageview, 1)
      await page.evaluate("gtag('consent', 'update', { analytics_storage: 'denied' })")
      const sent = world.gate.attemptsOf(world.site).length
      await page.close()
      equal(world.gate.attemptsOf(world.site).length, sent)
    },
  },
  {
    id: 'B27c',
    title: 'TCF: purposes 1 and 8 grant, one of them alone does not; the banner may come after us',
    async run(world) {
      const url = world.put('/', { script: 'data-consent="tcf"' })
      const decide = (consents: object) => `window.__tcfapi = (command, version, listener) => {
        tell = (status, given) => listener({ eventStatus: status, gdprApplies: true, purpose: { consents: given } }, true)
        tell('cmpuishown', {})
        tell('useractioncomplete', ${JSON.stringify(consents)})
      }`
      const refused = await world.open(url)
      await refused.evaluate(decide({ 1: true }))
      await pause(700)
      await refused.close()
      deepEqual(world.gate.attemptsOf(world.site), [])
      const granted = await world.open(url)
      await granted.evaluate(decide({ 1: true, 8: true }))
      await world.until('the view', (all) => counts(all).pageview === 1)
    },
  },
  {
    id: 'B28',
    title:
      'Global Privacy Control, Do Not Track: no storage, no identity, no event stored; views are counted',
    async run(world) {
      let views = 0
      for (const script of ['tracking.js', 'pageviews.js'])
        for (const signal of ['globalPrivacyControl', 'doNotTrack']) {
          if (!world.isFullMatrix && (signal === 'doNotTrack') !== (script === 'pageviews.js'))
            continue
          const head = `${WATCHES_STORAGE}<script>
            Object.defineProperty(navigator, '${signal}', { value: '${signal}' === 'doNotTrack' ? '1' : true })
          </script><script defer src="${world.gate.url}/js/${script}" data-site="${world.site}" data-identify></script>`
          const url = world.put('/', { head, script: false, body: '<a href="#top">Top</a>' })
          const page = await world.open(url)
          await page.evaluate(() => {
            window.footfall?.track('x')
            window.footfall?.track('pageview', { plan: 'pro' })
            window.footfall?.identify('customer-7')
            window.footfall?.consent('granted')
            document.querySelector('a')?.click()
            window.footfall?.flush()
          })
          views++
          while ((await world.counted()) < views) await pause(100)
          await page.evaluate(() => window.footfall?.consent('denied'))
          equal(await page.evaluate('touches'), 0)
          await page.goto('about:blank')
          await page.close()
        }
      const bodies = world.gate.attemptsOf(world.site).map(({ body }) => JSON.parse(body))
      equal(bodies.length, views)
      for (const { consent, visitorId, sessionId, context, events } of bodies) {
        deepEqual([consent, visitorId, sessionId, context?.tabId], ['denied', ...Array(3)])
        deepEqual(
          events.map(({ eventType }: { eventType: string }) => eventType),
          ['pageview'],
        )
      }
      equal(await world.counted(), views)
      deepEqual(await world.stored(), [])
    },
  },
  {
    id: 'B28b',
    title: 'the cookieless preset: no storage is touched, the server derives the visitor',
    async run(world) {
      const url = world.put('/', { head: WATCHES_STORAGE, script: 'data-preset="cookieless"' })
      const page = await world.open(url)
      await page.evaluate(() => window.footfall?.track('x'))
      const events = await world.settled(page)
      equal(await page.evaluate('touches'), 0)
      deepEqual(await storageOf(page), [0, 0, ''])
      deepEqual([...sessionsOf(events)], [null])
      for (const { body } of world.gate.attemptsOf(world.site)) ok(!body.includes('visitorId'))
    },
  },
  {
    id: 'B46',
    title: 'storage erased after days without a visit: a new visitor, no fault',
    async run(world) {
      const url = world.put('/')
      const page = await world.open(url)
      await world.settled(page)
      await page.evaluate(() => localStorage.clear())
      await page.goto(url)
      const events = (await world.settled(page)).filter(({ type }) => type === 'pageview')
      equal(events.length, 2)
      notEqual(events[0]?.visitorId, events[1]?.visitorId)
    },
  },
]
