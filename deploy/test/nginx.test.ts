import { randomUUIDv7 } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../faults/wait.ts'
import { send } from '../../test/corpus.ts'
import { type Installation, startInstallation } from './installation.ts'
import { type Nginx, startNginx } from './nginx.ts'

const SITE = 'shop-example'
const event = (more: object = {}) =>
  JSON.stringify({
    siteId: SITE,
    events: [
      {
        eventType: 'pageview',
        eventId: randomUUIDv7(),
        visitorId: 'v1',
        sessionId: 's1',
        url: 'https://shop.example/',
        ...more,
      },
    ],
  })

let product: Installation
const get = (path: string, headers: object = {}) =>
  send(product.nginx.url, { method: 'GET', path, headers })
const collect = (headers: object = {}, body = event()) =>
  send(product.nginx.url, {
    method: 'POST',
    path: '/collect',
    headers: { 'content-type': 'text/plain', ...headers },
    body: Buffer.from(body),
  })

beforeAll(async () => {
  product = await startInstallation({
    collectors: 2,
    sites: [SITE],
    nginx: {
      NEUTRAL_PATHS: '/a.js=/js/tracking.js /a=/collect /a.gif=/pixel.gif',
      CORS_ORIGINS: 'https://board.example',
      RATE_COLLECT: '1000',
      RATE_DASHBOARD: '1000',
    },
  })
})
afterAll(() => product?.close())

describe('who answers what', () => {
  it('collectors take events, the app answers the dashboard and the API', async () => {
    expect(await collect()).toMatchObject({
      status: 202,
      body: '{"accepted":1,"duplicates":0,"rejected":[]}',
    })
    expect(await get('/dashboard/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('<html'),
    })
    expect((await get('/')).headers.location).toBe('/dashboard/') // no demo in production
    expect(await get('/api/v1/sites')).toMatchObject({ status: 401 })
    const mine = await get('/api/v1/sites', { authorization: `Bearer ${product.key}` })
    expect(mine).toMatchObject({ status: 200, body: expect.stringContaining(SITE) })
    expect((await get('/health')).status).toBe(200)
    const paths = Object.keys(JSON.parse((await get('/openapi.json')).body).paths)
    expect(paths).toEqual(expect.arrayContaining(['/collect', '/api/v1/sites/{site}/query']))
  })

  it('what operators ask is not answered outside', async () => {
    for (const path of ['/metrics', '/livez', '/readyz', '/status'])
      expect([path, (await get(path)).status]).toEqual([path, 404])
  })

  it('the library, the endpoint and the pixel have other names too', async () => {
    expect((await get('/a.js')).body).toBe((await get('/js/tracking.js')).body)
    const version = /<\/js\/tracking(\.\w+\.js)>/.exec(
      String((await get('/js/features.js')).headers.link),
    )?.[1]
    expect((await get(`/a${version}`)).body).toBe((await get('/js/features.js')).body)
    expect((await get(`/ab${version}`)).status).toBe(404)
    expect(
      await send(product.nginx.url, {
        method: 'POST',
        path: '/a',
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(event()),
      }),
    ).toMatchObject({ status: 202 })
    expect(
      (
        await get(`/a.gif?site=${SITE}&url=https://shop.example/`, {
          'user-agent': 'Mozilla/5.0 Firefox/140.0',
        })
      ).headers['content-type'],
    ).toBe('image/gif')
  })

  it('requests are spread over the collectors', async () => {
    const from = product.nginx.log().length
    for (let sent = 0; sent < 6; sent++) await collect()
    const upstreams = product.nginx
      .log()
      .slice(from)
      .map((line) => line.upstream)
    expect(new Set(upstreams).size).toBe(2)
  })
})

