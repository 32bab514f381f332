import { beforeAll, describe, expect, it } from 'vitest'
import { testClickHouse } from '../test/databases.ts'
import { type ClickHouse, selectRows } from './clickhouse.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

describe('a value that is bound to a statement of the embedded engine', () => {
  it.each([
    ...[
      'plain',
      '',
      "it's",
      '\\',
      "\\'",
      '\\\\n',
      'tab\tnew\nline\rreturn',
      'nul\0',
      'ü🙂',
      '\\N',
      'NULL',
    ],
    ...["'; drop table events; --", '{other:String}', "', param_other = 'x", '%s', '\b\f\v'],
  ])('is what it was: %j', async (value) => {
    const [row] = await selectRows(
      clickhouse,
      'select {text:String} as text, {list:Array(String)} as list, {other:String} as other',
      { text: value, list: [value, 'next', value], other: 'other' },
    )
    expect(row).toEqual({ text: value, list: [value, 'next', value], other: 'other' })
  })

  it('may be a number or a truth, alone or in a list', async () => {
    const [row] = await selectRows(
      clickhouse,
      'select {whole:Int64} as whole, {float:Float64} as float, {list:Array(Float64)} as list, {is:Bool} as is, {none:Array(String)} as none',
      { whole: -1_787_695_200_000, float: 1.5e-9, list: [0.1, 1e21], is: true, none: [] },
    )
    expect(row).toEqual({
      whole: -1_787_695_200_000,
      float: 1.5e-9,
      list: [0.1, 1e21],
      is: true,
      none: [],
    })
  })

  it('is that of its own statement, however many are asked at once', async () => {
    const asked = Array.from({ length: 60 }, (_, value) => value)
    const answers = await Promise.all(
      asked.map((value) => selectRows(clickhouse, 'select {value:UInt32} as value', { value })),
    )
    expect(answers).toEqual(asked.map((value) => [{ value }]))
  })
})
