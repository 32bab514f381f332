import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from './browser.ts'
import { runCommand } from './product.ts'

/** A whole product that runs, in development, with nobody signed in and no site yet. */
export interface Visited {
  readonly url: string
  /** Of its command line. */
  readonly env: Readonly<Record<string, string>>
  signInLink(): Promise<string>
  close(): Promise<unknown>
}

/** What visitors, owners and programs do first, from the browser to the dashboard: however the product was started. */
export function visits(start: () => Promise<Visited>): void {
  let product: Visited
  let browser: Browser
  let dashboard: Page

  beforeAll(async () => {
    ;[product, browser] = await Promise.all([start(), launchBrowser()])
    dashboard = await (await browser.newContext()).newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await product?.close()
  })

  const number = (id: string) => dashboard.getByTestId(id)

  describe('a visit to the demo site', () => {
    it('the printed link signs in, once', async () => {
      const link = await product.signInLink()
      await dashboard.goto(link)
      await dashboard.waitForURL('**/dashboard/**')
      expect((await dashboard.request.get(`${product.url}/api/v1/me`)).status()).toBe(200)
      const stranger = await browser.newContext()
      await stranger.request.get(link)
      expect((await stranger.request.get(`${product.url}/api/v1/me`)).status()).toBe(401)
      await stranger.close()
    })

    it('is on the dashboard within 2 s, without a reload', async () => {
      // The first event makes the site; the dashboard is open before the visit.
      await dashboard.request.post(`${product.url}/collect`, {
        data: {
          eventType: 'deploy',
          siteId: 'localhost',
          visitorId: 'server',
          sessionId: 'server',
        },
      })
      await dashboard.goto(`${product.url}/dashboard/localhost?range=day`)
      await expect
        .poll(() => number('current-visitors').textContent(), { timeout: 20_000 })
        .toBe('1')

      const visitor = await (await browser.newContext()).newPage()
      const sent = visitor.waitForResponse((response) => response.url().endsWith('/collect'))
      await visitor.goto(`${product.url}/demo/?utm_source=newsletter`)
      expect((await sent).status()).toBe(202)
      const acknowledgedAt = performance.now()
      await expect
        .poll(() => number('metric-pageviews').textContent(), { interval: 20, timeout: 20_000 })
        .toBe('1')
      const seconds = (performance.now() - acknowledgedAt) / 1_000
      console.log(`on the dashboard ${seconds.toFixed(2)} s after the 202`)
      expect(seconds).toBeLessThan(2)
      await expect
        .poll(() => number('current-visitors').textContent(), { timeout: 20_000 })
        .toBe('2')
      await expect
        .poll(() => number('top-sources').textContent(), { timeout: 20_000 })
        .toContain('newsletter')
      await expect
        .poll(() => number('top-pages').textContent(), { timeout: 20_000 })
        .toContain('/demo/')

      await visitor.evaluate(() => window.footfall?.track('signup', { plan: 'pro' }))
      // The page tells of itself as well: what has the last word is not said.
      await expect
        .poll(async () => (await (await fetch(`${product.url}/events/recent`)).json()).events, {
          timeout: 20_000,
        })
        .toContainEqual(
          expect.objectContaining({
            ...{ eventType: 'signup', siteId: 'localhost' },
            eventData: { plan: 'pro' },
          }),
        )
      await visitor.context().close()
    })

    it('without JavaScript is a page view too', async () => {
      const url = `${product.url}/pixel.gif?site=pixel-example&url=https%3A%2F%2Fpixel.example%2Fa`
      const answer = await fetch(url)
      expect(answer.headers.get('content-type')).toBe('image/gif')
      const { events } = await (
        await fetch(`${product.url}/events/recent?siteId=pixel-example`)
      ).json()
      expect(events).toMatchObject([{ eventType: 'pageview', path: '/a' }])
    })

    it('is counted and not recorded when the browser asks not to be', async () => {
      const context = await browser.newContext()
      await context.addInitScript(() =>
        Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }),
      )
      const page = await context.newPage()
      const answered = page.waitForResponse((response) => response.url().endsWith('/collect'))
      await page.goto(`${product.url}/demo/`)
      await page.evaluate(() => window.footfall?.track('x'))
      const answer = await answered
      const { consent, visitorId, sessionId, events } = JSON.parse(`${answer.request().postData()}`)
      expect({ consent, visitorId, sessionId }).toEqual({ consent: 'denied' })
      expect(events).toMatchObject([{ eventType: 'pageview' }])
      expect(await answer.json()).toEqual({ accepted: 0, duplicates: 0, ignored: 1, rejected: [] })
      expect(await page.evaluate(() => localStorage.length)).toBe(0)
      await context.close()
    })
  })

  describe('the page to try the API', () => {
    it('shows the routes of both processes', async () => {
      const page = await browser.newPage()
      await page.goto(`${product.url}/docs`)
      await page.getByText('/collect', { exact: true }).first().waitFor()
      await page.getByText('/api/v1/sites/{site}/query').waitFor()
      await page.close()
    })
  })

  describe('access', () => {
    it('a key opens its site, not another, and only to read', async () => {
      const { env } = product
      const { stdout } = await runCommand(['key', 'create', '--site', 'localhost'], env)
      const headers = {
        authorization: `Bearer ${stdout.trim()}`,
        'content-type': 'application/json',
      }
      const body = JSON.stringify({ metrics: ['pageviews'], range: 'day' })
      const ask = (site: string, with_: Record<string, string>) =>
        fetch(`${product.url}/api/v1/sites/${site}/query`, { method: 'POST', headers: with_, body })
      expect((await ask('localhost', headers)).status).toBe(200)
      expect((await ask('pixel-example', headers)).status).toBe(403)
      expect((await ask('localhost', { 'content-type': 'application/json' })).status).toBe(401)
      const collectOnly = await runCommand(['key', 'create', '--scope', 'collect'], env)
      const refused = await ask('localhost', {
        ...headers,
        authorization: `Bearer ${collectOnly.stdout.trim()}`,
      })
      expect([refused.status, (await refused.json()).code]).toEqual([403, 'forbidden'])
    })

    it('a query with a mistake is told where it is', async () => {
      const { stdout } = await runCommand(['key', 'create'], product.env)
      const answer = await fetch(`${product.url}/api/v1/sites/localhost/query`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ metrics: ['visitors', 'nope'], range: '7d' }),
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'invalid_query', part: 'metrics[1]' })
    })
  })
}
