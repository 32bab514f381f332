import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { type ModelEvent, model } from './model.fixture.ts'
import { putIntoRecord, tablesOf, withoutCommit } from './record.fixture.ts'
import { drain } from './run.ts'
import { transformBatch } from './transform.ts'

let pool: Pool
let clickhouse: ClickHouse
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
})

const START = Date.parse('2026-11-20T22:00:00Z')
const RUNS = Number(process.env.HISTORIES ?? 180)
const uuid = (site: number, index: number) =>
  `00000000-0000-4000-8000-${site.toString(16).padStart(6, '0')}${index.toString(16).padStart(6, '0')}`

// Gaps around what the rules turn on: a second, half an hour, a day.
const gap = fc.oneof(
  fc.constantFrom(0, 1, 900, 1_000, 10_000, 29.9 * 60_000, 30 * 60_000, 30 * 60_000 + 1),
  fc.integer({ min: 0, max: 40 * 60_000 }),
  fc.constantFrom(3 * 3_600_000, 24 * 3_600_000),
)
const step = fc.record({
  gap,
  visitor: fc.constantFrom('v1', 'v1', 'v1', 'v2'),
  session: fc.constantFrom('a', 'a', 'a', 'b', null),
  type: fc.constantFrom(
    ...['pageview', 'pageview', 'pageview', 'engagement', 'engagement', 'click', 'signup'],
    ...['form_touch', 'form_start', 'form_submit', 'form_success'],
  ),
  view: fc.integer({ min: 0, max: 4 }),
  path: fc.constantFrom('/', '/a', '/b'),
  source: fc.constantFrom(undefined, undefined, 'news', 'mail'),
  ms: fc.integer({ min: 0, max: 40_000 }),
  isBot: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const rush = fc.array(step, { minLength: 10, maxLength: 14 }).map((steps) =>
  steps.map((each) => ({
    ...each,
    ...{ gap: 300, type: 'pageview', session: 'a', visitor: 'v1', isBot: false },
  })),
)
const history = fc.record({
  steps: fc
    .tuple(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, rush),
      fc.array(step, { maxLength: 10 }),
    )
    .map((parts) => parts.flat()),
  // How late each arrives: 0, in its turn.
  delays: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })), {
    minLength: 64,
    maxLength: 64,
  }),
  batch: fc.integer({ min: 1, max: 12 }),
})
type Value<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Of> ? Of : never
type History = Value<typeof history>
type Step = History['steps'][number]

let sites = 0
const TOGETHER = 25

