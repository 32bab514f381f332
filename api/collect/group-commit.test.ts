import { randomUUID } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import type { Pool } from '../../database/postgres.ts'
import { testPostgres } from '../../test/databases.ts'
import type { EventRow } from './event-row.ts'
import { GroupCommit } from './group-commit.ts'

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

const row = (change: Partial<EventRow> = {}): EventRow => ({
  siteId: 'site',
  eventId: randomUUID(),
  idAtMs: 0,
  eventType: 'pageview',
  visitorId: 'visitor',
  visitorBasis: 'persistent_id',
  sessionId: null,
  occurredAtMs: Date.UTC(2026, 0),
  receivedAtMs: Date.UTC(2026, 0),
  host: null,
  path: null,
  derived: {},
  event: {},
  ...change,
})

it('refuses a row that PostgreSQL does not take, and stores the requests beside it', async () => {
  const groupCommit = new GroupCommit({ pool })
  const lone = row({ event: { title: '\ud83d' } })
  const results = await Promise.allSettled(
    [row(), row(), lone, row(), row()].map((each) => groupCommit.store([each], 100)),
  )
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(results[2]).toMatchObject({ reason: { code: 'invalid_event' } })
  const { rows } = await pool.query('select count(*)::integer as stored from events_log')
  expect(rows).toEqual([{ stored: 4 }])
  expect([groupCommit.queuedEvents, groupCommit.queuedBytes]).toEqual([0, 0])
})

it('refuses at once what its queue has no room for, and takes it when there is', async () => {
  const groupCommit = new GroupCommit({ pool, maxQueuedEvents: 2 })
  const first = groupCommit.store([row(), row()], 200)
  await expect(groupCommit.store([row()], 100)).rejects.toMatchObject({ code: 'unavailable' })
  expect(await first).toBe(2)
  await groupCommit.drained()
  expect(await groupCommit.store([row()], 100)).toBe(1)
})
