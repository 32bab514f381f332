import { describe, expect, it } from 'vitest'
import { redactReferrer, redactUrl } from './url.ts'

describe('a redacted address', () => {
  it.each([
    ['keeps attribution', 'https://a.example/x?utm_source=news&ref=hn', '?utm_source=news&ref=hn'],
    ['drops every other parameter', 'https://a.example/x?q=1&session=2&utm_id=3', ''],
    ['drops a malformed one', 'https://a.example/x?other%=%', ''],
    ['redacts what a kept one holds', 'https://a.example/x?ref=a@b.example', '?ref=%5Bemail%5D'],
    [
      'says only that a click was paid',
      'https://a.example/x?gclid=Cj0&utm_medium=cpc',
      '?utm_medium=cpc&paid=google',
    ],
    ['on its second pass too', 'https://a.example/x?paid=google', '?paid=google'],
    ['and believes no one else', 'https://a.example/x?paid=secret', ''],
    ['nor a key that every object has', 'https://a.example/x?constructor=1', ''],
    ['drops user and password', 'https://me:secret@a.example/x', ''],
    ['drops a fragment', 'https://a.example/x#access_token=1', ''],
    ['keeps the path of a route', 'https://a.example/x#/cart/2?coupon=1', '#/cart/2'],
    ['redacts a route as a path', 'https://a.example/x#/reset/abc', '#/reset/[token]'],
  ])('%s', (_what, url, rest) => {
    expect(redactUrl(url)).toBe(`https://a.example/x${rest}`)
  })

  it.each([
    ['/u/jane@example.com', '/u/[email]'],
    ['/u/jane%40example.com/edit', '/u/[email]/edit'],
    ['/invite/abc', '/invite/[token]'],
    ['/c/4111111111111111', '/c/[card]'],
    ['/c/9b2a1b18db64c0ea3ae5f09912c2280733ed7bdd', '/c/[token]'],
    ['/k/Zm9vYmFyQmF6MTIzNDU2Nzg5MGFiY2RlZg', '/k/[token]'],
    ['/k/dGhpcyBpcyBhIHNlY3JldCB0b2tlbg', '/k/[token]'],
    ['/k/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', '/k/[token]'],
    ['/k/sk_live_abcdefgh12345678', '/k/[token]'],
    ['/call/+442071234567', '/call/[phone]'],
  ])('%s is %s', (path, expected) => {
    expect(redactUrl(`https://a.example${path}`)).toBe(`https://a.example${expected}`)
  })

  it.each([
    '/blog/the-ten-best-bikes-for-commuting-in-2026',
    '/blog/best-mp3-players-for-long-bicycle-tours',
    '/p/019a0000-0000-7000-8000-000000000001',
    '/docs/api/v2/getting_started_with_webhooks',
    '/p/4006381333931',
    '/2026/11/24/caf%C3%A9',
    '/a/%E0%A4%A',
    '/donaudampfschifffahrtsgesellschaft',
  ])('%s stays', (path) => {
    expect(redactUrl(`https://a.example${path}`)).toBe(`https://a.example${path}`)
  })

  it('is the same when it is redacted again', () => {
    const once = redactUrl('https://a.example/u/j@b.co/reset/x?gclid=1&ref=a@b.co#/verify/1') ?? ''
    expect(redactUrl(once)).toBe(once)
  })

  it('keeps the parameters that a site has named', () => {
    expect(redactUrl('https://a.example/?q=saddle&x=1', { keepParameters: ['q'] })).toBe(
      'https://a.example/?q=saddle',
    )
  })

  it('is nothing for what is no page', () => {
    expect(redactUrl('javascript:alert(1)')).toBeUndefined()
    expect(redactUrl('/x')).toBeUndefined()
  })
})

describe('a redacted referrer', () => {
  it('is the origin of another site, and the address of one’s own page', () => {
    expect(redactReferrer('https://b.example/x?q=1', 'a.example')).toBe('https://b.example/')
    expect(redactReferrer('https://a.example/x?q=1', 'a.example')).toBe('https://a.example/x')
    expect(redactReferrer('android-app://com.app/https/a.example/x', 'a.example')).toBe(
      'android-app://com.app',
    )
  })
})
