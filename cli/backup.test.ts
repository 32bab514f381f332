import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openClickHouse, selectRows } from '../database/clickhouse.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { startLoad } from '../faults/ledger.ts'
import { generator } from '../faults/random.ts'
import { until } from '../faults/wait.ts'
import { type Product, runCommand, startProduct } from '../test/product.ts'
import { keptTables } from './backup-tables.ts'
import { readConfig } from './config.ts'
import { findRunning } from './data-folder.ts'
import { withDatabase } from './with-database.ts'

const SITES = ['one.example', 'two.example']
let folder = ''
let original: Product

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footfall-backup-'))
  original = await startProduct({ env: { LIMIT_NETWORK: '0' } })
})
afterAll(async () => {
  await original?.stop()
  await original?.remove()
  await rm(folder, { recursive: true, force: true })
})

async function withPool<T>(dataDir: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const url = findRunning(dataDir)?.databaseUrl ?? ''
  const pool = openPostgres(url, { max: 1, statementTimeoutMs: 60_000, onError: () => {} })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

const run = (dataDir: string, ...args: string[]) => runCommand(args, { DATA_DIR: dataDir })

const caughtUp = (dataDir: string) =>
  withPool(dataDir, (pool) =>
    until('the pipeline has caught up', async () => {
      const { rows } = await pool.query<{ waiting: number }>(
        `select (select count(*) from events_batches) + (select count(*) from clickhouse_outbox)
              + (select count(*) from changed_days) as waiting`,
      )
      return rows[0]?.waiting === 0
    }),
  )

/** What the processed tables and ClickHouse answer. */
async function answersOf(product: Product) {
  await caughtUp(product.dataDir)
  const tables = await withPool(product.dataDir, async (pool) => {
    const rows = async (sql: string) => (await pool.query(sql)).rows
    return {
      record: await rows('select event_id from events_log order by 1'),
      sessions: await rows(
        'select site_id, visitor_id, session_id, started_at, last_at, pageviews, events, is_bounce, entry_page, source from user_sessions order by 1, 2, 3, 4',
      ),
      days: await rows(
        'select site_id, day, visitors, visits, pageviews, events, bot_events, bounces from daily_site_metrics order by 1, 2',
      ),
      totals: await rows('select * from event_totals order by 1'),
    }
  })
  await product.stop() // the engine's folder has one owner at a time
  const clickhouse = await openClickHouse({ path: join(product.dataDir, 'clickhouse') })
  const reports = await selectRows(
    clickhouse,
    `select site_id, event_type, count() as events, uniqExact(visitor) as visitors, uniqExact(visitor, session) as visits,
            groupBitXor(cityHash64(event_id, path, source, entry_page)) % 1000000007 as rows
     from events group by all order by all`,
  )
  await clickhouse.close()
  return { ...tables, reports }
}

describe('a backup', () => {
  it('holds every table that cannot be made again', async () => {
    const names = await withPool(original.dataDir, async (pool) => {
      const connection = await pool.connect()
      const tables = await keptTables(connection)
      connection.release()
      return tables.map(({ name }) => name)
    })
    // A new table: say in backup-tables.ts whether the pipeline makes it again, then add it here.
    expect(names).toEqual([
      ...['user', 'account', 'annotations', 'anonymous_counts', 'api_keys'], // referenced ones first
      ...['daily_site_metrics', 'dictionary', 'dictionary_sizes', 'erasures', 'events_log'],
      ...['goals', 'import_batches', 'imports', 'segments', 'site_groups', 'sites'],
    ])
  })

  it('taken under load and restored elsewhere has every event acknowledged before it, and answers the same', async () => {
    const load = startLoad(
      { url: original.url, sites: SITES, eventsPerSecond: 400, clients: 4, maxBatch: 20 },
      generator(3),
    )
    await until('some events are acknowledged', () => load.ledger.count('acked') > 400)
    const before = [...load.ledger.fates].filter(([, fate]) => fate === 'acked').map(([id]) => id)
    const first = await run(original.dataDir, 'backup', folder)
    expect([first.code, first.stderr]).toEqual([0, ''])
    const ledger = await load.stop()

    // While it was written, more came: of those some are in it, and nothing else is.
    const restoredDir = await mkdtemp(join(tmpdir(), 'footfall-restored-'))
    const restored = await run(restoredDir, 'restore', first.stdout.trim())
    expect([restored.code, restored.stderr]).toEqual([0, ''])
    const copy = await startProduct({ dataDir: restoredDir })
    const answers = await answersOf(copy)
    const ids = new Set(answers.record.map((row) => row.event_id))
    expect(before.filter((id) => !ids.has(id))).toEqual([])
    expect([...ids].filter((id) => ledger.fates.get(id) !== 'acked')).toEqual([])
    expect(answers.days.reduce((sum, day) => sum + day.events + day.bot_events, 0)).toBe(ids.size)
    console.log(
      `drill: ${before.length} acknowledged before the backup, ${ids.size} in it, ${ledger.count('acked')} in all; 0 lost. ${restored.stdout.trim()}`,
    )
    await copy.remove()

    // Of the same instant, the answers are the same.
    await caughtUp(original.dataDir)
    const second = await run(original.dataDir, 'backup', folder)
    const wanted = await answersOf(original)
    await run(restoredDir, 'restore', second.stdout.trim())
    const same = await startProduct({ dataDir: restoredDir })
    expect(await answersOf(same)).toEqual(wanted)
    await same.remove()
  }, 120_000)

  it('restored after an erasure has nothing of the visitor: by a newer backup, or by the receipt', async () => {
    const names = (await readdir(folder)).sort()
    const path = join(folder, names[0] ?? '')
    let first = ''
    let second = ''
    await withDatabase(readConfig({ DATA_DIR: original.dataDir }), async (pool) => {
      const { rows } = await pool.query<{ visitor_id: string }>(
        'select visitor_id from events_log where site_id = $1 group by 1 order by count(*) desc, 1 limit 2',
        [SITES[0]],
      )
      ;[first = '', second = ''] = rows.map((row) => row.visitor_id)
    })
    expect(second).not.toBe('')
    const exported = await run(
      original.dataDir,
      ...['visitor', 'export', first, '--site', SITES[0] ?? ''],
    )
    expect(JSON.parse(exported.stdout.split('\n')[0] ?? '')).toMatchObject({
      ...{ siteId: SITES[0], visitorId: first },
      ...{ eventType: expect.any(String), url: expect.any(String) },
    })
    const erase = (visitor: string) =>
      run(original.dataDir, 'visitor', 'erase', visitor, '--site', SITES[0] ?? '')
    const erased = await erase(first)
    expect([erased.code, erased.stderr]).toEqual([0, ''])
    expect(JSON.parse(erased.stdout)).toMatchObject({ siteId: SITES[0] })
    expect(erased.stdout).not.toContain(first)
    await run(original.dataDir, 'backup', folder)
    const receipts = join(folder, 'receipts.ndjson')
    await writeFile(receipts, (await erase(second)).stdout)

    // A copy of it, by whatever name.
    const named = join(folder, 'of-before')
    await cp(path, named, { recursive: true })
    const restoredDir = await mkdtemp(join(tmpdir(), 'footfall-restored-'))
    const restored = await run(restoredDir, 'restore', named, '--erasures', receipts)
    expect([restored.code, restored.stdout]).toEqual([
      0,
      expect.stringMatching(/but \d+ of visitors who were erased since/),
    ])
    const copy = await startProduct({ dataDir: restoredDir })
    await caughtUp(restoredDir)
    const left = await withPool(restoredDir, async (pool) => {
      const { rows } = await pool.query<{ site_id: string; visitor_id: string }>(
        `select distinct site_id, visitor_id from (
           select site_id, visitor_id from events_log union all select site_id, visitor_id from user_sessions) v`,
      )
      return rows.filter(({ site_id }) => site_id === SITES[0]).map((row) => row.visitor_id)
    })
    expect(left.length).toBeGreaterThan(0)
    expect(left).not.toContain(first)
    expect(left).not.toContain(second)
    await copy.stop()
    await copy.remove()
    await rm(receipts)
    await rm(named, { recursive: true })
  }, 120_000)

  it('has no salt, no sign-in and no address of the database', async () => {
    const [name = ''] = (await readdir(folder)).sort()
    const files = await readdir(join(folder, name))
    expect(files).not.toContain('visitor_salts.copy.zst')
    expect(files).not.toContain('session.copy.zst')
    const { postgresPassword } = JSON.parse(
      await readFile(join(original.dataDir, 'footfall.json'), 'utf8'),
    )
    for (const file of files) {
      const bytes = await readFile(join(folder, name, file))
      const text = (file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString()
      expect(text).not.toContain(postgresPassword)
    }
  })

  it('is tried by a drill, and refused when a file of it has changed or the target is in use', async () => {
    const names = (await readdir(folder)).sort()
    const path = join(folder, names.at(-1) ?? '')
    const drill = await run(original.dataDir, 'restore', path, '--drill', 'yes')
    expect([drill.code, drill.stdout]).toEqual([0, expect.stringMatching(/^Can be restored: \d+/)])
    const noted = JSON.parse(await readFile(join(original.dataDir, 'operations.json'), 'utf8'))
    expect(Object.keys(noted).sort()).toEqual(['backup', 'drill'])

    const full = await run(original.dataDir, 'restore', path)
    expect([full.code, full.stderr]).toEqual([2, expect.stringContaining('holds reports')])
    await appendFile(join(path, 'sites.copy.zst'), 'x')
    const changed = await run(join(folder, 'nowhere'), 'restore', path)
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining('not as it was')])

    // What was interrupted: of today, another may still be writing it.
    const [old, ofToday] = [
      'footfall-20200101T000000Z.partial',
      'footfall-20991231T000000Z.partial',
    ]
    for (const name of [old, ofToday]) await mkdir(join(folder, name))
    await utimes(join(folder, old), 1e9, 1e9)
    const failed = await runCommand(['backup', folder], {
      DATA_DIR: original.dataDir,
      DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c',
    })
    expect(failed.code).not.toBe(0)
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([ofToday])
    await rm(join(folder, ofToday), { recursive: true })
    const kept = await run(original.dataDir, 'backup', folder, '--keep', '1')
    expect((await readdir(folder)).filter((name) => name.startsWith('footfall-'))).toEqual([
      kept.stdout.trim().split('/').at(-1),
    ])
  }, 120_000)
})
