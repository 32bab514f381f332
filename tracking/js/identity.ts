import type { Store } from './storage.ts'
import { uuidv7 } from './uuidv7.ts'

export interface Identity {
  readonly visitorId: string
  readonly sessionId: string
}

export const VISITOR_KEY = 'footfall_visitor'
export const SESSION_KEY = 'footfall_session'

const VISITOR_LIFETIME_MS = 34_128_000_000 // 395 days, which is 13 months; never renewed
const SESSION_CAP_MS = 86_400_000
// Writing storage at each event would wake every other tab.
const ACTIVITY_STEP_MS = 5_000

// A clock that was set back would else keep a session for ever.
const isWithin = (at: string | undefined, lengthMs: number, nowMs: number) =>
  Math.abs(nowMs - Number(at)) < lengthMs

const partsOf = (store: Store, key: string) => store.read(key)?.split(' ') ?? []

/** Whether the store holds a session that an event now would belong to. */
export function hasLiveSession(store: Store, timeoutMs: number, nowMs: number): boolean {
  const [, startedAt, lastAt] = partsOf(store, SESSION_KEY)
  return isWithin(lastAt, timeoutMs, nowMs) && isWithin(startedAt, SESSION_CAP_MS, nowMs)
}

/**
 * Who is here. The visitor is a random id that lives 13 months from its first
 * day. The session is shared by all tabs: it ends after `timeoutMs` without an
 * event in any of them, or after 24 hours. Each call is an event: it keeps the
 * session alive.
 */
export function identityAt(store: Store, timeoutMs: number, nowMs: number): Identity {
  let [visitorId = '', madeAt] = partsOf(store, VISITOR_KEY)
  if (!isWithin(madeAt, VISITOR_LIFETIME_MS, nowMs)) {
    visitorId = uuidv7(nowMs)
    store.write(VISITOR_KEY, `${visitorId} ${nowMs}`)
  }
  let [sessionId = '', startedAt, lastAt] = partsOf(store, SESSION_KEY)
  if (!hasLiveSession(store, timeoutMs, nowMs)) {
    sessionId = uuidv7(nowMs)
    startedAt = `${nowMs}`
    lastAt = ''
  }
  if (!isWithin(lastAt, Math.min(ACTIVITY_STEP_MS, timeoutMs / 10), nowMs))
    store.write(SESSION_KEY, `${sessionId} ${startedAt} ${nowMs}`)
  return { visitorId, sessionId }
}