describe('caching and compression', () => {
  it('the stable name is kept for an hour, the versioned one for ever, each precompressed', async () => {
    const stable = await get('/js/tracking.js', { 'accept-encoding': 'br' })
    expect(stable.headers).toMatchObject({
      'cache-control': 'public, max-age=3600, stale-while-revalidate=86400',
      'content-encoding': 'br',
      vary: 'accept-encoding',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
    const name = /<([^>]+)>/.exec(String(stable.headers.link))?.[1] ?? ''
    const versioned = await get(name)
    expect(versioned.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(versioned.headers['content-encoding']).toBeUndefined()
    const unchanged = await get(name, { 'if-none-match': String(versioned.headers.etag) })
    expect(unchanged.status).toBe(304)
  })

  it('nginx compresses the dashboard, and leaves what names its content for ever', async () => {
    const page = await get('/dashboard/')
    const asset = /\/dashboard\/assets\/[\w.-]+\.js/.exec(page.body)?.[0] ?? ''
    const bytes = async (encoding: string) => {
      const answer = await fetch(product.nginx.url + asset, {
        headers: { 'accept-encoding': encoding },
      })
      const { headers } = answer
      return { headers, text: await answer.text() }
    }
    const [plain, brotli, gzip] = [await bytes('identity'), await bytes('br'), await bytes('gzip')]
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(brotli.headers.get('content-encoding')).toBe('br')
    expect(gzip.headers.get('content-encoding')).toBe('gzip')
    expect(brotli.text).toBe(plain.text) // undici has unpacked it
    expect(gzip.text).toBe(plain.text)
    expect(gzip.headers.get('vary')).toMatch(/accept-encoding/i)
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(page.headers['cache-control']).toBe('no-cache')
    // Size and date are the same for two builds of an image.
    expect(page.headers.etag ?? page.headers['last-modified']).toBeUndefined()
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  })
})

describe('CORS', () => {
  it('any page may send, and the preflight says so without credentials', async () => {
    const headers = { origin: 'https://any.example', 'access-control-request-method': 'POST' }
    const preflight = await send(product.nginx.url, {
      method: 'OPTIONS',
      path: '/collect',
      headers,
    })
    expect(preflight).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': '*', 'access-control-max-age': '86400' },
    })
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('the API is read by pages of the listed origins, with a key and never with a cookie', async () => {
    const authorization = `Bearer ${product.key}`
    const listed = await get('/api/v1/sites', { authorization, origin: 'https://board.example' })
    expect(listed.headers['access-control-allow-origin']).toBe('https://board.example')
    expect(listed.headers['access-control-allow-credentials']).toBeUndefined()
    const other = await get('/api/v1/sites', {
      authorization,
      origin: 'https://board.example.evil',
    })
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('limits', () => {
  it('a body over 64 KiB is refused in a form that a page can read', async () => {
    const answer = await collect({}, event({ title: 'x'.repeat(66_000) }))
    expect(answer).toMatchObject({
      status: 413,
      headers: { 'content-type': 'application/problem+json', 'access-control-allow-origin': '*' },
    })
    expect(JSON.parse(answer.body).code).toBe('too_large')
  })

  it('a flood from one address is 429 with Retry-After, and others do not notice', async () => {
    const nginx = await startNginx({
      ...upstreams(product),
      RATE_COLLECT: '1',
      TRUSTED_PROXIES: '127.0.0.1',
    })
    try {
      const flood = await Promise.all(
        Array.from({ length: 500 }, () =>
          send(nginx.url, {
            method: 'GET',
            path: '/js/pageviews.js',
            headers: { 'x-forwarded-for': '198.51.100.7' },
          }),
        ),
      )
      const refused = flood.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(refused[0]?.headers).toMatchObject({
        'retry-after': '2',
        'access-control-allow-origin': '*',
        'content-type': 'application/problem+json',
      })
      const other = await send(nginx.url, {
        method: 'GET',
        path: '/js/pageviews.js',
        headers: { 'x-forwarded-for': '198.51.100.8' },
      })
      expect(other.status).toBe(200)
    } finally {
      await nginx.stop()
    }
  })

  it('a second Content-Length is refused before a process sees it', async () => {
    const from = product.nginx.log().length
    const status = await raw(
      product.nginx,
      'POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    )
    expect(status).toBe(400)
    await until('it is logged', () => product.nginx.log().length > from)
    expect(
      product.nginx
        .log()
        .slice(from)
        .map((line) => line.upstream),
    ).toEqual([''])
  })
})

const upstreams = ({ collectors, app }: Installation) => ({
  COLLECTORS: collectors.map(({ port }) => `127.0.0.1:${port}`).join(' '),
  APP: `127.0.0.1:${app.port}`,
})

/** Sends bytes as they are; the status of the answer. */
function raw({ url }: Nginx, text: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      resolve(Number(chunk.toString().slice(9, 12)))
      socket.destroy()
    })
  })
}
