import { readStored, writeStored } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

const KEY = 'footfall_visitor'
const LIFETIME_MS = 395 * 24 * 3_600_000 // 13 months, never renewed

/** The visitor's random id on this site. */
export function visitorId(nowMs: number): string {
  const [id, madeAt] = readStored(KEY)?.split(' ') ?? []
  if (id && nowMs - Number(madeAt) < LIFETIME_MS) return id
  const made = uuidv7(nowMs)
  writeStored(KEY, `${made} ${nowMs}`)
  return made
}
