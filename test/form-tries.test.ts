import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../contract/event.ts'
import type { ClickHouse } from '../database/clickhouse.ts'
import { triesOf } from '../reports/questions/form-tries.ts'
import { open } from '../reports/questions/question.ts'
import { testClickHouse } from './databases.ts'
import { loadHistories, type Told } from './histories.ts'
import { contextOf } from './questions.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

const TYPES = [
  'form_touch',
  'form_start',
  'form_invalid',
  'form_submit',
  'form_success',
  'form_abandon',
]
const event = fc.record({
  visitor: fc.constantFrom('v1', 'v2'),
  attempt: fc.constantFrom('a', 'b'),
  type: fc.constantFrom(...TYPES),
  gap: fc.constantFrom(0, 1, 60),
  field: fc.constantFrom(undefined, 'name', 'mail'),
  lastField: fc.constantFrom(undefined, 'name', 'mail'),
  lastFocused: fc.constantFrom(undefined, 'phone'),
  hesitationMs: fc.constantFrom(undefined, 0, 700),
  timeMs: fc.constantFrom(undefined, 10, 20_000),
  submits: fc.constantFrom(undefined, 0, 1, 2),
  isAutofill: fc.constantFrom(undefined, true),
  version: fc.constantFrom('v1', 'v2'),
  fields: fc.constantFrom(undefined, [{ field: 'name', index: 1 }], [{ field: 'mail', index: 2 }]),
})

let sites = 0
describe('tries at forms', () => {
  it('are in ClickHouse what the pipeline makes of them for PostgreSQL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (steps) => {
        const site = `f${++sites}`
        let second = 0
        const told = steps.map(({ visitor, type, gap, ...data }, index): Told => {
          second += gap
          return {
            ...{ visitor, type, path: '/join', session: visitor },
            id: `0000000${index % 3}-0000-4000-8000-${String(index).padStart(12, '0')}`,
            at: new Date(Date.parse('2026-11-10T10:00:00Z') + second * 1_000).toISOString(),
            data: JSON.parse(
              // A start names its field.
              JSON.stringify({
                form: 'join',
                ...data,
                ...(type === 'form_start' && { field: data.field ?? 'name' }),
              }),
            ) as { [key: string]: Json },
          }
        })
        const submissions = await loadHistories(clickhouse, site, told)
        const context = contextOf(clickhouse, site)
        const opened = await open({ range: ['2026-11-10', '2026-11-10'] }, context)
        const { sql, tries } = triesOf(opened, context, {})
        const rows = await context.run(
          sql.statement(`select form, attempt, version, first_ms, last_ms, is_started, is_autofill,
            submit_attempts, successes > 0 as is_done, failures, hesitation_ms, time_ms,
            drop_field, drop_field_focused, fields from (${tries})`),
        )
        const key = (row: object) => JSON.stringify(row)
        expect(
          rows
            .map(({ fields, ...row }) => ({
              ...row,
              fields: (fields as string[]).map((each) => JSON.parse(each)),
            }))
            .sort((a, b) => key(a).localeCompare(key(b))),
        ).toEqual(
          submissions
            .map((row) => ({
              ...{ form: row.form, attempt: row.attempt, version: row.version },
              ...{ first_ms: row.first_at.getTime(), last_ms: row.last_at.getTime() },
              is_started: Number(row.started_at !== null),
              is_autofill: Number(row.is_autofill),
              submit_attempts: row.submits,
              is_done: Number(row.succeeded_at !== null),
              ...{ failures: row.failures, hesitation_ms: row.hesitation_ms, time_ms: row.time_ms },
              ...{
                drop_field: row.drop_field ?? '',
                drop_field_focused: row.drop_field_focused ?? '',
              },
              fields: row.fields ?? [],
            }))
            .sort((a, b) => key(a).localeCompare(key(b))),
        )
      }),
      { numRuns: Number(process.env.HISTORIES ?? 60), seed: 20_261_125, endOnFailure: true },
    )
  }, 300_000)
})
