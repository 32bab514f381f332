import { describe, expect, it } from 'vitest'
import { NO_NAMES, type SiteNames } from './goal.ts'
import { parseQuery } from './parse.ts'
import { planQuery } from './plan.ts'
import { resolveRange } from './range.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const NAMES: SiteNames = {
  goals: [
    { name: 'Signup', value: 0, reached: ['is', 'event:name', ['Signup']] },
    { name: 'Sale', value: 0, reached: ['is', 'event:name', ['Sale']] },
  ],
  segments: { Readers: ['starts', 'event:page', ['/docs']] },
}

function plan(body: object, names = NAMES) {
  const query = parseQuery({ metrics: ['visitors'], range: '7d', ...body })
  const interval = resolveRange(query.range, 'UTC', NOW)
  if (!interval) throw new Error('no interval')
  return planQuery(query, { interval, timezone: 'UTC', nowMs: NOW, names })
}

describe('the plan', () => {
  it.each([
    [['2026-11-24T11:00:00Z', '2026-11-24T12:00:00Z'], 'time:minute'],
    ['day', 'time:hour'],
    [['2026-11-01', '2026-11-02'], 'time:hour'],
    ['7d', 'time:day'],
    [['2026-01-01', '2026-02-09'], 'time:day'],
    ['91d', 'time:week'],
    ['12mo', 'time:week'],
    [['2024-01-01', '2026-01-01'], 'time:month'],
  ])('chooses the grain of %j', (range, grain) => {
    expect(plan({ range, dimensions: ['time'] }).dimensions).toEqual([grain])
  })

  it('opens segments and goals, and leaves goals and properties out of what a rate is of', () => {
    const { filters, baseFilters, goals } = plan({
      filters: [
        ['is', 'segment', ['Readers']],
        ['is', 'event:goal', ['Signup']],
        [
          'and',
          [
            ['is', 'event:props:plan', ['pro']],
            ['is', 'visit:country', ['DE']],
          ],
        ],
      ],
    })
    expect(filters.slice(0, 2)).toEqual([
      ['or', [['starts', 'event:page', ['/docs']]]],
      ['or', [['is', 'event:name', ['Signup']]]],
    ])
    expect(baseFilters).toEqual([
      ['or', [['starts', 'event:page', ['/docs']]]],
      ['and', [['is', 'visit:country', ['DE']]]],
    ])
    expect(goals.map(({ name }) => name)).toEqual(['Signup'])
  })

  it.each([
    [
      [
        'or',
        [
          ['is', 'event:goal', ['Signup']],
          ['is', 'event:props:plan', ['pro']],
        ],
      ],
      [],
    ],
    [['not', ['is', 'event:goal', ['Signup']]], []],
    // Whom the rate is of.
    [['has_done', ['is', 'event:goal', ['Signup']]], 1],
    [
      [
        'or',
        [
          ['is', 'event:goal', ['Signup']],
          ['is', 'visit:country', ['DE']],
        ],
      ],
      1,
    ],
    [['not', ['has_done', ['is', 'event:props:plan', ['pro']]]], 1],
  ])('of what a rate is of, %j is left out or stays whole', (filter, left) => {
    const { filters, baseFilters } = plan({ filters: [filter] })
    expect(baseFilters).toEqual(left === 1 ? filters : left)
  })

  it('a segment says whom a rate is of, whatever it is made of', () => {
    const { baseFilters } = plan({ filters: [['is', 'segment', ['Readers']]] })
    expect(baseFilters).toHaveLength(1)
  })

  it('is about all goals where they are a dimension, and about none that a visit reached elsewhere', () => {
    expect(plan({ dimensions: ['event:goal'] }).goals).toHaveLength(2)
    const elsewhere = { filters: [['has_done', ['is', 'event:goal', ['Sale']]]] }
    expect(plan(elsewhere).goals).toEqual([])
    expect(() => plan({ ...elsewhere, metrics: ['conversions'] })).toThrow(
      /conversions needs event:goal/,
    )
  })

  it.each([
    [[['not', ['is', 'event:goal', ['Signup']]]], ['Sale']],
    [
      [
        ['is', 'event:goal', ['Signup', 'Sale']],
        ['not', ['is', 'event:goal', ['Sale']]],
      ],
      ['Signup'],
    ],
    [
      [
        [
          'or',
          [
            ['is', 'event:goal', ['Signup']],
            ['is', 'visit:country', ['DE']],
          ],
        ],
      ],
      ['Signup', 'Sale'],
    ],
    [
      [
        [
          'or',
          [
            ['is', 'event:goal', ['Signup']],
            ['is', 'event:goal', ['Sale']],
          ],
        ],
      ],
      ['Signup', 'Sale'],
    ],
    [
      [
        [
          'and',
          [
            ['is', 'event:goal', ['Sale']],
            ['is', 'visit:country', ['DE']],
          ],
        ],
      ],
      ['Sale'],
    ],
  ])('with %j it is about the goals %j', (filters, names) => {
    const { goals } = plan({ dimensions: ['event:goal'], metrics: ['conversions'], filters })
    expect(goals.map(({ name }) => name).sort()).toEqual(names.toSorted())
  })

  it.each([
    [['not', ['is', 'event:goal', ['Signup']]]],
    [
      [
        'or',
        [
          ['is', 'event:goal', ['Signup']],
          ['is', 'visit:country', ['DE']],
        ],
      ],
    ],
  ])('does not take other events for conversions: %j', (filter) => {
    expect(() => plan({ metrics: ['visitors', 'conversions'], filters: [filter] })).toThrow(
      /^metrics\[1\]: conversions is of goals, and events without one pass the filters/,
    )
  })

  it('warns of what could be misread', () => {
    expect(plan({ metrics: ['visits'], filters: [['is', 'event:page', ['/']]] }).warnings).toEqual([
      'visits: of visits that began in the range, with an event that pass the filter by event:page.',
    ])
    expect(
      plan({
        ...{ metrics: ['bounce_rate'], dimensions: ['event:page'] },
        filters: [['is', 'event:page', ['/']]],
      }).warnings,
    ).toEqual([])
    expect(
      plan({ metrics: ['bounce_rate'], filters: [['is', 'event:page', ['/']]] }).warnings,
    ).toEqual(['bounce_rate: of whole visits with an event that pass the filter by event:page.'])
    expect(
      plan({ metrics: ['bounce_rate'], filters: [['is', 'visit:country', ['DE']]] }).warnings,
    ).toEqual([])
    expect(plan({ metrics: ['total_revenue'] }).warnings).toHaveLength(1)
  })

  it.each([
    [{ metrics: ['bounce_rate'], dimensions: ['event:name'] }, 'metrics[0]'],
    [{ metrics: ['visitors', 'percentage'] }, 'metrics[1]'],
    [{ metrics: ['exit_rate'], dimensions: ['visit:source'] }, 'metrics[0]'],
    [{ metrics: ['current_visitors'], dimensions: ['visit:exit_page'] }, 'metrics[0]'],
    [{ metrics: ['scroll_depth'], dimensions: ['event:goal'] }, 'metrics[0]'],
    [{ range: '12mo', dimensions: ['time:minute'] }, 'range'],
    [{ filters: [['is', 'segment', ['None']]] }, 'filters'],
    [{ filters: [['is', 'event:goal', ['None']]] }, 'filters'],
  ])('refuses %j, naming %s', (body, part) => {
    expect(() => plan(body)).toThrowError(expect.objectContaining({ part }))
  })

  it('refuses goals where there are none', () => {
    expect(() => plan({ dimensions: ['event:goal'] }, NO_NAMES)).toThrow(/no goals yet/)
  })
})
