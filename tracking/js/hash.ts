/** FNV-1a, 32 bits in hex: tells equal texts, and is too short to tell which text it was. */
export function hash(text: string): string {
  let bits = 0x811c9dc5
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x1000193)
  return (bits >>> 0).toString(16)
}
