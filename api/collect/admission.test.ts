import { describe, expect, it } from 'vitest'
import { isExcluded, refusalOf } from './admission.ts'
import { TokenBuckets } from './rate-limit.ts'
import { rulesFrom } from './site-registry.ts'

const rules = (over: Partial<Parameters<typeof rulesFrom>[0]>) =>
  rulesFrom({ site_id: 's', status: 'active', allowed_hosts: [], exclude: {}, ...over })
const sender = (originHost?: string, address = '192.0.2.7') => ({ originHost, address })

describe('who may send for a site', () => {
  it.each([
    ['any page, where no host is named', [], 'a.example', 'a.example', undefined],
    ['a named host', ['a.example'], 'a.example', 'a.example', undefined],
    ['on any port', ['a.example'], 'a.example:8080', 'a.example:8080', undefined],
    ['in capitals', ['A.example'], 'a.EXAMPLE', undefined, undefined],
    ['a host below', ['*.a.example'], 'shop.a.example', undefined, undefined],
    ['and the one above it', ['*.a.example'], 'a.example', undefined, undefined],
    [
      'not one that only ends so',
      ['*.a.example'],
      'evila.example',
      undefined,
      'origin_not_allowed',
    ],
    ['not another origin', ['a.example'], 'evil.example', 'a.example', 'origin_not_allowed'],
    ['nor a page of another', ['a.example'], undefined, 'evil.example', 'origin_not_allowed'],
    ['nor an opaque origin', ['a.example'], '', 'a.example', 'origin_not_allowed'],
    ['a server, which has no origin', ['a.example'], undefined, 'a.example', undefined],
  ])('%s', (_what, allowed_hosts, originHost, pageHost, code) => {
    const refusal = refusalOf('s', rules({ allowed_hosts }), sender(originHost), pageHost)
    expect(refusal?.code).toBe(code)
  })

  it.each([
    ['paused', 'site_paused'],
    ['deleted', 'unknown_site'],
  ] as const)('nobody, when it is %s', (status, code) => {
    expect(refusalOf('s', rules({ status }), sender(), undefined)?.code).toBe(code)
  })
})

describe('what a site does not count', () => {
  const excluding = rules({
    exclude: {
      addresses: ['203.0.113.0/24', '2001:db8::/32', 'nonsense'],
      countries: ['de'],
      hosts: ['staging.a.example'],
      paths: ['/admin/*', '/a.b'],
    },
  })
  const page = { host: 'a.example', path: '/', country: 'FR' }
  it.each([
    [sender(undefined, '203.0.113.99'), page, true],
    [sender(undefined, '::ffff:203.0.113.99'), page, true],
    [sender(undefined, '2001:db8:1::1'), page, true],
    [sender(undefined, '198.51.100.1'), page, false],
    [sender(undefined, '<script>'), page, false],
    [sender(), { ...page, country: 'DE' }, true],
    [sender(), { ...page, host: 'staging.a.example' }, true],
    [sender(), { ...page, path: '/admin/users' }, true],
    [sender(), { ...page, path: '/a-b' }, false],
  ])('%j %j: %s', (from, what, expected) => {
    expect(isExcluded(excluding, from, what)).toBe(expected)
  })
})

describe('a limit', () => {
  it('lets a burst through, then so much a second, and tells when to come again', () => {
    const buckets = new TokenBuckets({ perSecond: 10, burst: 20 })
    expect(buckets.take('a', 20, 0)).toBe(0)
    expect(buckets.take('a', 1, 0)).toBe(100)
    expect(buckets.take('b', 1, 0)).toBe(0)
    expect(buckets.take('a', 10, 1_000)).toBe(0)
    expect(buckets.take('a', 5, 1_000)).toBe(500)
    // A clock that is set back gives nothing and takes nothing.
    expect(buckets.take('a', 1, 0)).toBe(100)
  })
})