describe('random histories', () => {
  it(`make the tables that the plain model makes, in any order and any batches (${RUNS} histories)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(history, { minLength: TOGETHER, maxLength: TOGETHER }),
        async (histories) => {
          // Sites of their own, whose batches lie side by side in the pipeline's.
          const all = histories.map(eventsOf)
          for (const { site } of all)
            await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
          const rounds = Math.max(...all.map(({ batches }) => batches.length))
          for (let round = 0; round < rounds; round++) {
            await putIntoRecord(
              pool,
              all.flatMap(({ batches }) => batches[round] ?? []),
            )
            if (round % 7 === 0) await crashed()
            while ((await transformBatch(pool)).kind === 'processed');
          }
          await drain({ pool, clickhouse })
          for (const { site, events } of all) {
            expect(await tablesOf(pool, site)).toEqual(model(events))
            await expectSameInClickHouse(site)
          }
        },
      ),
      {
        numRuns: Math.ceil(RUNS / TOGETHER),
        seed: Number(process.env.SEED ?? 20_261_125),
        endOnFailure: true,
      },
    )
    const { rows } = await pool.query('select from quarantine')
    expect(rows).toHaveLength(0)
  }, 7_200_000)
})

/** A history's events in their order, and as they arrive. */
function eventsOf({ steps, delays, batch }: History) {
  const number = ++sites
  const site = `h${number}`
  let at = START
  const events = steps.map((each, index): ModelEvent => {
    at += Math.round(each.gap)
    return toEvent(site, uuid(number, index), at, each)
  })
  const arrival = events
    .map((event, index) => ({ event, turn: index + (delays[index % delays.length] ?? 0) }))
    .sort((a, b) => a.turn - b.turn)
    .map(({ event }) => event)
  const batches: ModelEvent[][] = []
  for (let from = 0; from < arrival.length; from += batch)
    batches.push(arrival.slice(from, from + batch))
  return { site, events, batches }
}

function toEvent(site: string, id: string, at: number, step: Step): ModelEvent {
  const { visitor, session, type, path, source, ms, isBot } = step
  const data =
    type === 'engagement'
      ? { visibleMs: ms, engagedMs: Math.floor(ms / 2), scrollDepth: ms % 101 }
      : type.startsWith('form_')
        ? { form: 'f', attempt: `t${step.view}` }
        : {}
  return {
    ...{ site, id, visitor, session, at, type, path, data },
    ...(source && { source }),
    ...((type === 'pageview' || type === 'engagement') && { viewId: `${visitor}${step.view}` }),
    ...(isBot && { isBot }),
  }
}

/** A batch whose transaction does not commit. */
async function crashed(): Promise<void> {
  await expect(transformBatch(withoutCommit(pool))).rejects.toThrow('crash')
}

/** ClickHouse has each event once, with what its visit is now. */
async function expectSameInClickHouse(site: string): Promise<void> {
  const there = await selectRows<object>(
    clickhouse,
    `select toString(event_id) as id, source, utm_source, entry_page, is_bot, toUnixTimestamp64Milli(session_started_at) as started_at,
            toUnixTimestamp64Milli(occurred_at) as at, engaged_ms
     from events where site_id = {site:String} order by id`,
    { site },
  )
  const { rows } = await pool.query<{ started_at: Date; at: Date; engaged_ms: number }>(
    `select e.event_id as id, s.source, s.utm_source, coalesce(s.entry_page, '') as entry_page, e.is_bot, s.started_at, e.occurred_at as at
     from (select site_id, visitor_id, session_id, event_id, occurred_at, is_bot from pageviews
           union all
           select site_id, visitor_id, session_id, event_id, occurred_at, is_bot from user_events) e
     join user_sessions s using (site_id, visitor_id, session_id)
     where site_id = $1 order by 1`,
    [site],
  )
  expect(there.map(({ engaged_ms: _, ...row }: { engaged_ms?: number }) => row)).toEqual(
    rows.map((row) => ({ ...row, started_at: row.started_at.getTime(), at: row.at.getTime() })),
  )
  const engaged = await pool.query<{ ms: number }>(
    'select coalesce(sum(engaged_ms), 0)::bigint as ms from user_sessions where site_id = $1',
    [site],
  )
  const [sum] = await selectRows<{ ms: number }>(
    clickhouse,
    'select sum(engaged_ms) as ms from events where site_id = {site:String}',
    { site },
  )
  expect(sum?.ms).toBe(engaged.rows[0]?.ms)
  expect(await unsound(site)).toEqual([])
}

/** Visits whose events do not add up to them, and rows that are the first of something and not called so. */
const unsound = (site: string) =>
  selectRows(
    clickhouse,
    `with intDiv(toUnixTimestamp(occurred_at), 900) as stretch, (occurred_at, toUInt128(event_id)) as point
     select 'visit' as of, toString(session) as id from events where site_id = {site:String} group by session
     having countIf(first_of = 'visit') != 1 or argMin(first_of, point) != 'visit'
         or sum(prolongs_ms) != dateDiff('millisecond', min(occurred_at), max(occurred_at))
         or countIf(ends_bounce) != (countIf(event_type = 'pageview') > 1 or max(is_engaging))
     union all
     select 'stretch', toString(session) from events where site_id = {site:String} group by session, stretch
     having argMin(first_of, point) > 'stretch'
     union all
     select 'page', toString(session) from events where site_id = {site:String} group by session, stretch, path
     having argMin(first_of, point) > 'page'
     union all
     select 'page view', toString(event_id) from events
     where site_id = {site:String} and event_type = 'pageview' and first_of > 'page'`,
    { site },
  )
