import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Identity, identityAt } from './identity.ts'
import type { Store } from './storage.ts'

const TIMEOUT_MS = 1_800_000
const CAP_MS = 86_400_000
const STEP_MS = 5_000 // activity is written this often, so a session may end so much early
const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 10, 24)

/** One storage for all tabs of a site, as browsers have it. */
function storeOfAllTabs(): Store & { writes: number } {
  const values = new Map<string, string | undefined>()
  return {
    writes: 0,
    read: (key) => values.get(key),
    write(key, value) {
      this.writes++
      values.set(key, value)
    },
  }
}

/** What happens in some tabs: which of them records an event, and how long after the one before. */
const happenings = fc.array(
  fc.record({
    tab: fc.nat(4),
    waitedMs: fc.oneof(
      fc.nat(60_000),
      fc.integer({ min: TIMEOUT_MS - 10_000, max: TIMEOUT_MS + 10_000 }),
      fc.nat(3 * DAY_MS),
    ),
  }),
  { minLength: 1, maxLength: 200 },
)

function identities(waits: readonly { waitedMs: number }[]): (Identity & { atMs: number })[] {
  const store = storeOfAllTabs()
  let atMs = START_MS
  return waits.map(({ waitedMs }) => {
    atMs += waitedMs
    return { ...identityAt(store, TIMEOUT_MS, atMs), atMs }
  })
}

describe('the session that all tabs of a site share', () => {
  it('goes on while any tab has an event in time, and ends after the timeout or 24 hours', () => {
    fc.assert(
      fc.property(happenings, (waits) => {
        const events = identities(waits)
        let startedAtMs = events[0]?.atMs ?? 0
        for (const [at, { sessionId, atMs }] of events.entries()) {
          const before = events[at - 1]
          if (!before) continue
          const isSame = before.sessionId === sessionId
          const idleMs = atMs - before.atMs
          const ageMs = atMs - startedAtMs
          if (idleMs >= TIMEOUT_MS || ageMs >= CAP_MS) expect(isSame).toBe(false)
          else if (idleMs < TIMEOUT_MS - STEP_MS) expect(isSame).toBe(true)
          if (!isSame) startedAtMs = atMs
        }
      }),
    )
  })

  it('never comes back once it has ended', () => {
    fc.assert(
      fc.property(happenings, (waits) => {
        const ids = identities(waits).map(({ sessionId }) => sessionId)
        const runs = ids.filter((id, at) => id !== ids[at - 1])
        expect(new Set(runs).size).toBe(runs.length)
      }),
    )
  })

  it('is the same for the idle tab as for the active one, whichever speaks', () => {
    const store = storeOfAllTabs()
    const first = identityAt(store, TIMEOUT_MS, START_MS)
    // One tab is idle for 31 minutes; the other keeps the session alive.
    for (let minute = 1; minute <= 31; minute++)
      expect(identityAt(store, TIMEOUT_MS, START_MS + minute * 60_000)).toEqual(first)
  })

  it('does not live for ever when the clock is set back', () => {
    fc.assert(
      fc.property(fc.integer({ min: TIMEOUT_MS, max: 400 * DAY_MS }), (backMs) => {
        const store = storeOfAllTabs()
        const { sessionId } = identityAt(store, TIMEOUT_MS, START_MS)
        expect(identityAt(store, TIMEOUT_MS, START_MS - backMs).sessionId).not.toBe(sessionId)
      }),
    )
  })

  it('survives whatever else is found in storage', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (visitor, session) => {
        const store = storeOfAllTabs()
        store.write('footfall_visitor', visitor)
        store.write('footfall_session', session)
        const first = identityAt(store, TIMEOUT_MS, START_MS)
        expect(identityAt(store, TIMEOUT_MS, START_MS + 1)).toEqual(first)
      }),
    )
  })

  it('writes storage at most once in five seconds: each write wakes every other tab', () => {
    const store = storeOfAllTabs()
    for (let ms = 0; ms < 60_000; ms += 10) identityAt(store, TIMEOUT_MS, START_MS + ms)
    expect(store.writes).toBeLessThanOrEqual(2 + 60_000 / STEP_MS)
  })
})

describe('the visitor', () => {
  it('keeps one id for 13 months from its first day, which no visit renews', () => {
    fc.assert(
      fc.property(happenings, (waits) => {
        const events = identities(waits.map(({ waitedMs }) => ({ waitedMs: waitedMs * 10 })))
        let bornAtMs = events[0]?.atMs ?? 0
        for (const [at, { visitorId, atMs }] of events.entries()) {
          const isSame = events[at - 1]?.visitorId === visitorId
          if (at > 0) expect(isSame).toBe(atMs - bornAtMs < 395 * DAY_MS)
          if (!isSame) bornAtMs = atMs
        }
      }),
    )
  })
})
