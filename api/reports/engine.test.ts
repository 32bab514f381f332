import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../../database/clickhouse.ts'
import { scopedSql } from '../../reports/scope.ts'
import { testClickHouse } from '../../test/databases.ts'
import { createReportEngine } from './engine.ts'

const NOW = Temporal.Instant.from('2026-11-08T12:00:00Z').toZonedDateTimeISO('UTC')
let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

// The tests' own HTTP endpoint does one thing at a time.
it.runIf(process.env.TEST_CLICKHOUSE !== 'http')(
  'answers a site, and the pipeline, while others ask for more than the engine can do',
  async () => {
    const engine = createReportEngine(clickhouse, { subscribe: () => () => {} })
    let isHeavyDone = false
    const ask = (siteId: string, name: string, seconds: number, signal: AbortSignal) => {
      const sql = scopedSql({ siteId }, { from: NOW, to: NOW }, 'UTC')
      const { run } = engine.ask({ siteId }, '', signal)
      return run(sql.statement(`select sleep(${seconds}), '${name}' as name`))
    }
    const heavy = (siteId: string, name: string, seconds: number, signal: AbortSignal) =>
      ask(siteId, name, seconds, signal).then(() => {
        isHeavyDone = true
      })
    const never = new AbortController().signal
    const leaving = new AbortController()
    const given = ['one', 'two'].map((name) =>
      heavy('heavy', name, 3, leaving.signal).catch(() => {}),
    )
    await setTimeout(300)
    leaving.abort() // the embedded engine goes on all the same
    const first = heavy('heavy', 'three', 1, never)
    await setTimeout(300)
    await ask('light', 'four', 0, never)
    expect(isHeavyDone).toBe(false)
    const second = heavy('light', 'five', 1, never)
    await selectRows(clickhouse, 'select {one:UInt8}', { one: 1 })
    expect(isHeavyDone).toBe(false)
    await Promise.all([...given, first, second])
  },
  20_000,
)
