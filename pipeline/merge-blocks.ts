import { CLICKHOUSE_COLUMNS } from './clickhouse-row.ts'

/** An event by what is unique in the record: two sites may have the same id. */
export interface EventKey {
  readonly siteId: string
  readonly eventId: string
}

/** Rows of a month for ClickHouse, and of which events they take the place. */
export interface Block {
  /** Each as JSON, in the order of CLICKHOUSE_COLUMNS. */
  readonly lines: readonly string[]
  /** Their rows of earlier blocks go. */
  readonly replaced: readonly EventKey[]
}

/** The block that does what several do one after the other. A function of them alone: made again, it is the same. */
export function mergeBlocks(blocks: readonly Block[]): Block {
  const replaced = new Map<string, EventKey>()
  const kept: (readonly string[])[] = []
  for (const block of blocks.toReversed()) {
    kept.push(
      replaced.size > 0 ? block.lines.filter((line) => !isOfOne(line, replaced)) : block.lines,
    )
    for (const key of block.replaced) replaced.set(keyOf(key), key)
  }
  return { lines: kept.reverse().flat(), replaced: [...replaced.values()] }
}

export const keyOf = ({ siteId, eventId }: EventKey) => `${eventId} ${siteId}`

const SITE_ID = CLICKHOUSE_COLUMNS.indexOf('site_id')
const EVENT_ID = CLICKHOUSE_COLUMNS.indexOf('event_id')

function isOfOne(line: string, events: ReadonlyMap<string, EventKey>): boolean {
  const row = JSON.parse(line)
  return events.has(keyOf({ siteId: row[SITE_ID], eventId: row[EVENT_ID] }))
}
