import { deepEqual, equal, ok } from 'node:assert/strict'
import { type Case, counts, pause, type Stored, type World } from './world.ts'

/** A page with the page-view core in place of the whole library. */
const put = (world: World, path: string, attributes = '', head = '') =>
  world.put(path, {
    script: false,
    head: `${head}<script src="${world.gate.url}/js/pageviews.js" data-site="${world.site}" ${attributes}></script>`,
  })

const viewsOf = (events: readonly Stored[], world: World) =>
  events
    .filter(({ type }) => type === 'pageview')
    .map(({ url, eventData }) => `${eventData?.navigation} ${url?.split(world.site)[1]}`)

export const CORE_CASES: readonly Case[] = [
  {
    id: 'C01',
    title:
      'the page-view core: load, routes and restore, one visitor, one session, what it says of a page',
    async run(world) {
      const other = put(world, '/other')
      const page = await world.open(put(world, '/', 'data-keep-parameters="page, sort"'))
      await page.evaluate((site) => {
        history.pushState({}, '', `/${site}/a?page=2&age=30&utm_source=news&gclid=zebra#/zebra`)
        history.replaceState({}, '', `/${site}/a?page=2&sort=up`)
      }, world.site)
      await page.goto(other)
      await world.until('three', (all) => (counts(all).pageview ?? 0) >= 3)
      await page.evaluate(() => history.back()).catch(() => {})
      const events = await world.until('four', (all) => (counts(all).pageview ?? 0) >= 4)
      deepEqual(viewsOf(events, world), [
        'load /',
        'push /a?utm_source=news&paid=google',
        'load /other',
        'restore /a',
      ])
      // What the site keeps the collector must be told of, too.
      const sent = world.gate.attemptsOf(world.site).map(({ body }) => body)
      ok(
        sent.some((body) => body.includes('/a?page=2&utm_source=news&paid=google"')),
        `${sent}`,
      )
      ok(
        sent.some((body) => body.includes('/a?page=2&sort=up"')),
        `${sent}`,
      )
      equal(new Set(events.map(({ visitorId }) => visitorId)).size, 1)
      equal(new Set(events.map(({ sessionId }) => sessionId)).size, 1)
      const [first, second] = events
      equal(first?.title, '/')
      ok(first?.context?.viewport && first.context.timezone, JSON.stringify(first?.context))
      ok(second?.referrer?.endsWith(`/${world.site}/`), `${second?.referrer}`)
    },
  },
  {
    id: 'C02',
    title: 'the page-view core: nothing private leaves, not even what only looks like it',
    async run(world) {
      const target = put(
        world,
        '/u/jane@example.com/reset/zebra/4111111111111111',
        '',
        "<script>document.title = 'Hello jane.zebra@example.com, 4111 1111 1111 1111'</script>",
      )
      const page = await world.open(world.put('/from', { script: false }))
      await page.goto(`${target}?token=zebra&utm_source=news#access_token=zebra`, {
        referer: `${world.put('/zebra', {})}?mail=zebra@example.com`,
      })
      await page.evaluate(() => window.footfall?.track('for jane@example.com'))
      const events = await world.until('both', (all) => all.length >= 2)
      ok(
        events[0]?.url?.endsWith('/u/[private]/reset/[token]/[private]?utm_source=news'),
        `${events[0]?.url}`,
      )
      equal(events[0]?.title, 'Hello [private] [private]')
      for (const { body } of world.gate.attemptsOf(world.site))
        ok(!/jane|zebra@|=zebra|reset\/zebra|4111/.test(body), body)
    },
  },
  {
    id: 'C03',
    title:
      'the page-view core: consent, cookieless, the browser’s refusal, and a collector that is away',
    async run(world) {
      const asked = await world.open(put(world, '/asked', 'data-consent="unknown"'))
      await pause(300)
      deepEqual(world.gate.attemptsOf(world.site), [])
      deepEqual(await asked.evaluate(() => Object.keys(localStorage)), [])
      world.gate.behave = () => ({ status: 503 })
      await asked.evaluate(() => window.footfall?.consent('granted'))
      await pause(300)
      world.gate.behave = () => 'pass'
      await asked.evaluate(() => window.footfall?.track('again'))
      await world.until(
        'both, once',
        (all) => counts(all).pageview === 1 && counts(all).again === 1,
      )
      await asked.evaluate(() => window.footfall?.consent({ analytics: 'denied' }))
      await asked.evaluate(() => window.footfall?.track('refused'))
      deepEqual(await asked.evaluate(() => Object.keys(localStorage)), [])
      const refusing =
        "<script>Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })</script>"
      const refused = await world.open(put(world, '/refused', '', refusing))
      await refused.evaluate(() => window.footfall?.consent('granted'))
      const anonymous = await world.open(put(world, '/anonymous', 'data-preset="cookieless"'))
      const events = await world.until('the third', (all) => counts(all).pageview === 2)
      deepEqual(await refused.evaluate(() => Object.keys(localStorage)), [])
      deepEqual(viewsOf(events, world), ['load /asked', 'load /anonymous'])
      equal(events.at(-1)?.sessionId, null)
      deepEqual(await anonymous.evaluate(() => Object.keys(localStorage)), [])
    },
  },
]
