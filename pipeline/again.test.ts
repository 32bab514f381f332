import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importEvents } from '../cli/import-events.ts'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { ensureMonths } from '../database/migrate.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { takeLock } from './claim.ts'
import { forget } from './forget.ts'
import { type ModelEvent, model } from './model.fixture.ts'
import { replayQuarantined } from './quarantine.ts'
import { beginRebuild, rebuildStep } from './rebuild.ts'
import { mismatch, reconcile } from './reconcile.ts'
import { putIntoRecord, tablesOf } from './record.fixture.ts'
import { applyRetention } from './retention.ts'
import { previewRules } from './rules-preview.ts'
import { drain } from './run.ts'
import { DEFAULT_RULES, siteRules } from './site-rules.ts'

let pool: Pool
let clickhouse: ClickHouse
let folder: string
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
  folder = await mkdtemp(join(tmpdir(), 'footfall-again-'))
})
afterAll(() => rm(folder, { recursive: true }))

const MINUTE = 60_000
const NOW = Date.parse('2026-11-25T12:00:00Z')
let ids = 0
const newId = () => `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`

const event = (site: string, minutes: number, over: Partial<ModelEvent> = {}): ModelEvent => ({
  ...{ site, id: newId(), visitor: 'v', session: null, at: NOW + minutes * MINUTE },
  ...{ type: 'pageview', path: '/', data: {}, ...over },
})

const addSite = (site: string) =>
  pool.query('insert into sites (site_id, name) values ($1, $1)', [site])

/** 40 visitors' week, with every kind of row. */
function week(site: string): ModelEvent[] {
  return Array.from({ length: 400 }, (_, n) => {
    const types = ['pageview', 'pageview', 'engagement', 'click', 'form_start', 'form_success']
    const type = types[n % types.length] ?? 'pageview'
    const visitor = `v${n % 40}`
    return event(site, -(n * 25) % 10_000, {
      ...{ visitor, type, session: n % 3 === 0 ? null : `s${n % 7}`, path: `/${n % 5}` },
      ...(n % 4 === 0 && { source: 'news' }),
      ...(type.startsWith('form') && { data: { form: 'f', attempt: `${visitor}-${n % 9}` } }),
      ...(type === 'engagement' && { data: { visibleMs: n * 100, engagedMs: n * 50 } }),
      ...(type === 'pageview' || type === 'engagement' ? { viewId: `${visitor}-${n % 3}` } : {}),
    })
  })
}

const inClickHouse = async (site: string) =>
  selectRows(
    clickhouse,
    `select event_id, session, source, entry_page, engaged_ms, toString(session_started_at) as started
     from events where site_id = {site:String} order by event_id`,
    { site },
  )

async function rebuildAll(site: string, change?: () => Promise<unknown>): Promise<number> {
  const id = await beginRebuild(pool, site, '-infinity', 'infinity')
  for (let step = 0; ; step++) {
    if (step === 1) await change?.()
    const progress = await rebuildStep(pool, id)
    if (progress?.isDone) return progress.events
  }
}

describe('a rebuild', () => {
  it('gives the same tables and the same ClickHouse, also of tables that were spoilt', async () => {
    const site = 'rebuilt'
    await addSite(site)
    const events = week(site)
    await putIntoRecord(pool, events)
    await drain({ pool, clickhouse })
    const before = [await tablesOf(pool, site), await inClickHouse(site)]
    expect(before[0]).toEqual(model(events))
    await pool.query(`update user_sessions set source = 'wrong' where site_id = $1`, [site])
    await pool.query(`delete from pageviews where site_id = $1 and path = '/1'`, [site])
    await clickhouse.command({ query: `truncate table events` })
    expect(await rebuildAll(site)).toBe(400)
    await drain({ pool, clickhouse })
    expect([await tablesOf(pool, site), await inClickHouse(site)]).toEqual(before)
  })

  it('goes on where it stopped, while events come in', async () => {
    const site = 'resumed'
    await addSite(site)
    const events = week(site)
    await putIntoRecord(pool, events.slice(0, 300))
    await drain({ pool, clickhouse })
    await rebuildAll(site, async () => {
      await putIntoRecord(pool, events.slice(300))
      await drain({ pool, clickhouse })
    })
    await drain({ pool, clickhouse })
    expect(await tablesOf(pool, site)).toEqual(model(events))
    const first = await beginRebuild(pool, site, '-infinity', 'infinity')
    expect(await beginRebuild(pool, site, '-infinity', 'infinity')).toBe(first)
  })
})

