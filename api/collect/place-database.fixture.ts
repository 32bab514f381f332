// A writer of MaxMind's format, as small as the tests allow: https://maxmind.github.io/MaxMind-DB/
type Value = string | number | readonly Value[] | { readonly [key: string]: Value }

/** A database of IPv6 and (below ::/96) IPv4 networks, each given as its bits. */
export function placeDatabase(places: readonly (readonly [bits: string, place: Value])[]): Buffer {
  // Each node has a branch for 0 and one for 1: another node, or data.
  type Branch = { node: number } | { data: number } | undefined
  const nodes: [Branch, Branch][] = [[undefined, undefined]]
  const data: Buffer[] = []
  let length = 0
  for (const [bits, place] of places) {
    let at = 0
    for (const [index, bit] of [...bits].entries()) {
      const node = nodes[at]
      if (!node) throw new Error('no such node')
      const side = bit === '1' ? 1 : 0
      if (index === bits.length - 1) {
        node[side] = { data: length }
      } else {
        const branch = node[side]
        const next =
          branch && 'node' in branch ? branch.node : nodes.push([undefined, undefined]) - 1
        node[side] = { node: next }
        at = next
      }
    }
    const encoded = encode(place)
    data.push(encoded)
    length += encoded.length
  }
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [index, node] of nodes.entries()) {
    for (const [side, branch] of node.entries()) {
      const value = !branch
        ? nodes.length
        : 'node' in branch
          ? branch.node
          : nodes.length + 16 + branch.data
      tree.writeUIntBE(value, index * 6 + side * 3, 3)
    }
  }
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: 'Test-City',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    description: { en: 'for tests' },
  })
  const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}

/** The bits of an IPv4 network, where IPv6 trees hold it. */
export function v4Bits(address: string, length: number): string {
  const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'))
  return '0'.repeat(96) + bits.join('').slice(0, length)
}

/** The bits of an IPv6 network given by its leading groups. */
export const v6Bits = (...groups: number[]) =>
  groups.map((group) => group.toString(2).padStart(16, '0')).join('')

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([head(2, text.length), text])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([head(6, 4), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encode)])
  const members = Object.entries(value)
  return Buffer.concat([
    head(7, members.length),
    ...members.flatMap(([key, member]) => [encode(key), encode(member)]),
  ])
}

/** Types above 7 have a byte of their own; sizes from 29 on, too. */
function head(type: number, size: number): Buffer {
  if (size >= 29 + 256) throw new Error('too long for this writer')
  const extended = type > 7
  return Buffer.from([
    ((extended ? 0 : type) << 5) | Math.min(size, 29),
    ...(extended ? [type - 7] : []),
    ...(size >= 29 ? [size - 29] : []),
  ])
}
