let lastMs = 0
let count = 0

/**
 * A UUID version 7: 48 bits of time, the rest random (RFC 9562). Ids of one
 * page ascend within a millisecond, too: two views that an app pushes at once
 * keep their order. They count from a random number (method 1 of section 6.2).
 */
export function uuidv7(nowMs: number): string {
  const [one = 0, two = 0, three = 0] = crypto.getRandomValues(new Uint32Array(3))
  // At least 2 048 in a millisecond, which takes a browser some to make.
  count = nowMs === lastMs ? (count + 1) & 0xfff : one & 0x7ff
  lastMs = nowMs
  const hex = (bits: number, length: number) => bits.toString(16).padStart(length, '0')
  const time = hex(nowMs, 12).replace(/.{8}/, '$&-')
  const random = hex(two * 0x10000 + (three >>> 16), 12)
  return `${time}-7${hex(count, 3)}-8${hex(one >>> 20, 3)}-${random}`
}
