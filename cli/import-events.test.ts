import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { tablesOf } from '../pipeline/record.fixture.ts'
import { drain } from '../pipeline/run.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { importEvents } from './import-events.ts'

const AT = '2024-03-01T10:00:00Z'
let pool: Pool
let clickhouse: ClickHouse
let folder: string
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
  folder = await mkdtemp(join(tmpdir(), 'footfall-import-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function bring(siteId: string, events: readonly object[]): Promise<void> {
  await pool.query('insert into sites (site_id, name) values ($1, $1)', [siteId])
  const file = join(folder, `${siteId}.ndjson`)
  await writeFile(file, events.map((event) => JSON.stringify(event)).join('\n'))
  const { rejected } = await importEvents({
    ...{ pool, siteId, file, rejects: join(folder, 'rejects') },
    ...{ now: () => Date.parse('2026-11-25T00:00:00Z'), onProgress: () => {} },
  })
  expect(rejected).toBe(0)
  await drain({ pool, clickhouse })
}

it('lines of one moment have the order of the file', async () => {
  const view = (_: unknown, index: number) => ({
    ...{ eventType: 'pageview', timestamp: AT, visitorId: 'v' },
    url: `https://example.com/page-${index}`,
  })
  await bring('of-one-moment', Array.from({ length: 8 }, view))
  expect(await tablesOf(pool, 'of-one-moment')).toMatchObject({
    user_sessions: [{ entry_page: '/page-0', exit_page: '/page-7', pageviews: 8 }],
  })
})

it('an engagement that names no view counts, with the properties a site gave it', async () => {
  const event = { timestamp: AT, visitorId: 'v', url: 'https://example.com/' }
  const eventData = { visibleMs: 4_000, engagedMs: 3_000, scrollDepth: 40, author: 'ada' }
  await bring('without-view', [
    { eventType: 'pageview', ...event },
    { eventType: 'engagement', ...event, eventData },
  ])
  const rows = await selectRows(
    clickhouse,
    `select visible_ms, scroll_depth, properties from events
     where site_id = 'without-view' and event_type = 'engagement'`,
    {},
  )
  expect(rows).toEqual([{ visible_ms: 4_000, scroll_depth: 40, properties: { author: 'ada' } }])
})
