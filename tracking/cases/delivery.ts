import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Page } from 'puppeteer-core'
import type { Behaviour } from './gate.ts'
import { type Case, counts, LATER, leave, pause, type Stored, type World } from './world.ts'

const problem = (status: number, headers: Record<string, string> = {}): Behaviour => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ status, code: 'unavailable' }),
})

/** Retries wait for seconds: a page may make time pass faster, for itself. */
const FAST_TIMERS = `<script>
  const slow = window.setTimeout
  window.setTimeout = (action, ms, ...rest) => slow(action, ms > 1000 ? ms / 20 : ms, ...rest)
</script>`

const customs = (world: World, name: string) =>
  world.stored().then((events) => events.filter(({ type }) => type.startsWith(name)))

export const DELIVERY_CASES: readonly Case[] = [
  {
    id: 'B02',
    title:
      'hidden, then killed by the system without a word: the engagement up to the hiding is stored',
    async run(world) {
      const head = `<script>
        let shown = 'visible'
        Object.defineProperty(document, 'visibilityState', { get: () => shown })
        function hide() { shown = 'hidden'; document.dispatchEvent(new Event('visibilitychange')) }
      </script>`
      const startedAt = Date.now()
      const page = await world.open(world.put('/', { head }))
      await world.until('the view', (all) => counts(all).pageview === 1)
      await pause(1_000)
      await page.evaluate('hide()')
      const mostMs = Date.now() - startedAt + 100
      if (world.browserName === 'chromium') {
        const devtools = await (page as Page).createCDPSession() // Chromium's driver is puppeteer
        devtools.send('Page.crash').catch(() => {}) // its answer dies with the page
      } else {
        // Nothing that the page says from here on is heard.
        await page.evaluate(() => {
          navigator.sendBeacon = () => true
          window.fetch = () => new Promise(() => {})
        })
        await leave(page)
      }
      const events = await world.until('the engagement', (all) => counts(all).engagement === 1)
      const { visibleMs } = events.find(({ type }) => type === 'engagement')?.eventData ?? {}
      ok(Number(visibleMs) >= 900 && Number(visibleMs) < mostMs, `${visibleMs} of ${mostMs} ms`)
    },
  },
  {
    id: 'B15',
    title:
      'another script has used up the beacon quota: all events arrive, in parts or with the next page',
    async run(world) {
      const head = '<script>navigator.sendBeacon = () => false</script>'
      const page = await world.open(world.put('/', { head }))
      await world.settled(page)
      await page.evaluate(() => {
        for (let at = 0; at < 60; at++)
          window.footfall?.track(`late-${at}`, { text: 'x'.repeat(200) })
      })
      await page.goto(world.put('/next'))
      await world.until(
        'all sixty',
        (all) => all.filter(({ type }) => type.startsWith('late-')).length === 60,
      )
    },
  },
  ...[false, true].map(
    (isDown): Case => ({
      id: isDown ? 'B16b' : 'B16',
      title: isDown
        ? '150 events as the page is left while the collector is down: a later tab says them again'
        : '300 events as the page is left: all arrive; one event of 70 KB is cut, not lost',
      async run(world) {
        const page = await world.open(world.put('/'))
        const count = isDown ? 150 : 300 // of 400 bytes each: what storage may hold, and what only the browser can
        await world.settled(page)
        await pause(200) // the page hears of it
        if (isDown) world.gate.behave = () => problem(503)
        await page.evaluate((count) => {
          for (let at = 0; at < count; at++)
            window.footfall?.track(`many-${at}`, { filler: 'y'.repeat(100) })
          const parts = Object.fromEntries(
            Array.from({ length: 70 }, (_, at) => [`part${at}`, 'é'.repeat(1_000)]),
          )
          window.footfall?.track('huge', parts)
        }, count)
        await leave(page)
        if (isDown) await pause(300)
        world.gate.behave = () => 'pass'
        const areThere = (all: readonly Stored[]) =>
          all.filter(({ type }) => type.startsWith('many-')).length === count &&
          counts(all).huge === 1
        // What the browser would not take comes with the next pages, what it took and dropped with a later one.
        const next = await world.open(world.put('/next'))
        if (areThere(await world.settled(next))) return
        await world.open(world.put('/later', { head: LATER }))
        await world.until('all of them', areThere)
      },
    }),
  ),
  {
    id: 'B17',
    title: 'a collector on another origin, the page being left: no preflight on the wire',
    async run(world) {
      const page = await world.open(world.put('/'))
      await page.evaluate(() => window.footfall?.track('last'))
      await leave(page)
      await world.until('the engagement', (all) => counts(all).engagement === 1)
      const methods = new Set(world.gate.attemptsOf(world.site).map(({ method }) => method))
      deepEqual([...methods], ['POST'])
      for (const { headers } of world.gate.attemptsOf(world.site)) {
        ok(headers['content-type']?.startsWith('text/plain'))
        equal(headers.cookie, undefined)
      }
    },
  },
  {
    id: 'B18',
    title: 'offline, reloaded while offline, then online: each event once, at its own time',
    async run(world) {
      // Offline for the tracker: what it asks the browser, and what its requests meet.
      const head = `<script>
        Object.defineProperty(navigator, 'onLine', { get: () => sessionStorage.online !== 'no' })
      </script>`
      const url = world.put('/', { head })
      const page = await world.open(url)
      await world.settled(page)
      world.gate.behave = () => 'reset'
      const leftAt = await page.evaluate(() => {
        sessionStorage.setItem('online', 'no')
        window.footfall?.track('offline-first')
        return Date.now()
      })
      await pause(300)
      await page.goto(url)
      await page.evaluate(() => window.footfall?.track('offline-second'))
      await pause(300)
      deepEqual(await customs(world, 'offline'), [])
      world.gate.behave = () => 'pass'
      await page.evaluate(() => {
        sessionStorage.removeItem('online')
        dispatchEvent(new Event('online'))
      })
      const events = await world.until(
        'both',
        (all) => all.filter(({ type }) => type.startsWith('offline')).length === 2,
      )
      const first = events.find(({ type }) => type === 'offline-first')
      ok(Math.abs((first?.occurredAtMs ?? 0) - leftAt) < 250)
      equal(counts(events).pageview, 2)

      // All is well, then the page is left offline: the browser takes its last words, and drops them.
      await world.settled(page)
      await pause(200)
      const left = (await world.typed('pageview')).at(-1)?.eventId
      await page.evaluate(() => {
        sessionStorage.setItem('online', 'no')
        navigator.sendBeacon = () => true
      })
      await page.goto(url)
      await world.until('its last words', (all) =>
        all.some(({ type, context }) => type === 'engagement' && context?.viewId === left),
      )
    },
  },
  {
    id: 'B19a',
    title: '503 five times, then well: retried with back-off, stored once',
    async run(world) {
      const page = await world.open(world.put('/', { head: FAST_TIMERS }))
      await world.settled(page)
      let left = 5
      world.gate.behave = () => (left-- > 0 ? problem(503) : 'pass')
      await page.evaluate(() => window.footfall?.track('stubborn'))
      await world.until('it', (all) => counts(all).stubborn === 1)
      const tries = world.gate
        .attemptsOf(world.site)
        .filter(({ body }) => body.includes('stubborn'))
      equal(tries.length, 6)
      const gaps = tries.slice(1).map(({ atMs }, at) => atMs - (tries[at]?.atMs ?? 0))
      ok((gaps[4] ?? 0) > (gaps[0] ?? 0) * 2, `waits longer each time: ${gaps}`)
    },
  },
  {
    id: 'B19b',
    title: '429 with Retry-After: waits as long as it was asked to',
    async run(world) {
      const page = await world.open(world.put('/'))
      await world.settled(page)
      let left = 1
      world.gate.behave = () =>
        left-- > 0
          ? problem(429, { 'retry-after': '2', 'access-control-expose-headers': 'Retry-After' })
          : 'pass'
      await page.evaluate(() => window.footfall?.track('patient'))
      await world.until('it', (all) => counts(all).patient === 1)
      const [first, second] = world.gate
        .attemptsOf(world.site)
        .filter(({ body }) => body.includes('patient'))
      ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 1_990)
    },
  },
  {
    id: 'B19c',
    title:
      'a captive portal that answers 200 with a page, and an answer that is lost: only a valid answer counts',
    async run(world) {
      const page = await world.open(world.put('/', { head: FAST_TIMERS }))
      await world.settled(page)
      let tries = 0
      world.gate.behave = () => {
        tries++
        if (tries === 1) return { status: 200, body: '<html>Please sign in</html>' }
        return tries === 2 ? 'lose_answer' : 'pass'
      }
      await page.evaluate(() => window.footfall?.track('portal'))
      await world.until('it', (all) => counts(all).portal === 1)
      await pause(500)
      equal((await world.typed('portal')).length, 1)
      ok(tries >= 3)
    },
  },
  {
    id: 'B20',
    title: 'blocked by an ad blocker: at most three tries, nothing grows, nothing is thrown',
    async run(world) {
      world.gate.behave = () => 'reset'
      const page = await world.open(world.put('/', { head: FAST_TIMERS + CATCHES_ERRORS }))
      await page.evaluate(async () => {
        for (let at = 0; at < 40; at++) {
          window.footfall?.track('blocked')
          await new Promise((resolve) => setTimeout(resolve, 60))
        }
      })
      equal(world.gate.attemptsOf(world.site).length, 3)
      deepEqual(await page.evaluate('errors'), [])
    },
  },
  {
    id: 'B21',
    title:
      'a link with a collector that hangs: the page goes at once, nothing is prevented, the click is stored',
    async run(world) {
      const next = world.put('/next', { script: false })
      const url = world.put('/', { body: `<a id="away" href="${next}">away</a>` })
      const page = await world.open(url)
      await world.settled(page)
      world.gate.behave = ({ body }) => (body.includes('"selector"') ? 'pass' : 'hang')
      await Promise.all([page.waitForNavigation(), page.click('#away')])
      const events = await world.until('the click', (all) => counts(all).click === 1)
      const click = events.find(({ type }) => type === 'click')?.eventData
      deepEqual([click?.selector, click?.link], ['#away', 'internal'])
    },
  },
  {
    id: 'B21b',
    title:
      'a link to a mail address: nothing is prevented, the click is stored, without the address',
    not: { webkit: 'the test browser leaves the page for one that says it has no mail program' },
    async run(world) {
      const url = world.put('/', {
        body: `<a id="mail" href="mailto:jane@example.com">mail</a>
          <script>addEventListener('click', (event) => { prevented = event.defaultPrevented })</script>`,
      })
      const page = await world.open(url)
      await world.settled(page)
      await page.click('#mail')
      equal(await page.evaluate('prevented'), false)
      await leave(page)
      const events = await world.until('the click', (all) => counts(all).click === 1)
      const click = events.find(({ type }) => type === 'click')?.eventData
      deepEqual([click?.selector, click?.link], ['#mail', 'mailto'])
      ok(!JSON.stringify(events).includes('jane'))
    },
  },
  {
    id: 'B14',
    title:
      'fetch, sendBeacon, JSON, arrays and promises patched or throwing: no error, delivered or kept',
    async run(world) {
      const head = `${CATCHES_ERRORS}<script>
        Array.prototype.toJSON = function () { return 'patched' }
        String.prototype.toJSON = function () { return 'patched' }
        window.fetch = () => { throw new Error('not mine') }
        navigator.sendBeacon = () => { throw new Error('not mine') }
      </script>`
      const page = await world.open(world.put('/', { head }))
      await page.evaluate(() => window.footfall?.track('kept', { list: [1, 'two'] }))
      await pause(1_300)
      deepEqual(await page.evaluate('errors'), [])
      await page.goto(world.put('/healthy'))
      const events = await world.until('it', (all) => counts(all).kept === 1)
      deepEqual(events.find(({ type }) => type === 'kept')?.eventData, { list: [1, 'two'] })
    },
  },
  {
    id: 'B48',
    title:
      'the collector is down all day on a busy page: what waits is bounded, in memory and in storage',
    async run(world) {
      world.gate.behave = () => problem(503)
      const page = await world.open(world.put('/'))
      await page.evaluate(async () => {
        for (let at = 0; at < 3_000; at++) {
          window.footfall?.track('busy', { text: 'z'.repeat(300) })
          if (at % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })
      await pause(1_200)
      const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }).length)
      ok(stored < 250_000, `${stored} characters`)
      ok(world.gate.attemptsOf(world.site).length <= 4)
    },
  },
]

const CATCHES_ERRORS = `<script>
  const errors = []
  addEventListener('error', ({ message }) => errors.push(message))
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)))
</script>`
