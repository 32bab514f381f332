import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { testClickHouse } from '../test/databases.ts'
import { answer } from './answer.ts'
import { type Goal, goalFilter } from './goal.ts'
import { drawing, history, insertable } from './histories.fixture.ts'
import { parseQuery } from './parse.ts'

const FOLDER = join(import.meta.dirname, 'cases')
const NOW = Date.parse('2026-11-02T11:59:30Z')
const SITE = 'cases-example'
const GOALS: readonly Goal[] = [
  { name: 'Signup', value: 5, reached: goalFilter({ kind: 'event', event: 'Signup' }) },
  { name: 'Visit /docs**', value: 0, reached: goalFilter({ kind: 'page', page: '/docs**' }) },
]

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  const values = history(SITE, drawing(5), NOW).map(insertable)
  await clickhouse.insert({ table: 'events', values, format: 'JSONEachRow' })
})

// A case is a request in NAME.json, and beside it what was made of it: `NAME.sql`, the
// statements in their order, and `NAME.answer.json`. Read a difference before you take it (-u).
const requests = readdirSync(FOLDER).filter((name) => /^[^.]+\.json$/.test(name))

it.each(requests)('%s has its SQL and its answer', async (file) => {
  const name = file.slice(0, -'.json'.length)
  const statements: string[] = []
  const query = parseQuery(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')))
  const told = await answer({ siteId: SITE }, query, {
    timezone: 'Europe/Berlin',
    nowMs: NOW,
    freshness: '2026-11-02T11:59:30Z',
    names: { goals: GOALS, segments: { Readers: ['starts', 'event:page', ['/docs']] } },
    run: ({ sql, params }) => {
      const text = JSON.stringify(params, null, 1).replaceAll('\n', '\n-- ')
      statements.push(`-- ${text}\n${sql};\n`)
      return selectRows(clickhouse, sql, params)
    },
  })
  expect(statements.length).toBeGreaterThan(1)
  for (const statement of statements) {
    const reads = statement.split('from events\n').length - 1
    expect(statement.split('site_id in {sites:Array(String)}').length - 1).toBe(reads)
  }
  await expect(statements.sort().join('\n')).toMatchFileSnapshot(join(FOLDER, `${name}.sql`))
  await expect(`${JSON.stringify(told, null, 2)}\n`).toMatchFileSnapshot(
    join(FOLDER, `${name}.answer.json`),
  )
})
