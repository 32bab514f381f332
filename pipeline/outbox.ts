import { zstdCompressSync } from 'node:zlib'
import type { Connection } from '../database/postgres.ts'
import { eventColumns, monthOf, visitColumns } from './clickhouse-row.ts'
import type { Block, EventKey } from './merge-blocks.ts'
import type { Removed } from './reopen.ts'
import type { Session } from './session.ts'
import type { ProcessedEvent } from './visitor.ts'

interface Growing extends Block {
  readonly lines: string[]
  readonly replaced: EventKey[]
  readonly sites: Set<string>
}

/** Writes the events for ClickHouse, and which of its own they take the place of: one block a month. */
export async function writeOutbox(
  connection: Connection,
  events: readonly ProcessedEvent[],
  removed: readonly Removed[],
  bots: ReadonlySet<Session>,
): Promise<void> {
  const blocks = new Map<number, Growing>()
  const blockAt = (atMs: number, siteId: string) => {
    const month = monthOf(atMs)
    const block = blocks.get(month) ?? { lines: [], replaced: [], sites: new Set<string>() }
    blocks.set(month, block)
    block.sites.add(siteId)
    return block
  }
  const visits = new Map<Session, string>()
  for (const event of events) {
    const { claimed, session } = event
    let visit = visits.get(session)
    if (visit === undefined) {
      visit = visitColumns(session, bots.has(session))
      visits.set(session, visit)
    }
    blockAt(claimed.occurred_at.getTime(), claimed.site_id).lines.push(
      `[${visit},${eventColumns(event)}]`,
    )
  }
  for (const { siteId, atMs, eventId } of removed)
    if (eventId !== null) blockAt(atMs, siteId).replaced.push({ siteId, eventId })
  for (const [month, { lines, replaced, sites }] of blocks) {
    await connection.query(
      `/* write outbox */ insert into clickhouse_outbox (month, sites, rows, payload, replaced, replaced_sites)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        ...[month, [...sites], lines.length, zstdCompressSync(lines.join('\n'))],
        replaced.map(({ eventId }) => eventId),
        replaced.map(({ siteId }) => siteId),
      ],
    )
  }
}
