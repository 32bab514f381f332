import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLICKHOUSE_COLUMNS } from './clickhouse-row.ts'
import { type Block, keyOf, mergeBlocks } from './merge-blocks.ts'

const SITES = ['one', 'other', 'o"ne']
const event = fc.record({
  siteId: fc.constantFrom(...SITES),
  eventId: fc.constantFrom(...Array.from({ length: 6 }, (_, index) => `id-${index}`)),
})
type Event = typeof event extends fc.Arbitrary<infer Of> ? Of : never

// Each block brings an event at most once, and may take the place of any.
const block = fc.record({
  rows: fc.uniqueArray(event, { selector: keyOf, maxLength: 8 }),
  replaced: fc.array(event, { maxLength: 8 }),
})

/** A row of the event, with the number of what it came with, and with other ids in its texts. */
const lineOf = ({ siteId, eventId }: Event, version: number) =>
  JSON.stringify(
    CLICKHOUSE_COLUMNS.map((column) =>
      column === 'site_id'
        ? siteId
        : column === 'event_id'
          ? eventId
          : column === 'title'
            ? `id-0 id-1 one ${version}`
            : '',
    ),
  )

/** What a table has after a block: its rows come, then what it replaces goes, but for what came with it. */
function apply(table: readonly string[], { lines, replaced }: Block): string[] {
  const gone = new Set(replaced.map(keyOf))
  const left = table.filter((line) => {
    const row = JSON.parse(line)
    return !gone.has(
      keyOf({
        siteId: row[CLICKHOUSE_COLUMNS.indexOf('site_id')],
        eventId: row[CLICKHOUSE_COLUMNS.indexOf('event_id')],
      }),
    )
  })
  return [...left, ...lines]
}

describe('merged blocks', () => {
  it('leave what they leave one after the other, and are the same each time', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        fc.array(block, { minLength: 1, maxLength: 6 }),
        (there, made) => {
          const before = there.map((each) => lineOf(each, 0))
          const blocks = made.map(
            ({ rows, replaced }, index): Block => ({
              lines: rows.map((each) => lineOf(each, index + 1)),
              replaced,
            }),
          )
          const merged = mergeBlocks(blocks)
          expect(apply(before, merged)).toEqual(blocks.reduce(apply, before))
          expect(mergeBlocks(blocks)).toEqual(merged)
        },
      ),
      { seed: 20_261_130, numRuns: 500 },
    )
  })
})
