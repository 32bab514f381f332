import { isIP } from 'node:net'

/**
 * Whether an address is in one of the networks ("192.0.2.0/24",
 * "2001:db8::/32", a single address). Ranges are sorted and merged once, so
 * that a question is a binary search: `net.BlockList` walks its whole list, and
 * the lists of data centres have tens of thousands. Throws on a line that is
 * no network.
 */
export function inNetworks(networks: Iterable<string>): (address: string) => boolean {
  const ranges = { 4: [] as Range[], 6: [] as Range[] }
  for (const network of networks) {
    const { version, range } = rangeOf(network)
    ranges[version].push(range)
  }
  const merged = { 4: merge(ranges[4]), 6: merge(ranges[6]) }
  if (merged[4].length + merged[6].length === 0) return () => false
  return (address) => {
    const parsed = parse(address)
    return parsed !== undefined && holds(merged[parsed.version], parsed.value)
  }
}

/** Whether a text is a network that `inNetworks` takes. */
export function isNetwork(text: string): boolean {
  try {
    rangeOf(text)
    return true
  } catch {
    return false
  }
}

/**
 * The network that an address is in, as a text: /24, or `prefix` bits of IPv6.
 * The same for every way to write it; an address that is none stands for itself.
 */
export function networkOf(address: string, prefix: 48 | 56): string {
  const parsed = parse(address)
  if (!parsed) return address
  const { version, value } = parsed
  const [rest, length] = version === 4 ? [8n, 24] : [BigInt(128 - prefix), prefix]
  return `${((value >> rest) << rest).toString(16)}/${length}`
}

type Range = readonly [first: bigint, last: bigint]

function rangeOf(network: string): { version: 4 | 6; range: Range } {
  const [address = '', length, more] = network.trim().split('/')
  const parsed = parse(address)
  const bits = isIP(address) === 4 ? 32 : 128
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1
  if (!parsed || more !== undefined || prefix < 0 || prefix > bits) {
    throw new Error(`"${network}" is not a network such as 192.0.2.0/24`)
  }
  const rest = BigInt(Math.min(bits - prefix, parsed.version === 4 ? 32 : 128))
  const first = (parsed.value >> rest) << rest
  return { version: parsed.version, range: [first, first + (1n << rest) - 1n] }
}

function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: [bigint, bigint][] = []
  for (const [first, last] of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = merged.at(-1)
    if (!before || first > before[1] + 1n) merged.push([first, last])
    else if (last > before[1]) before[1] = last
  }
  return merged
}

function holds(ranges: readonly Range[], value: bigint): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range && range[1] < value) low = middle + 1
    else high = middle
  }
  const range = ranges[low]
  return range !== undefined && range[0] <= value
}

/** ::ffff:192.0.2.1 is 192.0.2.1: which of them a socket gives depends on how it listens. */
function parse(address: string): { version: 4 | 6; value: bigint } | undefined {
  const version = isIP(address)
  if (version === 4) return { version, value: v4(address) }
  if (version !== 6) return undefined
  const [head = '', tail] = (address.split('%')[0] ?? '')
    .replace(/[\d.]*\.[\d.]*$/, (dotted) => {
      const value = v4(dotted)
      return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
    })
    .split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const groups = [...before, ...Array(8 - before.length - after.length).fill('0'), ...after]
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
  return value >> 32n === 0xffffn ? { version: 4, value: value & 0xffffffffn } : { version, value }
}

const v4 = (address: string) =>
  address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
