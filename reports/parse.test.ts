import { describe, expect, it } from 'vitest'
import { parseQuery } from './parse.ts'
import { QueryError } from './query-error.ts'

describe('a query', () => {
  it.each([
    ['no object', 5, 'query'],
    ['an unknown member', { metrics: ['visitors'], range: '7d', sort: 1 }, 'sort'],
    ['an unknown metric', { metrics: ['visitors', 'nope'], range: '7d' }, 'metrics[1]'],
    ['a metric twice', { metrics: ['visitors', 'visitors'], range: '7d' }, 'metrics[1]'],
    ['no metric', { metrics: [], range: '7d' }, 'metrics'],
    [
      'an unknown dimension',
      { metrics: ['visitors'], dimensions: ['x'], range: '7d' },
      'dimensions[0]',
    ],
    ['an unknown range', { metrics: ['visitors'], range: 'toString' }, 'range'],
    [
      'a day that does not exist',
      { metrics: ['visitors'], range: ['2026-02-30', '2026-03-01'] },
      'range',
    ],
    [
      'a range that ends before it begins',
      { metrics: ['visitors'], range: ['2026-03-02', '2026-03-01'] },
      'range',
    ],
    [
      'an unknown operator',
      { metrics: ['visitors'], range: '7d', filters: [['like', 'event:page', ['x']]] },
      'filters[0][0]',
    ],
    [
      'a filter by nothing',
      { metrics: ['visitors'], range: '7d', filters: [['is', 'event:page', []]] },
      'filters[0][2]',
    ],
    [
      'a filter by a name of the prototype',
      { metrics: ['visitors'], range: '7d', filters: [['is', 'constructor', ['x']]] },
      'filters[0][1]',
    ],
    [
      'an order by what is not selected',
      { metrics: ['visitors'], range: '7d', order_by: [['visits', 'asc']] },
      'order_by[0][0]',
    ],
    ['an unknown zone', { metrics: ['visitors'], range: '7d', timezone: 'Mars/Base' }, 'timezone'],
    ['a range without an end', { metrics: ['visitors'], range: ['2026-03-02'] }, 'range'],
    [
      'an instant without an offset',
      { metrics: ['visitors'], range: ['2026-03-02T00:00:00', '2026-03-03T00:00:00'] },
      'range',
    ],
    ['too many metrics', { metrics: Array(31).fill('visitors'), range: '7d' }, 'metrics'],
    [
      'a property without a name',
      { metrics: ['visitors'], range: '7d', dimensions: ['event:props:'] },
      'dimensions[0]',
    ],
    [
      'a filter by two numbers',
      { metrics: ['visitors'], range: '7d', filters: [['gt', 'event:props:n', [1, 2]]] },
      'filters[0][2]',
    ],
    [
      'a filter by an empty text',
      { metrics: ['visitors'], range: '7d', filters: [['contains', 'event:page', ['']]] },
      'filters[0][2][0]',
    ],
    [
      'a pattern without end',
      {
        metrics: ['visitors'],
        range: '7d',
        filters: [['matches', 'event:page', ['a'.repeat(501)]]],
      },
      'filters[0][2][0]',
    ],
    [
      'a goal that is not',
      { metrics: ['visitors'], range: '7d', filters: [['is_not', 'event:goal', ['x']]] },
      'filters[0][0]',
    ],
    [
      'has_done in has_done',
      {
        metrics: ['visitors'],
        range: '7d',
        filters: [['has_done', ['not', ['has_done', ['is', 'event:page', ['/']]]]]],
      },
      'filters[0][1][1]',
    ],
    [
      'a sequence in a sequence',
      {
        metrics: ['visitors'],
        range: '7d',
        filters: [['sequence', [['sequence', [['is', 'event:page', ['/']]]]]]],
      },
      'filters[0][1][0]',
    ],
    [
      'a sequence of nothing',
      { metrics: ['visitors'], range: '7d', filters: [['sequence', []]] },
      'filters[0][1]',
    ],
    [
      'has_done by nobody',
      {
        metrics: ['visitors'],
        range: '7d',
        filters: [['has_done', ['is', 'event:page', ['/']], { by: 'site' }]],
      },
      'filters[0][2]',
    ],
    [
      'another modifier',
      {
        metrics: ['visitors'],
        range: '7d',
        filters: [['is', 'event:page', ['/'], { fold: true }]],
      },
      'filters[0][3]',
    ],
    [
      'an unknown comparison',
      { metrics: ['visitors'], range: '7d', compare: 'yesterday' },
      'compare',
    ],
    [
      'a week from Tuesday',
      { metrics: ['visitors'], range: '7d', week_start: 'tuesday' },
      'week_start',
    ],
    ['a limit of 0', { metrics: ['visitors'], range: '7d', limit: 0 }, 'limit'],
  ])('with %s is refused, naming the part', (_what, body, part) => {
    expect(() => parseQuery(body)).toThrowError(expect.objectContaining({ part }))
  })

  it('says what would be accepted', () => {
    expect(() => parseQuery({ metrics: ['x'], range: '7d' })).toThrow(/Known: visitors, visits/)
    expect(() => parseQuery({ metrics: ['visitors'], range: '7d', filters: deep(20) })).toThrow(
      QueryError,
    )
  })
})

function deep(levels: number): unknown[] {
  return levels === 0 ? [['is', 'event:page', ['/']]] : [['and', deep(levels - 1)]]
}
