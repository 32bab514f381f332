import type { Pool } from '../database/postgres.ts'
import { CLAIMED, type ClaimedEvent, readClaimed } from './claim.ts'
import { byVisitor } from './load-state.ts'
import { isBotSession } from './session.ts'
import type { SiteRules } from './site-rules.ts'
import { noState, processVisitor } from './visitor.ts'

/** What a site's visits add up to under some rules. */
export interface VisitTotals {
  visits: number
  bounces: number
  botVisits: number
  pageviews: number
  durationMs: number
  readonly channels: Map<string, number>
}

const VISITORS = 1_000

/**
 * What the visits of some days would be under each of several rules. Reads the
 * record and writes nothing; visits that reach over the ends are cut there,
 * under all rules alike.
 */
export async function previewRules(
  pool: Pool,
  siteId: string,
  from: Date,
  to: Date,
  rules: readonly SiteRules[],
): Promise<readonly VisitTotals[]> {
  const totals = rules.map(
    (): VisitTotals => ({
      ...{ visits: 0, bounces: 0, botVisits: 0, pageviews: 0, durationMs: 0 },
      channels: new Map(),
    }),
  )
  let after = ''
  for (;;) {
    const rows = await readClaimed(
      pool,
      `/* preview rules */
       with visitors as (
         select distinct l.visitor_id from events_log l
         where l.site_id = $1 and l.visitor_id > $2 and l.occurred_at >= $3 and l.occurred_at < $4
         order by 1 limit ${VISITORS}
       )
       select ${CLAIMED} from visitors v
       join events_log l on l.site_id = $1 and l.visitor_id = v.visitor_id
       where l.occurred_at >= $3 and l.occurred_at < $4
         and not exists (select from quarantine q where q.site_id = l.site_id and q.event_id = l.event_id)
       order by l.visitor_id, l.occurred_at, l.event_id`,
      [siteId, after, from, to],
    )
    const last = rows.at(-1)
    if (!last) return totals
    after = last.visitor_id
    for (const { events } of byVisitor(rows))
      for (const [index, each] of rules.entries()) add(totals[index], events, each)
  }
}

function add(
  totals: VisitTotals | undefined,
  events: readonly ClaimedEvent[],
  rules: SiteRules,
): void {
  const { sessions, ...rest } = noState()
  processVisitor(events, { sessions, ...rest }, rules)
  for (const session of sessions) {
    if (!totals) return
    if (isBotSession(session, rules)) {
      totals.botVisits++
      continue
    }
    const { channel } = session.attributes
    totals.visits++
    totals.pageviews += session.pageviews
    totals.durationMs += session.last.atMs - session.first.atMs
    if (session.pageviews <= 1 && !session.isEngaged) totals.bounces++
    totals.channels.set(channel, (totals.channels.get(channel) ?? 0) + 1)
  }
}
