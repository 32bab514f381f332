import { describe, expect, it } from 'vitest'
import { rowsAsCsv } from './output.ts'

describe('CSV', () => {
  it('has a column for each member that is no list', () => {
    expect(
      rowsAsCsv([
        { a: 1, list: [1], b: null },
        { a: -2.5, list: [], b: 'x', c: true },
      ]),
    ).toBe('a,b,c\r\n1,,\r\n-2.5,x,true\r\n')
  })

  it('quotes what needs it', () => {
    expect(rowsAsCsv([{ a: 'say "a, b"', b: 'two\nlines' }])).toBe(
      'a,b\r\n"say ""a, b""","two\nlines"\r\n',
    )
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '＝1', "=cmd|' /C calc'!A0"])(
    'keeps %j from being a formula',
    (text) => {
      const [, line] = rowsAsCsv([{ a: text }]).split(/\r\n(?!=)/)
      expect(line?.replace(/^"/, '')).toMatch(/^'/)
    },
  )

  it('of nothing is nothing', () => {
    expect(rowsAsCsv([])).toBe('')
  })
})
