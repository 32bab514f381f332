let lastMs = 0
let count = 0

/**
 * A UUID version 7: 48 bits of time, the rest random (RFC 9562). Ids of one
 * page ascend within a millisecond, too: two views that an app pushes at once
 * keep their order. They count from a random number (method 1 of section 6.2).
 */
export function uuidv7(nowMs: number): string {
  // Not destructured, which a browser does slowly before it has optimised.
  const random = crypto.getRandomValues(new Uint32Array(3)) as unknown as [number, number, number] // its length
  // At least 2 048 in a millisecond, which takes a browser some to make.
  count = nowMs === lastMs ? (count + 1) & 0xfff : random[0] & 0x7ff
  lastMs = nowMs
  const hex = (bits: number, length: number) => bits.toString(16).padStart(length, '0')
  const time = hex(nowMs, 12).replace(/.{8}/, '$&-')
  return `${time}-7${hex(count, 3)}-8${hex(random[0] >>> 20, 3)}-${hex(random[1] * 0x10000 + (random[2] >>> 16), 12)}`
}
