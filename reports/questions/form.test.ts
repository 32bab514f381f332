import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../database/clickhouse.ts'
import { testClickHouse } from '../../test/databases.ts'
import { loadHistories, type Told } from '../../test/histories.ts'
import { asking } from '../../test/questions.ts'
import { form } from './form.ts'
import { forms } from './forms.ts'

const DAY = Date.parse('2026-11-10T10:00:00Z')
const at = (second: number) => new Date(DAY + second * 1_000).toISOString()
const RANGE = ['2026-11-10', '2026-11-10'] as const

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
  await loadHistories(clickhouse, 'a', [
    // Fills all, is told of a mistake, and succeeds.
    ...tryOf('done', 'd', [
      [0, 'form_load', {}],
      [1, 'form_view', { fieldCount: 3 }],
      [2, 'form_touch', { field: 'name' }],
      [4, 'form_start', { field: 'name', hesitationMs: 3_000 }],
      [
        20,
        'form_submit',
        { isValid: false, submits: 1, timeMs: 16_000, fields: fields({ pastes: 1 }) },
      ],
      [20, 'form_invalid', { failed: ['mail', 'phone'] }],
      [
        30,
        'form_submit',
        {
          ...{ isValid: true, isPrevented: true, submits: 2, hesitationMs: 3_000, timeMs: 26_000 },
          ...{ lastField: 'mail', lastFocused: 'phone', fields: fields({ refills: 1, pastes: 1 }) },
        },
      ],
      [31, 'form_success', { rule: 'page', submits: 2, timeMs: 27_000 }],
    ]),
    // Fills the second before the first, and leaves.
    ...tryOf('left', 'l', [
      [1, 'form_view', { fieldCount: 3 }],
      [2, 'form_touch', { field: 'mail' }],
      [3, 'form_start', { field: 'mail', hesitationMs: 1_000, isAutofill: true }],
      [
        9,
        'form_abandon',
        {
          ...{ submits: 0, timeMs: 6_000, lastField: 'mail', lastFocused: 'name' },
          fields: [
            { field: 'name', type: 'text', index: 1, order: 2, focuses: 1, timeMs: 1_000 },
            {
              field: 'mail',
              type: 'email',
              index: 2,
              order: 1,
              focuses: 2,
              timeMs: 4_000,
              corrections: 2,
            },
            { field: 'phone', type: 'tel', index: 3 },
          ],
        },
      ],
    ]),
    // Still at it: the answer is asked for ten minutes later.
    ...tryOf('typing', 't', [[7_200, 'form_start', { field: 'name' }]]),
    ...tryOf('looker', 'k', [[1, 'form_view', { fieldCount: 3 }]]),
    { visitor: 'other', at: at(5), type: 'form_view', data: { form: 'search', attempt: 's' } },
    // Began the day before: of another range.
    ...tryOf('early', 'e', [
      [-12 * 3_600, 'form_start', { field: 'name' }],
      [-9 * 3_600, 'form_success', { timeMs: 1 }],
    ]),
  ])
})

function tryOf(
  visitor: string,
  attempt: string,
  events: [second: number, type: string, data: Told['data']][],
): Told[] {
  return events.map(([second, type, data], index) => ({
    ...{ visitor, at: at(second), type, path: '/join' },
    id: `00000000-0000-4000-8000-00000000000${index}`,
    data: { form: 'join', attempt, version: 'v1', ...data },
    derived: { device: visitor === 'left' ? 'mobile' : 'desktop' },
  }))
}

function fields(ofMail: object) {
  return [
    {
      field: 'name',
      type: 'text',
      index: 1,
      order: 1,
      focuses: 1,
      timeMs: 3_000,
      lengthBucket: '6-20',
    },
    {
      field: 'mail',
      type: 'email',
      index: 2,
      order: 2,
      focuses: 3,
      timeMs: 8_000,
      hesitationMs: 500,
      ...ofMail,
    },
    { field: 'phone', type: 'tel', index: 3, focuses: 1, timeMs: 200, isBlank: true },
  ] as never // numbers and texts
}

const ask = () => asking(clickhouse, 'a', { nowMs: DAY + 7_800_000 })

describe('the forms of a site', () => {
  it('have the numbers of their tries', async () => {
    const { rows } = await ask()(forms, { range: RANGE })
    expect(rows).toMatchObject([
      {
        ...{ form: 'join', loads: 1, views: 3, viewers: 3, touches: 3, starts: 3 },
        ...{ autofilled_starts: 1, submit_attempts: 2, submits: 0, successes: 1, abandons: 1 },
        ...{ open: 1, validation_failures: 1, view_to_start_percent: 100 },
        ...{ start_to_success_percent: 33.3, view_to_success_percent: 33.3 },
        ...{ mean_hesitation_s: 2, median_hesitation_s: 2, mean_time_to_success_s: 27 },
        out_of_order_percent: 50,
      },
      { form: 'search', views: 1, starts: 0, start_to_success_percent: null },
    ])
  })

  it('are asked about with the filters of a query', async () => {
    const { rows } = await ask()(forms, {
      range: RANGE,
      filters: [['is', 'visit:device', ['mobile']]],
    })
    expect(rows).toMatchObject([{ form: 'join', starts: 1, abandons: 1 }])
  })
})

describe('one form', () => {
  it('sets those who complete it against those who abandon it, by field', async () => {
    const { rows, ...rest } = await ask()(form, { range: RANGE, form: 'join' })
    const of = (field: string, who: string) =>
      rows.find((row) => row.field === field && row.who === who)
    expect(rows.map((row) => row.field).slice(0, 3)).toEqual(['name', 'name', 'name'])
    expect(of('mail', 'completed')).toMatchObject({
      ...{ type: 'email', place: 2, tries: 1, touched: 1, filled: 1, mean_s: 8 },
      ...{ mean_hesitation_s: 0.5, refocuses: 2, refills: 1, pastes: 1, failures: 1, drops: 0 },
      blank_percent: 0,
    })
    expect(of('mail', 'abandoned')).toMatchObject({ corrections: 2, drops: 1, drops_focused: 0 })
    expect(of('name', 'abandoned')).toMatchObject({ drops: 0, drops_focused: 1, mean_s: 1 })
    expect(of('name', 'all')).toMatchObject({ tries: 2, mean_s: 2, lengths: { '6-20': 1 } })
    expect(of('phone', 'all')).toMatchObject({ touched: 1, blank: 1, blank_percent: 100 })
    expect(rest).toMatchObject({
      total: { starts: 3, successes: 1 },
      completers: { mean_hesitation_s: 3, out_of_order_percent: 0 },
      abandoners: { mean_hesitation_s: 1, out_of_order_percent: 100 },
      versions: [{ key: 'v1', starts: 3 }],
    })
  })

  it('by a dimension has a summary for each value', async () => {
    const { groups } = await ask()(form, { range: RANGE, form: 'join', breakdown: 'visit:device' })
    expect(groups).toMatchObject([
      { key: 'desktop', starts: 2, successes: 1 },
      { key: 'mobile', starts: 1, abandons: 1 },
    ])
  })

  it('that nobody knows has no rows', async () => {
    const { rows } = await ask()(form, { range: RANGE, form: 'none' })
    expect(rows).toEqual([])
  })
})
