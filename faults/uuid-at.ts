import { randomUUID } from 'node:crypto'

/** A UUIDv7 that was made at this time. */
export function uuidAt(timeMs: number): string {
  const time = Math.trunc(timeMs).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