describe('other rules', () => {
  it('are shown before they are applied, and what is shown is what comes', async () => {
    const site = 'ruled'
    await addSite(site)
    await putIntoRecord(pool, [
      event(site, -60),
      event(site, -40), // one visit of 30 minutes, two of 15
      event(site, -300, { type: 'engagement', viewId: 'x', data: { visibleMs: 6_000 } }),
    ])
    await drain({ pool, clickhouse })
    const changed = { sessionTimeout: 900, engagedAfter: 5 }
    const [was, will] = await previewRules(pool, site, new Date(0), new Date(NOW), [
      DEFAULT_RULES,
      siteRules(changed),
    ])
    expect(was).toMatchObject({ visits: 2, bounces: 1, pageviews: 2 })
    expect(will).toMatchObject({ visits: 3, bounces: 2, pageviews: 2 })
    await pool.query('update sites set rules = $2 where site_id = $1', [
      site,
      JSON.stringify(changed),
    ])
    await rebuildAll(site)
    await drain({ pool, clickhouse })
    const { rows } = await pool.query(
      `select count(*) as visits, count(*) filter (where is_bounce) as bounces from user_sessions where site_id = $1`,
      [site],
    )
    expect(rows).toEqual([{ visits: 3, bounces: 2 }])
  })
})

describe('what is taken out of the record', () => {
  it('is taken out of everything made of it, and visits part where it lay between', async () => {
    const site = 'forgotten'
    await addSite(site)
    const bridge = event(site, -40, { id: newId() })
    const events = [event(site, -65), event(site, -15), bridge]
    await putIntoRecord(pool, events)
    await drain({ pool, clickhouse })
    const gone = await inTransaction(pool, async (connection) => {
      await takeLock(connection)
      return forget(connection, site, 'l.event_id = $2', [bridge.id], 10)
    })
    await drain({ pool, clickhouse })
    expect(gone).toBe(1)
    expect(await tablesOf(pool, site)).toEqual(model(events.slice(0, 2)))
    expect(await inClickHouse(site)).toHaveLength(2)
  })
})

describe('quarantine', () => {
  it('gives an event back when it has been mended', async () => {
    const site = 'mended'
    await addSite(site)
    const [good, bad] = [event(site, -5), event(site, -4)]
    await putIntoRecord(pool, [good, bad])
    await pool.query(`update events_log set event = 'null' where event_id = $1`, [bad.id])
    await drain({ pool, clickhouse })
    expect(await tablesOf(pool, site)).toEqual(model([good]))
    const mended = { url: 'https://h.example/' }
    expect(await replayQuarantined(pool, { siteId: site, eventId: bad.id, event: mended })).toBe(1)
    await drain({ pool, clickhouse })
    expect(await tablesOf(pool, site)).toEqual(model([good, bad]))
    const { rows } = await pool.query('select events from event_totals where site_id = $1', [site])
    expect(rows).toEqual([{ events: 2 }])
  })
})

