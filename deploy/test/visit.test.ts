import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuth } from '../../api/accounts/auth.ts'
import { readDataFolder } from '../../cli/data-folder.ts'
import { launchBrowser } from '../../test/browser.ts'
import { visits } from '../../test/visits.ts'
import { type Installation, startInstallation } from './installation.ts'

const start = () =>
  startInstallation({
    collectors: 2,
    sites: [],
    environment: 'development',
    nginx: { NEUTRAL_PATHS: '/a.js=/js/tracking.js /a=/collect' },
  })

describe('through nginx', () => {
  visits(async () => {
    const { nginx, env, dataDir, pool, close } = await start()
    const { authSecret } = await readDataFolder(dataDir)
    // The app was told another PUBLIC_URL: the link is made for this one.
    const auth = createAuth({ pool, secret: authSecret, baseUrl: nginx.url, secureCookies: false })
    return { url: nginx.url, env, signInLink: auth.newSignInLink, close }
  })
})

describe('of nginx alone', () => {
  let product: Installation
  let browser: Browser
  beforeAll(async () => {
    ;[product, browser] = await Promise.all([start(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await product?.close()
  })

  it('the demo is at /, and neutral paths count a visit', async () => {
    const { url } = product.nginx
    const visitor = await browser.newPage()
    const sent = visitor.waitForResponse((response) => response.url().endsWith('/collect'))
    await visitor.goto(`${url}/?utm_source=newsletter`)
    expect((await sent).status()).toBe(202)

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
  })
})
