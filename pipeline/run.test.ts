import { Registry } from 'prom-client'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { until } from '../faults/wait.ts'
import { testClickHouse, testPostgres } from '../test/databases.ts'
import { putIntoRecord } from './record.fixture.ts'
import { runPipeline } from './run.ts'

let pool: Pool
let clickhouse: ClickHouse
beforeAll(async () => {
  pool = (await testPostgres()).pool
  clickhouse = await testClickHouse()
})

const NOW = Date.parse('2026-11-30T12:00:00Z')
const DAY_MS = 24 * 3_600_000

describe('the pipeline', () => {
  it('goes on while ClickHouse hangs, is behind by what waits, and catches up', async () => {
    const site = 'hanging'
    await pool.query('insert into sites (site_id, name) values ($1, $1)', [site])
    await putIntoRecord(pool, [
      {
        ...{ site, id: '00000000-0000-4000-8000-000000000001', visitor: 'v', session: null },
        ...{ at: NOW - 3 * DAY_MS, type: 'pageview', path: '/', data: {} },
      },
    ])
    const registry = new Registry()
    const goOn = Promise.withResolvers<void>()
    const hanging = new Proxy(clickhouse, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...given: unknown[]) => {
          await goOn.promise
          return value.apply(target, given)
        }
      },
    })
    const stop = runPipeline({
      ...{ pool, clickhouse: hanging, registry },
      now: () => new Date(NOW + performance.now()), // its pauses end
      onError: () => {},
    })
    const left = async (sql: string) => (await pool.query(sql)).rows.length
    await until('the day is computed', async () => (await left(DAYS)) === 1)
    expect(await left('select from clickhouse_outbox')).toBe(1)
    goOn.resolve()
    await until('it is there', async () => (await left('select from clickhouse_outbox')) === 0)
    await until('the day is counted', async () => (await left(COUNTED)) === 1)
    await stop()
    const metrics = await registry.metrics()
    expect(metrics).toMatch(/^rollup_mismatch_total 0$/m)
    expect(metrics).toMatch(/^etl_lag_seconds 0$/m)
    expect(metrics).toMatch(/^privacy_oldest_event_age_days \d/m)
  })
})

const DAYS = `select from daily_site_metrics where site_id = 'hanging' and events = 1`
const COUNTED = `select from reconciliations where site_id = 'hanging' and clickhouse = 1`
