import { type Connection, inTransaction, type Pool } from '../database/postgres.ts'
import { type ClaimedEvent, claim } from './claim.ts'
import { countEvents } from './event-counts.ts'
import { byVisitor, loadState, namesOf, type VisitorEvents } from './load-state.ts'
import { writeOutbox } from './outbox.ts'
import { type Removed, reopen, type Stretch } from './reopen.ts'
import { save } from './save.ts'
import { DEFAULT_RULES, loadSiteRules, type SiteRules } from './site-rules.ts'
import { noState, type Processed, processVisitor } from './visitor.ts'

/** What a step did. `busy`: another worker holds the lock. */
export type Outcome =
  | { readonly kind: 'processed'; readonly events: number; readonly quarantined: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy' }

/** Claims, transforms, writes and checkpoints one batch in one transaction. */
export function transformBatch(pool: Pool): Promise<Outcome> {
  return inTransaction(pool, async (connection): Promise<Outcome> => {
    const events = await claim(connection)
    if (events === undefined) return { kind: 'busy' }
    if (events.length === 0) return { kind: 'idle' }
    await countEvents(connection, events)
    return {
      kind: 'processed',
      events: events.length,
      quarantined: await writeOrHalve(connection, events),
    }
  })
}

/** Writes the events; when one of them cannot be written, halves until it is alone. Answers how many were put aside. */
async function writeOrHalve(
  connection: Connection,
  events: readonly ClaimedEvent[],
): Promise<number> {
  await connection.query('savepoint batch')
  try {
    await write(connection, events)
    await connection.query('release savepoint batch')
    return 0
  } catch (error) {
    if (!isDataError(error)) throw error
    await connection.query('rollback to savepoint batch')
    const [event, ...others] = events
    if (event && others.length === 0) {
      await quarantine(connection, event, error as Error) // isDataError has seen that it is one
      return 1
    }
    const middle = Math.ceil(events.length / 2)
    const first = await writeOrHalve(connection, events.slice(0, middle))
    return first + (await writeOrHalve(connection, events.slice(middle)))
  }
}

/** The fault of a row: SQLSTATE 22 (data), 23 (integrity), 54 (limits), or our own code on strange input. */
function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code // any thrown value may carry one
  if (typeof code === 'string') return /^(22|23|54)/.test(code)
  return error instanceof TypeError || error instanceof RangeError
}

async function quarantine(
  connection: Connection,
  event: ClaimedEvent,
  error: Error,
): Promise<void> {
  await connection.query(
    `insert into quarantine (site_id, event_id, reason, detail, event) values ($1, $2, $3, $4, $5)
     on conflict (site_id, event_id) do nothing`,
    [
      event.site_id,
      event.event_id,
      String((error as { code?: unknown }).code ?? error.name),
      error.message.slice(0, 500),
      // As text: the driver would make SQL's null of JSON's, and an array of PostgreSQL's of a JSON one.
      JSON.stringify(event.event),
    ],
  )
}

async function write(connection: Connection, events: readonly ClaimedEvent[]): Promise<void> {
  const rules = await loadSiteRules(connection, [...new Set(events.map((each) => each.site_id))])
  const rulesOf = (siteId: string) => rules.get(siteId) ?? DEFAULT_RULES
  const visitors = byVisitor(events)
  const stateOf = await loadState(connection, visitors, maxTimeout(rules.values()))
  const made: Processed[] = []
  const late: VisitorEvents[] = []
  for (const visitor of visitors) {
    const done = processVisitor(visitor.events, stateOf(visitor), rulesOf(visitor.siteId))
    if (done) made.push(done)
    else late.push(visitor)
  }
  const removed = await processAgain(
    connection,
    late.map((each) => stretchOf(each, rulesOf)),
    rulesOf,
    made,
  )
  await store(connection, made, removed, rulesOf)
}

/** Goes through stretches of visitors' time from the record, and adds to `made` what comes out. Answers what they had been before. */
async function processAgain(
  connection: Connection,
  stretches: readonly Stretch[],
  rulesOf: (siteId: string) => SiteRules,
  made: Processed[],
): Promise<readonly Removed[]> {
  if (stretches.length === 0) return []
  const { events, removed } = await reopen(connection, stretches)
  for (const { siteId, events: all } of byVisitor(events)) {
    const done = processVisitor(all, noState(), rulesOf(siteId))
    if (done) made.push(done) // events in their order always are
  }
  return removed
}

function stretchOf(
  { siteId, visitorId, events }: VisitorEvents,
  rulesOf: (siteId: string) => SiteRules,
): Stretch {
  const times = events.map(({ occurred_at }) => occurred_at.getTime()) // in order
  return {
    ...{ siteId, visitorId, timeoutMs: rulesOf(siteId).timeoutMs },
    ...{ fromMs: times[0] ?? 0, toMs: times.at(-1) ?? 0 },
    names: namesOf(events),
  }
}

/** Writes what was made, tells ClickHouse, and marks the days. */
async function store(
  connection: Connection,
  made: readonly Processed[],
  removed: readonly Removed[],
  rulesOf: (siteId: string) => SiteRules,
): Promise<void> {
  const events = made.flatMap((each) => each.events)
  if (events.length > 0) await save(connection, made, rulesOf)
  await writeOutbox(connection, events, removed, rulesOf)
  await markChangedDays(connection, [
    ...events.map(({ claimed }) => ({
      siteId: claimed.site_id,
      atMs: claimed.occurred_at.getTime(),
    })),
    ...events.map(({ session }) => ({ siteId: session.siteId, atMs: session.first.atMs })),
    ...removed,
  ])
}

const maxTimeout = (rules: Iterable<SiteRules>) =>
  Math.max(...Array.from(rules, ({ timeoutMs }) => timeoutMs))

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
     order by 1, 2
     on conflict do nothing`,
    [
      [...quarters.values()].map((each) => each.siteId),
      [...quarters.values()].map((each) => each.atMs),
    ],
  )
}
