import { beforeAll, expect, it } from 'vitest'
import type { Pool } from '../database/postgres.ts'
import { testPostgres } from '../test/databases.ts'
import { compactCounts } from './event-counts.ts'

const NOW = new Date('2026-11-24T12:34:56Z')

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

it('counts become coarser with age, lose nothing, and are forgotten after two days', async () => {
  await pool.query(
    `insert into event_counts select 'a', $1::timestamptz - s * interval '10 seconds', 1
     from generate_series(0, 20000) s`,
    [new Date('2026-11-24T12:34:50Z')],
  )
  const counts = async () =>
    (
      await pool.query<{ at: Date; events: number }>(
        "select at, events from event_counts where site_id = 'a' order by at desc",
      )
    ).rows
  const sum = (rows: readonly { events: number }[]) =>
    rows.reduce((total, { events }) => total + events, 0)
  const before = await counts()
  await compactCounts(pool, NOW)
  const after = await counts()
  expect(after.length).toBeLessThan(220)
  // The hour in which the two days began is forgotten whole.
  const since = Date.UTC(2026, 10, 22, 13)
  expect(sum(after)).toBe(sum(before.filter(({ at }) => at.getTime() >= since)))
  await compactCounts(pool, NOW)
  expect(await counts()).toEqual(after)
})
