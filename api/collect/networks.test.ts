import { describe, expect, it } from 'vitest'
import { inNetworks, networkOf } from './networks.ts'

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.200', true],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '::ffff:c000:201', true],
    ['192.0.2.1', '192.0.3.1', false],
    ['2001:db8::1', '2001:0db8:0000:0000:0000:0000:0000:0002', true],
    ['2001:db8:0:1200::1', '2001:db8::12ff:0:0:0:1', true],
    ['2001:DB8::1', '2001:db8::1%eth0', true],
    ['2001:db8::1', '2001:db8:0:100::1', false],
    ['::1', '::2', true],
    ['::1', '0.0.0.0', false],
    ['', 'unknown', false],
  ])('%s and %s: %j', (one, other, isSame) => {
    expect(networkOf(one, 56) === networkOf(other, 56)).toBe(isSame)
  })

  it('is wider for visitors than for limits', () => {
    expect(networkOf('2001:db8::1', 48)).toBe(networkOf('2001:db8:0:100::1', 48))
    expect(networkOf('2001:db8::1', 48)).not.toBe(networkOf('2001:db8:1::1', 48))
  })
})

describe('networks', () => {
  const isIn = inNetworks([
    '192.0.2.0/25',
    '192.0.2.64/26',
    '192.0.2.128/25',
    ' 198.51.100.7 ',
    '2001:db8::/32',
    '2001:db8:1::/48',
    'fe80::1',
    '203.0.113.77/24',
    '::ffff:100.64.0.0/112',
  ])

  it.each([
    ['192.0.2.0', true],
    ['192.0.2.255', true],
    ['192.0.1.255', false],
    ['192.0.3.0', false],
    ['::ffff:192.0.2.9', true],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['203.0.113.1', true],
    ['2001:db8::', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db9::', false],
    ['fe80::1%eth0', true],
    ['fe80::2', false],
    ['', false],
    ['unknown', false],
    ['192.0.2', false],
  ])('hold %s: %j', (address, expected) => {
    expect(isIn(address)).toBe(expected)
  })

  it('none hold nothing, and 0.0.0.0/0 holds all of IPv4', () => {
    expect(inNetworks([])('192.0.2.1')).toBe(false)
    expect(inNetworks(['0.0.0.0/0'])('255.255.255.255')).toBe(true)
    expect(inNetworks(['0.0.0.0/0'])('::1')).toBe(false)
  })

  it.each(['', 'example.com', '192.0.2.0/33', '192.0.2.0/-1', '192.0.2.0/24/8', '::/129', '::/'])(
    '%j is none',
    (line) => {
      expect(() => inNetworks([line])).toThrow('is not a network')
    },
  )

  it('answer as fast from 50 000 as from one', () => {
    const many = Array.from(
      { length: 50_000 },
      (_, n) => `${10 + (n >> 12)}.${(n >> 4) & 255}.${(n & 15) * 16}.0/28`,
    )
    const isInMany = inNetworks(many)
    // A walk through the list would take minutes: the test's own time limit is the assertion.
    for (let n = 0; n < 100_000; n++) isInMany(`${n & 63}.${(n >> 6) & 255}.1.1`)
    expect(isInMany('10.0.16.15')).toBe(true)
    expect(isInMany('10.0.16.16')).toBe(false)
  })
})
