import { deepEqual, equal, ok } from 'node:assert/strict'
import { type Case, counts, dataOf, LATER, lastOf, leave, pause } from './world.ts'

const LONG = '<div style="height:4000px">long</div>'

/** How long pages are looked at, and how far they are read. */
export const READING_CASES: readonly Case[] = [
  {
    id: 'E01',
    title: 'scroll: the exact maximum, the bands that were seen, milestones where they are wanted',
    async run(world) {
      const page = await world.open(
        world.put('/', { body: LONG, script: 'data-scroll-milestones="25,50,75,100"' }),
      )
      await pause(400)
      await page.evaluate(() => scrollTo(0, 1_400))
      await pause(300)
      await page.evaluate(() => scrollTo(0, 200))
      await pause(300)
      const seen = await page.evaluate(() => ({
        height: document.documentElement.scrollHeight,
        view: document.documentElement.clientHeight,
      }))
      await leave(page)
      const events = await world.until('the engagement', (all) => counts(all).engagement === 1)
      const data = lastOf(events, 'engagement')
      equal(data.maxScrollPx, 1_400 + seen.view)
      equal(data.heightAtMaxPx, seen.height)
      equal(data.scrollDepth, Math.round(((1_400 + seen.view) / seen.height) * 100))
      equal(data.fitsWindow, false)
      const bands = data.attentionMs as number[]
      equal(bands.length, 20)
      ok((bands[0] ?? 0) >= 300 && (bands[8] ?? 0) >= 200 && bands[19] === 0, `${bands}`)
      // Of one moment, so in no order.
      deepEqual(
        dataOf(events, 'scroll')
          .map(({ depth }) => depth)
          .sort(),
        [25, 50],
      )
    },
  },
  {
    id: 'E01b',
    title: 'a route begins at its own top; a list at the side is not the page',
    async run(world) {
      const body = `${LONG}<div id="side" style="position:fixed;top:0;width:100px;height:500px;overflow:auto">${LONG}</div>`
      const page = await world.open(world.put('/', { body }))
      await page.evaluate(() => document.querySelector('#side')?.scrollTo(0, 4_000))
      await pause(300)
      await page.evaluate(() => scrollTo(0, 3_000))
      await pause(300)
      await page.evaluate((path) => {
        history.pushState({}, '', path)
        // The router draws the page only now.
        setTimeout(() => scrollTo(0, 0), 200)
      }, `/${world.site}/route`)
      await pause(1_200)
      await leave(page)
      const events = await world.until('both', (all) => counts(all).engagement === 2)
      const [first, route] = ['/', '/route'].map((path) =>
        lastOf(
          events.filter((event) => event.path?.endsWith(path)),
          'engagement',
        ),
      )
      ok(Number(first?.scrollDepth) > 80, `${first?.scrollDepth} % of the page`)
      ok(Number(route?.scrollDepth) < 30, `${route?.scrollDepth} % of the route`)
    },
  },
  {
    id: 'E02',
    title: 'an app that scrolls a part of the page: its depth is that part’s',
    async run(world) {
      const body = `<main style="height:100vh;overflow:auto">${LONG}</main>`
      const page = await world.open(world.put('/', { body, head: '<style>body{margin:0}</style>' }))
      await pause(200)
      await page.evaluate(() => document.querySelector('main')?.scrollTo(0, 10_000))
      await pause(300)
      await leave(page)
      const events = await world.until('the engagement', (all) => counts(all).engagement === 1)
      equal(lastOf(events, 'engagement').scrollDepth, 100)
    },
  },
  {
    id: 'E03',
    title:
      'a tab that is killed without a word loses at most the last seconds: what it kept goes with the next page',
    async run(world) {
      const url = world.put('/')
      const page = await world.open(url)
      await pause(6_500)
      // The page is stopped where it stands: no handler of its end runs.
      await page.evaluate(() => {
        navigator.sendBeacon = () => true
        window.fetch = () => new Promise(() => {})
        Storage.prototype.setItem = () => {}
        Storage.prototype.removeItem = () => {}
      })
      await page.close()
      deepEqual(await world.typed('engagement'), [])
      await world.open(world.put('/next'))
      const events = await world.until('the engagement', (all) => counts(all).engagement === 1)
      ok(Number(lastOf(events, 'engagement').visibleMs) >= 4_500)
    },
  },
  {
    id: 'E03b',
    title:
      'a browser that drops the last beacon of a closed tab: a later tab sends it, the same tab does not',
    async run(world) {
      const loses = '<script>navigator.sendBeacon = () => true</script>'
      const page = await world.open(world.put('/', { head: loses }))
      await world.settled(page)
      await pause(200) // the page hears of it
      await page.goto(world.put('/next', { head: loses }))
      await world.settled(page)
      await pause(200)
      equal(counts(await world.stored()).engagement, undefined)
      await page.close()
      const soon = await world.open(world.put('/soon'))
      equal(counts(await world.settled(soon)).engagement, undefined)
      await soon.close()
      const later = await world.open(world.put('/later', { head: LATER }))
      const events = await world.until('the engagement of the closed tab', (all) =>
        all.some(({ type, path }) => type === 'engagement' && path?.endsWith('/next')),
      )
      ok(!events.some(({ type, path }) => type === 'engagement' && path?.endsWith('/')))
      await later.close()
    },
  },
]
