import { expect, it } from 'vitest'
import { killUnderLoad } from './kill.ts'

it('kill -9 of collector, app and PostgreSQL under load loses nothing and counts nothing twice', async () => {
  const report = await killUnderLoad({ rounds: 1, clients: 4, seed: 7, say: () => {} })
  expect(report.kills).toEqual({ collector: 1, app: 1, postgres: 1 })
  expect(report.acked).toBeGreaterThan(100)
  expect(report).toMatchObject({
    lost: 0,
    phantom: 0,
    wrong: { processed: 0, daily: 0, clickhouse: 0 },
  })
}, 300_000)
