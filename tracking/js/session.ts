import { readStored, writeStored } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

const KEY = 'footfall_session'
const TIMEOUT_MS = 30 * 60_000
const CAP_MS = 24 * 3_600_000

/** The session of all tabs of the site. Each call is activity: it keeps the session alive. */
export function sessionId(nowMs: number): string {
  const [id, startedAt, lastAt] = readStored(KEY)?.split(' ') ?? []
  const goesOn = id && nowMs - Number(lastAt) < TIMEOUT_MS && nowMs - Number(startedAt) < CAP_MS
  const current = goesOn ? id : uuidv7(nowMs)
  writeStored(KEY, `${current} ${goesOn ? startedAt : nowMs} ${nowMs}`)
  return current
}
