import { beforeAll, describe, expect, it } from 'vitest'
import { testClickHouse } from '../test/databases.ts'
import { type ClickHouse, selectRows } from './clickhouse.ts'

const ODD = [
  ...['', "it's", '\\', "\\'", '\\\\n', 'tab\tnew\nline\rreturn', 'nul\0', 'ü🙂', '\\N', 'NULL'],
  ...["'; drop table events; --", '{other:String}', '$1 $& %s', '\b\f\v', '/* */ -- #'],
]
/** Longer than a server takes in an address. */
const LIST = Array.from({ length: 3_000 }, (_, index) =>
  `${ODD[index % ODD.length]}${index}`.padEnd(400, '-'),
)
const TEXT = LIST.join('\n')

describe.each([
  ['embedded', undefined],
  ['behind HTTP', 'http'],
])('a value that is very long, %s', (_, where) => {
  let clickhouse: ClickHouse
  beforeAll(async () => {
    clickhouse = await testClickHouse(where)
  })

  it('is what it was', async () => {
    const rows = await selectRows(
      clickhouse,
      'select {text:String} as text, {list:Array(String)} as list, {other:String} as other, {text:String} = {other:String} as same',
      { text: TEXT, list: LIST, other: '{text:String}' },
    )
    expect(rows).toEqual([{ text: TEXT, list: LIST, other: '{text:String}', same: 0 }])
  })

  it('is one of many that are short', async () => {
    const values = Object.fromEntries(LIST.map((value, index) => [`p${index}`, value]))
    const names = Object.keys(values)
    const [row] = await selectRows<{ all: string[] }>(
      clickhouse,
      `select [${names.map((name) => `{${name}:String}`).join()}] as all`,
      values,
    )
    expect(row?.all).toEqual(LIST)
  })

  it('may be of a command', async () => {
    await clickhouse.command({
      query: `insert into events (site_id, path) select 'long', arrayJoin({list:Array(String)})`,
      query_params: { list: LIST },
    })
    const rows = await selectRows<{ path: string }>(
      clickhouse,
      'select path from events where site_id = {site:String} and path in {list:Array(String)}',
      { list: LIST, site: 'long' },
    )
    expect(rows.map(({ path }) => path).sort()).toEqual([...LIST].sort())
  })
})
