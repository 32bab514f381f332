import { uuidv7 } from './uuidv7.ts'

/** Where identities are kept, the clock and the randomness: given, so that rules can be tested by themselves. */
export interface IdentityStore {
  read(key: string): string | undefined
  write(key: string, value: string): void
}

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

/** Whether the store holds a session that an event now would belong to. */
export function hasLiveSession(store: IdentityStore, timeoutMs: number, nowMs: number): boolean {
  const [id, startedAt, lastAt] = store.read(SESSION_KEY)?.split(' ') ?? []
  // A clock that was set back would else keep a session for ever.
  const idleMs = Math.abs(nowMs - Number(lastAt))
  return !!id && idleMs < timeoutMs && Math.abs(nowMs - Number(startedAt)) < SESSION_CAP_MS
}

/**
 * Who is here. The visitor is a random id that lives 13 months from its first
 * day. The session is shared by all tabs: it ends after `timeoutMs` without an
 * event in any of them, or after 24 hours. Each call is an event: it keeps the
 * session alive.
 */
export function identityAt(store: IdentityStore, timeoutMs: number, nowMs: number): Identity {
  let [visitorId, madeAt] = store.read(VISITOR_KEY)?.split(' ') ?? []
  if (!visitorId || !(Math.abs(nowMs - Number(madeAt)) < VISITOR_LIFETIME_MS)) {
    visitorId = uuidv7(nowMs)
    store.write(VISITOR_KEY, `${visitorId} ${nowMs}`)
  }
  let [sessionId, startedAt, lastAt] = store.read(SESSION_KEY)?.split(' ') ?? []
  const goesOn = hasLiveSession(store, timeoutMs, nowMs)
  if (!sessionId || !goesOn) {
    sessionId = uuidv7(nowMs)
    startedAt = `${nowMs}`
    lastAt = ''
  }
  const stepMs = Math.min(ACTIVITY_STEP_MS, timeoutMs / 10)
  if (!lastAt || Math.abs(nowMs - Number(lastAt)) >= stepMs)
    store.write(SESSION_KEY, `${sessionId} ${startedAt} ${nowMs}`)
  return { visitorId, sessionId }
}
