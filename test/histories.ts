import { randomUUIDv7 } from 'node:crypto'
import type { Derived, Json } from '../contract/event.ts'
import type { ClickHouse } from '../database/clickhouse.ts'
import type { ClaimedEvent } from '../pipeline/claim.ts'
import { CLICKHOUSE_COLUMNS, eventColumns, visitColumns } from '../pipeline/clickhouse-row.ts'
import type { FormSubmission } from '../pipeline/form-submission.ts'
import { isBotSession } from '../pipeline/session.ts'
import { DEFAULT_RULES } from '../pipeline/site-rules.ts'
import { noState, processVisitor } from '../pipeline/visitor.ts'

/** An event of a history that a test makes up. */
export interface Told {
  readonly visitor: string
  /** ISO 8601. */
  readonly at: string
  /** `pageview` when absent. */
  readonly type?: string
  readonly path?: string
  /** Query of the address, such as `utm_source=news`. */
  readonly query?: string
  readonly session?: string
  readonly view?: string
  readonly id?: string
  readonly title?: string
  readonly data?: { [key: string]: Json }
  readonly context?: { [key: string]: Json }
  readonly derived?: Derived
}

/** Puts histories into ClickHouse through the pipeline's own functions, and tells what PostgreSQL would have of their forms. */
export async function loadHistories(
  clickhouse: ClickHouse,
  siteId: string,
  told: readonly Told[],
): Promise<readonly FormSubmission[]> {
  const byVisitor = Map.groupBy(told, (each) => each.visitor)
  const lines: string[] = []
  const submissions: FormSubmission[] = []
  for (const events of byVisitor.values()) {
    const claimed = events.map((each) => claimedOf(siteId, each)).sort(byPoint)
    const made = processVisitor(claimed, noState(), DEFAULT_RULES)
    if (!made) throw new Error('a history that is whole and in order cannot be processed')
    submissions.push(...made.submissions)
    for (const event of made.events) {
      const visit = visitColumns(event.session, isBotSession(event.session, DEFAULT_RULES))
      lines.push(`[1,${visit},${eventColumns(event)}]`)
    }
  }
  if (lines.length === 0) return []
  await clickhouse.insert({
    table: 'events',
    columns: ['outbox_id', ...CLICKHOUSE_COLUMNS],
    values: lines.map((line) => JSON.parse(line)),
    format: 'JSONCompactEachRow',
    clickhouse_settings: { insert_deduplicate: 0 },
  })
  return submissions
}

function byPoint(a: ClaimedEvent, b: ClaimedEvent): number {
  const time = a.occurred_at.getTime() - b.occurred_at.getTime()
  return time || (a.event_id < b.event_id ? -1 : 1)
}

function claimedOf(siteId: string, told: Told): ClaimedEvent {
  const { visitor, at, type = 'pageview', path = '/', query, session, view } = told
  const { id, title, data, context, derived } = told
  const url = `https://${siteId}.example${path}${query ? `?${query}` : ''}`
  return {
    site_id: siteId,
    event_id: id ?? randomUUIDv7(),
    event_type: type,
    visitor_id: visitor,
    visitor_basis: 'persistent_id',
    session_id: session ?? null,
    occurred_at: new Date(at),
    received_at: new Date(at),
    host: `${siteId}.example`,
    path,
    event: {
      ...{ url, context: { ...context, ...(view && { viewId: view }) } },
      ...(title && { title }),
      ...(data && { eventData: data }),
      ...(derived && { derived }),
    },
  }
}
