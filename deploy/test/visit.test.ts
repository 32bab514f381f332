import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuth } from '../../api/accounts/auth.ts'
import { readDataFolder } from '../../cli/data-folder.ts'
import { launchBrowser } from '../../test/browser.ts'
import { type Installation, startInstallation } from './installation.ts'

let product: Installation
let browser: Browser
let dashboard: Page

beforeAll(async () => {
  ;[product, browser] = await Promise.all([
    startInstallation({
      collectors: 2,
      sites: [],
      environment: 'development',
      nginx: { NEUTRAL_PATHS: '/a.js=/js/tracking.js /a=/collect' },
    }),
    launchBrowser(),
  ])
  dashboard = await (await browser.newContext()).newPage()
})
afterAll(async () => {
  await browser?.close()
  await product?.close()
})

it('a visit to the demo at / is on the open dashboard, through nginx', async () => {
  const { url } = product.nginx
  const { authSecret } = await readDataFolder(product.dataDir)
  const { newSignInLink } = createAuth({
    pool: product.pool,
    secret: authSecret,
    baseUrl: url,
    secureCookies: false,
  })
  await dashboard.request.post(`${url}/collect`, {
    data: { eventType: 'deploy', siteId: 'localhost', visitorId: 'server', sessionId: 'server' },
  })
  // The app was told another PUBLIC_URL: the link is made for this one.
  await dashboard.goto(await newSignInLink())
  await dashboard.waitForURL('**/dashboard/**')
  await dashboard.goto(`${url}/dashboard/localhost?range=day`)
  await expect
    .poll(() => dashboard.getByTestId('current-visitors').textContent(), { timeout: 20_000 })
    .toBe('1')

  const visitor = await (await browser.newContext()).newPage()
  const sent = visitor.waitForResponse((response) => response.url().endsWith('/collect'))
  await visitor.goto(`${url}/?utm_source=newsletter`)
  expect((await sent).status()).toBe(202)
  // The live stream passes nginx: no reload.
  await expect
    .poll(() => dashboard.getByTestId('metric-pageviews').textContent(), { timeout: 20_000 })
    .toBe('1')
  await expect
    .poll(() => dashboard.getByTestId('top-sources').textContent(), { timeout: 20_000 })
    .toContain('newsletter')

  const errors: string[] = []
  visitor.on('pageerror', (error) => errors.push(error.message))
  const neutral = visitor.waitForResponse((response) => response.url().endsWith('/a'))
  await visitor.route('**/neutral', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<title>n</title><script defer src="/a.js" data-endpoint="/a" data-site="localhost"></script>',
    }),
  )
  await visitor.goto(`${url}/neutral`)
  expect([(await neutral).status(), errors]).toEqual([202, []])
}, 120_000)
