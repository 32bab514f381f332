import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Page } from './browser.ts'
import { type Case, counts, leave, pause, type Stored, type World } from './world.ts'

const views = (events: readonly Stored[]) => events.filter(({ type }) => type === 'pageview')
const pathsOf = (events: readonly Stored[], site: string) =>
  views(events).map(
    ({ url }) => new URL(url ?? '').pathname.replace(`/${site}`, '') + new URL(url ?? '').hash,
  )

/** Goes on another way than by the driver, which waits for a load that a restored page does not have. */
const goBack = (world: World, page: Page) =>
  page
    .evaluate(() => history.back())
    .catch(() => {})
    .then(() => world)

export const VIEW_CASES: readonly Case[] = [
  {
    id: 'B01',
    title: 'load, wait, close the tab: one view, one engagement, right durations',
    async run(world) {
      const startedAt = Date.now()
      const page = await world.open(world.put('/', { body: '<p>Short.' }))
      const openedAt = Date.now()
      await world.until('the view', (events) => counts(events).pageview === 1)
      await pause(1_200)
      const leastMs = Date.now() - openedAt
      await page.close()
      const mostMs = Date.now() - startedAt
      const events = await world.until('the engagement', (all) => counts(all).engagement === 1)
      const { visibleMs, engagedMs, fitsWindow } =
        events.find(({ type }) => type === 'engagement')?.eventData ?? {}
      ok(
        Number(visibleMs) > leastMs - 100 && Number(visibleMs) < mostMs + 100,
        `${visibleMs} of ${leastMs} to ${mostMs} ms`,
      )
      equal(visibleMs, engagedMs)
      equal(fitsWindow, true)
      deepEqual([counts(events).pageview, counts(events).engagement], [1, 1])
    },
  },
  {
    id: 'B03',
    title: 'left within 50 ms of the load: the view is stored',
    async run(world) {
      const next = world.put('/next', { script: false })
      const url = world.put('/', {
        body: `<script>setTimeout(() => location.href = '${next}', 40)</script>`,
      })
      await world.open(url)
      const events = await world.until('the view', (all) => counts(all).pageview === 1)
      deepEqual(pathsOf(events, world.site), ['/'])
    },
  },
  {
    id: 'B04',
    title: 'back and forward through the browser’s cache: a view each, a new id, still cached',
    async run(world) {
      const other = world.put('/other')
      const page = await world.open(world.put('/', { head: RECORDS_RESTORES }))
      await world.until('the first view', (events) => views(events).length === 1)
      await page.goto(other)
      await world.until('the second', (events) => views(events).length === 2)
      await goBack(world, page)
      const events = await world.until('the restored one', (all) => views(all).length === 3)
      deepEqual(await page.evaluate('restores'), [false, true])
      deepEqual(pathsOf(events, world.site), ['/', '/other', '/'])
      equal(new Set(views(events).map(({ eventId }) => eventId)).size, 3)
      equal(views(events)[2]?.eventData?.navigation, 'restore')
      await page.evaluate(() => history.forward()).catch(() => {})
      await world.until('forward', (all) => views(all).length === 4)
    },
  },
  {
    id: 'B08',
    title: 'push ×3, back ×2, forward: six more views in order, with titles and referrers',
    async run(world) {
      const page = await world.open(world.put('/'))
      for (const name of ['a', 'b', 'c']) {
        await page.evaluate((path) => {
          history.pushState({}, '', path)
          document.title = `title of ${path}`
        }, `/${world.site}/${name}`)
        await pause(120)
      }
      for (const steps of [-1, -1, 1]) {
        await page.evaluate((by) => history.go(by), steps)
        await pause(250)
      }
      const events = await world.settled(page)
      deepEqual(pathsOf(events, world.site), ['/', '/a', '/b', '/c', '/b', '/a', '/b'])
      equal(views(events)[1]?.title, `title of /${world.site}/a`)
      equal(new URL(views(events)[2]?.referrer ?? '').pathname, `/${world.site}/a`)
    },
  },
  {
    id: 'B09',
    title: 'replaceState of the same path is no view; of another path it is',
    async run(world) {
      const page = await world.open(world.put('/'))
      await page.evaluate((path) => {
        history.replaceState({ scroll: 1 }, '')
        history.replaceState({}, '', '?filter=red')
        history.replaceState({}, '', path)
      }, `/${world.site}/other`)
      deepEqual(pathsOf(await world.settled(page), world.site), ['/', '/other'])
    },
  },
  {
    id: 'B09b',
    title: 'replaceState of the query is a view where the site wants it',
    async run(world) {
      const page = await world.open(world.put('/', { script: 'data-count-query-replace' }))
      await page.evaluate(() => history.replaceState({}, '', '?filter=red'))
      equal(views(await world.settled(page)).length, 2)
    },
  },
  {
    id: 'B10',
    title: 'hash routes: views with the option, none without',
    async run(world) {
      const plain = await world.open(world.put('/plain'))
      await plain.evaluate(() => {
        location.hash = '#/cart'
      })
      await pause(200)
      deepEqual(pathsOf(await world.settled(plain), world.site), ['/plain'])
      await plain.close()
      const routed = await world.open(world.put('/app', { script: 'data-hash-routing' }))
      await routed.evaluate(() => {
        location.hash = '#/cart?coupon=secret'
      })
      await pause(200)
      deepEqual(pathsOf(await world.settled(routed), world.site), ['/plain', '/app', '/app#/cart'])
    },
  },
  {
    id: 'B11',
    title: 'an intercepted navigation that sets its title after 800 ms: one view, the right title',
    not: { webkit: 'it has no Navigation API' },
    async run(world) {
      const page = await world.open(world.put('/'))
      await page.evaluate((path) => {
        const { navigation } = window as unknown as {
          navigation: EventTarget & { navigate(to: string): void }
        }
        navigation.addEventListener('navigate', ((event: { intercept(options: object): void }) =>
          event.intercept({
            handler: async () => {
              await new Promise((resolve) => setTimeout(resolve, 800))
              document.title = 'late title'
            },
          })) as never)
        navigation.navigate(path)
      }, `/${world.site}/late`)
      await pause(1_000)
      await leave(page)
      const events = await world.until('the engagement', (all) => counts(all).engagement === 2)
      deepEqual(pathsOf(events, world.site), ['/', '/late'])
      equal(events.findLast(({ type }) => type === 'engagement')?.title, 'late title')
    },
  },
  {
    id: 'B12',
    title: 'scripts that patch history before and after, throw in it, restore or freeze it',
    async run(world) {
      const head = `<script>
        const before = history.pushState
        history.pushState = function () { return before.apply(this, arguments) }
      </script>`
      const page = await world.open(world.put('/', { head }))
      const thrown = await page.evaluate((site) => {
        const original = history.pushState
        history.pushState = () => {
          throw new Error('mine')
        }
        let message = ''
        try {
          history.pushState({}, '', `/${site}/a`)
        } catch (error) {
          message = (error as Error).message
        }
        history.pushState = original
        history.pushState({}, '', `/${site}/b`)
        Object.freeze(history)
        history.pushState({}, '', `/${site}/c`)
        return message
      }, world.site)
      equal(thrown, 'mine')
      deepEqual(pathsOf(await world.settled(page), world.site), ['/', '/b', '/c'])
    },
  },
  {
    id: 'B12b',
    title:
      'without the Navigation API: push, replace and back are seen, and the functions look untouched',
    async run(world) {
      const head = `<script>Object.defineProperty(window, 'navigation', { value: undefined })
        const native = [history.pushState.name, history.pushState.length, '' + history.pushState]</script>`
      const page = await world.open(world.put('/', { head }))
      const same = await page.evaluate((site) => {
        history.pushState({}, '', `/${site}/a`)
        history.replaceState({}, '', `/${site}/b`)
        return `${[history.pushState.name, history.pushState.length, `${history.pushState}`]}`
      }, world.site)
      equal(same, await page.evaluate('"" + native'))
      await page.evaluate(() => history.back())
      await pause(300)
      deepEqual(pathsOf(await world.settled(page), world.site), ['/', '/a', '/b', '/'])
    },
  },
  {
    id: 'B12c',
    title:
      'a Navigation API that tells only of ends, as in private windows: push, replace and back are seen, once each',
    async run(world) {
      const head =
        "<script>window.navigation?.addEventListener('currententrychange', (event) => event.stopImmediatePropagation(), true)</script>"
      const page = await world.open(world.put('/', { head }))
      await page.evaluate((site) => {
        history.pushState({}, '', `/${site}/a`)
        history.pushState({}, '', `/${site}/b`)
        history.replaceState({}, '', `/${site}/c`)
      }, world.site)
      await pause(100)
      await page.evaluate(() => history.back())
      await pause(300)
      deepEqual(pathsOf(await world.settled(page), world.site), ['/', '/a', '/b', '/c', '/a'])
    },
  },
  {
    id: 'B13',
    title: 'a pushState that the browser refuses: the page gets its exception, no view is counted',
    async run(world) {
      const head =
        "<script>Object.defineProperty(window, 'navigation', { value: undefined })</script>"
      const page = await world.open(world.put('/', { head }))
      const name = await page.evaluate(() => {
        try {
          history.pushState({}, '', 'https://elsewhere.example/')
          return ''
        } catch (error) {
          return (error as Error).name
        }
      })
      equal(name, 'SecurityError')
      equal(views(await world.settled(page)).length, 1)
    },
  },
  {
    id: 'B07',
    title: 'opened in the background and never shown: nothing; shown later: one view',
    async run(world) {
      const head = `<script>
        let shown = 'hidden'
        Object.defineProperty(document, 'visibilityState', { get: () => shown })
        function show() { shown = 'visible'; document.dispatchEvent(new Event('visibilitychange')) }
      </script>`
      const page = await world.open(world.put('/', { head }))
      await page.evaluate(() => window.footfall?.track('early'))
      await pause(500)
      deepEqual(await world.stored(), [])
      deepEqual(world.gate.attemptsOf(world.site), [])
      await page.evaluate('show()')
      const events = await world.settled(page)
      deepEqual([counts(events).pageview, counts(events).early], [1, 1])
    },
  },
  {
    id: 'B05',
    title: 'prerendered and never activated: nothing is sent, nothing is stored in the browser',
    not: { firefox: 'it does not prerender', webkit: 'it does not prerender' },
    async run(world) {
      const page = await world.open(
        withPrerender(world, world.put('/ahead', { head: RECORDS_PRERENDER })),
      )
      await page.waitForFunction(() => 'prerendered' in localStorage)
      await pause(500)
      deepEqual(await page.evaluate(() => Object.keys(localStorage)), ['prerendered'])
      await page.close()
      await pause(300)
      deepEqual(world.gate.attemptsOf(world.site), [])
    },
  },
  {
    id: 'B06',
    title: 'prerendered and shown later: one view at its showing, vitals relative to it',
    not: { firefox: 'it does not prerender', webkit: 'it does not prerender' },
    async run(world) {
      const ahead = world.put('/ahead', { head: RECORDS_PRERENDER })
      const page = await world.open(withPrerender(world, ahead))
      await page.waitForFunction(() => 'prerendered' in localStorage)
      await pause(1_500)
      const shownAt = Date.now()
      await page.evaluate((url) => location.assign(url), ahead)
      const events = await world.until('the view', (all) => views(all).length === 1)
      equal(await page.evaluate('wasPrerendered'), true)
      const [view] = views(events)
      equal(view?.eventData?.navigation, 'prerender')
      ok((view?.occurredAtMs ?? 0) > shownAt - 100 && (view?.occurredAtMs ?? 0) <= Date.now())
      await leave(page)
      const all = await world.until('the end', (every) => counts(every).engagement === 1)
      equal(views(all).length, 1)
      for (const { type, eventData } of all)
        if (type === 'web_vital' && eventData?.name !== 'CLS')
          ok(Number(eventData?.value) < 1_000, JSON.stringify(eventData))
    },
  },
  {
    id: 'B44',
    title: 'a script that navigates 100 times: views are capped, and the rest counted',
    async run(world) {
      const page = await world.open(world.put('/'))
      await page.evaluate(() => {
        for (let at = 0; at < 100; at++) history.pushState({}, '', `?page=${at}`)
      })
      const seen = views(await world.settled(page)).length
      equal(seen, 30)
    },
  },
]

/** A page that has another one made ready, and tells when its script has run there. */
const withPrerender = (world: World, url: string) =>
  world.put('/', {
    script: false,
    head: `<script type="speculationrules">{"prerender":[{"urls":["${url}"],"eagerness":"immediate"}]}</script>`,
  })
const RECORDS_PRERENDER = `<script>
  const wasPrerendered = document.prerendering
  addEventListener('load', () => { if (wasPrerendered) localStorage.prerendered = 'yes' })
</script>`
const RECORDS_RESTORES =
  "<script>const restores = []; addEventListener('pageshow', ({ persisted }) => restores.push(persisted))</script>"