describe('a row that cannot be processed', () => {
  it.each(['1899-12-31', '2300-01-01', '12000-01-01', '290000-01-01', 'infinity'])(
    'is one of %s, which ClickHouse does not have: it holds up nothing',
    async (at) => {
      const site = `at-${at}`
      await addSite(site)
      const [good, bad] = [event(site, -5), event(site, -4)]
      await putIntoRecord(pool, [good, bad])
      await pool.query('update events_log set occurred_at = $2 where event_id = $1', [bad.id, at])
      await drain({ pool, clickhouse })
      expect(await tablesOf(pool, site)).toEqual(model([good]))
      expect(await inClickHouse(site)).toHaveLength(1)
      const { rows } = await pool.query('select event_id from quarantine where site_id = $1', [
        site,
      ])
      expect(rows).toEqual([{ event_id: bad.id }])
    },
  )

  it('does not take its visitor’s other events with it, though they come late', async () => {
    const site = 'beside'
    await addSite(site)
    const first = [event(site, -60), event(site, -50)]
    await putIntoRecord(pool, first)
    await drain({ pool, clickhouse })
    const late = event(site, -55)
    const bad = event(site, -54)
    const after = event(site, -53)
    await putIntoRecord(pool, [late, bad, after])
    await pool.query(`update events_log set event = 'null' where event_id = $1`, [bad.id])
    await drain({ pool, clickhouse })
    expect(await tablesOf(pool, site)).toEqual(model([...first, late, after]))
    const { rows } = await pool.query('select event_id from quarantine where site_id = $1', [site])
    expect(rows).toEqual([{ event_id: bad.id }])
  })
})

describe('reconciliation', () => {
  it('finds nothing, and finds what is put wrong on purpose', async () => {
    const site = 'reconciled'
    await addSite(site)
    await putIntoRecord(pool, week(site))
    await drain({ pool, clickhouse })
    const all = async () => {
      while ((await reconcile(pool, clickhouse)) > 0);
      return mismatch(pool)
    }
    await pool.query(`delete from reconciliations where site_id <> $1`, [site])
    expect(await all()).toEqual({ days: 0, events: 0 })
    await pool.query(
      `delete from user_events where event_id = (
      select event_id from user_events where site_id = $1 order by event_id limit 1)`,
      [site],
    )
    await pool.query('update reconciliations set due_at = now()')
    expect(await all()).toEqual({ days: 1, events: 1 })
  })
})

describe('retention', () => {
  it('drops months that are past for all, deletes rows that are past for one, and keeps the days', async () => {
    const day = 24 * 60
    await addSite('short')
    await addSite('long')
    const old = [event('short', -100 * day), event('long', -100 * day)]
    const ancient = [event('short', -1_000 * day), event('long', -1_000 * day)]
    const young = [event('short', 0), event('long', 0)]
    await ensureMonths(
      pool,
      [...ancient, ...old].map(({ at }) => at),
    )
    await putIntoRecord(pool, [...ancient, ...old, ...young])
    await drain({ pool, clickhouse })
    await pool.query(`update sites set retention = '{"events": 760}'`)
    await pool.query(`update sites set retention = '{"events": 60}' where site_id = 'short'`)
    const { dropped } = await applyRetention(pool, clickhouse, new Date(NOW))
    expect(dropped).toEqual(['events_log_2024_02', 'pageviews_2024_02', 'user_events_2024_02'])
    for (const [site, kept] of [
      ['short', [young[0]]],
      ['long', [old[1], young[1]]],
    ] as const) {
      const events = kept.flatMap((each) => each ?? [])
      expect(await tablesOf(pool, site)).toEqual(model(events))
      const { rows } = await pool.query('select event_id from events_log where site_id = $1', [
        site,
      ])
      expect(rows).toHaveLength(events.length)
      expect(await inClickHouse(site)).toHaveLength(events.length)
      const days = await pool.query('select from daily_site_metrics where site_id = $1', [site])
      expect(days.rows).toHaveLength(3)
    }
    // A rebuild leaves the days whose events are gone as they are.
    expect(await rebuildAll('short')).toBe(1)
    await drain({ pool, clickhouse })
    const days = await pool.query('select events from daily_site_metrics where site_id = $1', [
      'short',
    ])
    expect(days.rows).toEqual([{ events: 1 }, { events: 1 }, { events: 1 }])
    const file = join(folder, 'too-old.ndjson')
    await writeFile(file, '{"eventType":"pageview","timestamp":"2024-02-29T10:00:00Z"}')
    const { rejected } = await importEvents({
      ...{ pool, siteId: 'short', file, rejects: join(folder, 'old'), now: () => NOW },
      onProgress: () => {},
    })
    expect(rejected).toBe(1)
    await pool.query(`update sites set retention = '{}', record_since = '-infinity'`)
  })

  it('keeps everything where nobody has said otherwise', async () => {
    const site = 'kept'
    await addSite(site)
    const ancient = [event(site, -3_000 * 24 * 60)]
    await ensureMonths(
      pool,
      ancient.map(({ at }) => at),
    )
    await putIntoRecord(pool, ancient)
    await drain({ pool, clickhouse })
    expect(await applyRetention(pool, clickhouse, new Date(NOW))).toEqual({ rows: 0, dropped: [] })
    expect(await tablesOf(pool, site)).toEqual(model(ancient))
  })
})

