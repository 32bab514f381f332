import { beforeAll, describe, expect, it } from 'vitest'
import { testPostgres } from '../test/databases.ts'
import { type Columns, columnsOf, unnested } from './columns.ts'
import type { Pool } from './postgres.ts'

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

const COLUMNS = {
  ...{ words: 'text', id: 'uuid', amount: 'number', is_so: 'boolean', at: 'time' },
  ...{ data: 'json', list: 'numbers' },
} as const satisfies Columns

async function sent(...rows: { readonly [name in keyof typeof COLUMNS]?: unknown }[]) {
  const whole = rows.map((row) => ({
    ...{ words: null, id: null, amount: null, is_so: null, at: null, data: null, list: null },
    ...row,
  }))
  const { rows: there } = await pool.query(
    `select * from ${unnested(COLUMNS)} n`,
    columnsOf(COLUMNS, whole),
  )
  return there
}

describe('columns', () => {
  it('arrive as they were, whatever is beside them', async () => {
    const rows = [
      {
        ...{
          words: 'a "quoted" \\ {word}, 漢字 and 🦊',
          id: '019acb9e-7c1f-7000-8000-0123456789ab',
        },
        ...{ amount: -0.1, is_so: true, at: new Date('2026-11-30T08:51:00.123Z') },
        ...{ data: { a: ['ü', null, 1.5], 'b"': {} }, list: [1, -2, 2_147_483_647] },
      },
      {
        ...{ words: '', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', amount: 9e15, is_so: false },
        ...{ at: new Date('1969-12-31T23:59:59.999Z'), data: 'null', list: [] },
      },
      { words: null, id: null, amount: null, is_so: null, at: null, data: null, list: null },
    ]
    expect(await sent(...rows)).toEqual(rows)
  })

  it('take a time in milliseconds, of any year that PostgreSQL has', async () => {
    const times = [0, -62_135_596_800_000, 253_402_300_799_999, 951_782_400_000.5]
    const rows = await sent(...times.map((at) => ({ at })))
    const { rows: expected } = await pool.query(
      'select to_timestamp(ms / 1000) as at from unnest($1::float8[]) ms',
      [times],
    )
    expect(rows.map(({ at }) => at)).toEqual(expected.map(({ at }) => at))
  })

  it('take what is undefined for null', async () => {
    const [row] = await sent({ words: undefined, data: undefined, list: undefined })
    expect(row).toMatchObject({ words: null, data: null, list: null })
  })

  it.each([
    ['a time that is none', { at: new Date(Number.NaN) }],
    ['a text with a zero in it', { words: 'a\0b' }],
    ['JSON with a zero in it', { data: { a: '\0' } }],
    ['a number that is no integer in a list', { list: [Number.NaN] }],
  ])('refuse %s', async (_what, row) => {
    await expect(sent(row)).rejects.toThrow()
  })
})
