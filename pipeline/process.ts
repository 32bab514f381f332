import type { Connection } from '../database/postgres.ts'
import type { ClaimedEvent } from './claim.ts'
import { byVisitor, loadState, namesOf, type VisitorEvents } from './load-state.ts'
import { outboxOf, writeOutbox } from './outbox.ts'
import { type Removed, reopen, type Stretch } from './reopen.ts'
import { save } from './save.ts'
import { isBotSession } from './session.ts'
import { DEFAULT_RULES, loadSiteRules, type SiteRules } from './site-rules.ts'
import { noState, type Processed, processVisitor } from './visitor.ts'

type RulesOf = (siteId: string) => SiteRules

/**
 * Makes of events that are new what is to be made, in the caller's transaction.
 * `later` are claimed too and have not had their turn: for now they do not exist.
 */
export async function process(
  connection: Connection,
  events: readonly ClaimedEvent[],
  later: readonly ClaimedEvent[] = [],
): Promise<void> {
  const visitors = byVisitor(events)
  const { rulesOf, timeoutMs } = await rulesFor(connection, visitors)
  const stateOf = await loadState(connection, visitors, timeoutMs)
  const made: Processed[] = []
  const late: Stretch[] = []
  for (const visitor of visitors) {
    const rules = rulesOf(visitor.siteId)
    const done = processVisitor(visitor.events, stateOf(visitor), rules)
    if (done) made.push(done)
    else late.push(stretchOf(visitor))
  }
  const again = await takeAgain(connection, late, rulesOf, later)
  await store(connection, [...made, ...again.made], again.removed, rulesOf)
}

/** Makes what is made of stretches of visitors' time once more from the record. Answers how many events they have. */
export async function processAgain(
  connection: Connection,
  stretches: readonly Stretch[],
): Promise<number> {
  const { rulesOf } = await rulesFor(connection, stretches)
  const { made, removed } = await takeAgain(connection, stretches, rulesOf)
  await store(connection, made, removed, rulesOf)
  return made.reduce((sum, { events }) => sum + events.length, 0)
}

async function rulesFor(connection: Connection, of: readonly { readonly siteId: string }[]) {
  const rules = await loadSiteRules(connection, [...new Set(of.map(({ siteId }) => siteId))])
  return {
    rulesOf: (siteId: string) => rules.get(siteId) ?? DEFAULT_RULES,
    timeoutMs: Math.max(...Array.from(rules.values(), ({ timeoutMs }) => timeoutMs)),
  }
}

async function takeAgain(
  connection: Connection,
  stretches: readonly Stretch[],
  rulesOf: RulesOf,
  later: readonly ClaimedEvent[] = [],
): Promise<{ made: readonly Processed[]; removed: readonly Removed[] }> {
  if (stretches.length === 0) return { made: [], removed: [] }
  const { events, removed } = await reopen(
    connection,
    stretches,
    (siteId) => rulesOf(siteId).timeoutMs,
  )
  const absent = new Set(later.map(keyOf))
  const present = absent.size > 0 ? events.filter((each) => !absent.has(keyOf(each))) : events
  const made = byVisitor(present).flatMap(
    // Events in their order always can be gone through.
    ({ siteId, events: all }) => processVisitor(all, noState(), rulesOf(siteId)) ?? [],
  )
  return { made, removed }
}

const keyOf = ({ site_id, event_id }: ClaimedEvent) => `${site_id} ${event_id}`

function stretchOf({ siteId, visitorId, events }: VisitorEvents): Stretch {
  const times = events.map(({ occurred_at }) => occurred_at.getTime()) // in order
  return {
    ...{ siteId, visitorId },
    ...{ fromMs: times[0] ?? 0, toMs: times.at(-1) ?? 0 },
    names: namesOf(events),
  }
}

/** Writes what was made, tells ClickHouse, and marks the days. */
async function store(
  connection: Connection,
  made: readonly Processed[],
  removed: readonly Removed[],
  rulesOf: RulesOf,
): Promise<void> {
  const events = made.flatMap((each) => each.events)
  const sessions = new Set(events.map((each) => each.session))
  const bots = new Set([...sessions].filter((each) => isBotSession(each, rulesOf(each.siteId))))
  const outbox = outboxOf(events, removed, bots) // is compressed while the others are written
  if (events.length > 0) await save(connection, made, sessions, bots)
  await writeOutbox(connection, await outbox)
  await markChangedDays(connection, [
    ...events.map(({ claimed }) => ({
      siteId: claimed.site_id,
      atMs: claimed.occurred_at.getTime(),
    })),
    ...events.map(({ session }) => ({ siteId: session.siteId, atMs: session.first.atMs })),
    ...removed,
  ])
}

// Zones differ by multiples of a quarter of an hour: a day of any zone begins with one.
const QUARTER_MS = 15 * 60_000

async function markChangedDays(
  connection: Connection,
  moments: readonly { readonly siteId: string; readonly atMs: number }[],
): Promise<void> {
  const quarters = new Map<string, { siteId: string; atMs: number }>()
  for (const { siteId, atMs } of moments) {
    const quarter = Math.floor(atMs / QUARTER_MS)
    quarters.set(`${siteId} ${quarter}`, { siteId, atMs: quarter * QUARTER_MS })
  }
  await connection.query(
    `/* mark changed days */
     insert into changed_days (site_id, day)
     select distinct s.site_id, (to_timestamp(q.at_ms / 1000) at time zone s.timezone)::date
     from unnest($1::text[], $2::float8[]) as q(site_id, at_ms)
     join sites s using (site_id)
     where to_timestamp(q.at_ms / 1000) >= s.record_since -- what retention has left of a day is not the day
     order by 1, 2
     on conflict (site_id, day) do update set day = excluded.day -- waits for who takes the day off, and puts it back`,
    [
      [...quarters.values()].map((each) => each.siteId),
      [...quarters.values()].map((each) => each.atMs),
    ],
  )
}