describe('an import', () => {
  it('takes the documented lines', async () => {
    const site = 'documented'
    await addSite(site)
    const documentation = await readFile(join(import.meta.dirname, '../docs/import.md'), 'utf8')
    const file = join(folder, 'documented.ndjson')
    await writeFile(file, documentation.match(/```json\n([^`]+)```/)?.[1] ?? '')
    const { accepted, rejected } = await importEvents({
      ...{ pool, siteId: site, file, rejects: join(folder, 'none'), now: () => NOW },
      onProgress: () => {},
    })
    expect([accepted, rejected]).toEqual([3, 0])
    await drain({ pool, clickhouse })
    expect(await tablesOf(pool, site)).toMatchObject({
      user_sessions: [{ session_id: 's1', source: 'news', pageviews: 1, is_engaged: true }],
    })
  })

  it('takes old events with what is known of them, rejects lines with reasons, and is undone', async () => {
    const site = 'imported'
    await addSite(site)
    const line = (over: object) =>
      JSON.stringify({ eventType: 'pageview', url: 'https://i.example/a', ...over })
    const lines = [
      line({
        timestamp: '2024-02-29T10:00:00Z',
        visitorId: 'v',
        derived: { country: 'DE', browser: 'Firefox' },
      }),
      line({ timestamp: '2024-02-29T10:10:00Z', visitorId: 'v', eventType: 'signup' }),
      line({ timestamp: '2024-02-29T11:00:00Z' }),
      'no json',
      line({ visitorId: 'v' }),
      line({ timestamp: '2024-02-29T10:00:00Z', siteId: 'other' }),
      line({ timestamp: '2024-02-29T10:00:00Z', derived: { country: 7 } }),
    ]
    const file = join(folder, 'events.ndjson')
    const rejects = join(folder, 'rejects.ndjson')
    await writeFile(file, lines.join('\n'))
    const run = () =>
      importEvents({
        ...{ pool, siteId: site, file, rejects, now: () => NOW, onProgress: () => {} },
      })
    const { importId, ...done } = await run()
    expect(done).toEqual({ line: 7, accepted: 3, duplicates: 0, rejected: 4 })
    const told = (await readFile(rejects, 'utf8')).trim().split('\n')
    expect(told.map((each) => [JSON.parse(each).line, JSON.parse(each).code])).toEqual([
      [4, 'invalid_json'],
      [5, 'invalid_timestamp'],
      [6, 'site_mismatch'],
      [7, 'invalid_event'],
    ])
    await drain({ pool, clickhouse })
    const { rows } = await pool.query(
      `select started_at, country, browser, pageviews, events from user_sessions where site_id = $1 order by events desc`,
      [site],
    )
    expect(rows).toMatchObject([
      {
        started_at: new Date('2024-02-29T10:00:00Z'),
        country: 'DE',
        browser: 'Firefox',
        pageviews: 1,
        events: 2,
      },
      { pageviews: 1, events: 1 },
    ])
    // The same file once more is another import, of whose lines those without an id are new.
    const undone = await inTransaction(pool, async (connection) => {
      await takeLock(connection)
      return forget(
        connection,
        site,
        'l.batch_id in (select batch_id from import_batches where import_id = $2)',
        [importId],
        100,
      )
    })
    await drain({ pool, clickhouse })
    expect(undone).toBe(3)
    expect(await tablesOf(pool, site)).toEqual(model([]))
    expect(await inClickHouse(site)).toEqual([])
  })
})
