import { QueryError } from '../query-error.ts'
import { scopedSql } from '../scope.ts'
import { instantOf, POINT, type Question } from './question.ts'
import { intervalOf, parseSessionId, sessionsById } from './sessions.ts'

const MOST_EVENTS = 5_000

/** One visit, told from its first event to its last. */
export const session: Question<{ readonly id: string }> = {
  name: 'session',
  summary: 'One visit, event by event and tab by tab',
  definition:
    'Every event of the visit in its order. `view` and `tab` number the page views and browser tabs of the visit as they first appear; null where the event does not say, or the record no longer has it. What an engagement event adds to the one before is in `engaged_s` and `visible_s`. At most 5 000 events.',
  members: { id: { type: 'string', maxLength: 40, description: 'of a row of `/sessions`' } },
  required: ['id'],
  async answer({ id }, context) {
    const { startedMs, session: number } = parseSessionId(id, 'id')
    const sql = scopedSql(context.scope, intervalOf(startedMs, startedMs), context.timezone)
    const [of] = await sessionsById([id], context)
    if (!of) throw new QueryError('id', 'is no visit of this site.')
    const events = await context.run(
      sql.statement(`select event_id, toString(occurred_at) as at, event_type, toString(view) as of_view,
  host, path, title, properties, visible_ms, engaged_ms, scroll_depth, revenue, currency
${sql.eventsOfVisits(`session = ${sql.bind('UInt64', number)}`)}
order by ${POINT}
limit ${MOST_EVENTS}`),
    )
    const tabs = await context.tabsOf(events.map((event) => String(event.event_id)))
    const viewNumber = numbering()
    const tabNumber = numbering()
    const tabOfView = new Map<unknown, number | null>()
    const rows = events.map((event) => {
      const view = viewNumber(event.of_view === '0' ? undefined : String(event.of_view))
      // Not every event says its tab; its view is in one tab only.
      const tab = tabNumber(tabs.get(String(event.event_id))) ?? tabOfView.get(view) ?? null
      if (view !== null && tab !== null) tabOfView.set(view, tab)
      return eventRow(event, view, tab)
    })
    return {
      rows: rows.map((row) => ({ ...row, tab: row.tab ?? tabOfView.get(row.view) ?? null })),
      session: of,
      meta: { freshness: context.freshness, is_cut: events.length === MOST_EVENTS },
    }
  },
}

/** Numbers names from 1, in the order in which they first appear. */
function numbering(): (name: string | undefined) => number | null {
  const numbers = new Map<string, number>()
  return (name) => {
    if (name === undefined) return null
    const number = numbers.get(name) ?? numbers.size + 1
    numbers.set(name, number)
    return number
  }
}

function eventRow(event: Record<string, unknown>, view: number | null, tab: number | null) {
  const isEngagement = event.event_type === 'engagement'
  return {
    at: instantOf(event.at),
    id: event.event_id,
    type: event.event_type,
    tab,
    view,
    host: event.host,
    page: event.path,
    ...(event.title !== '' && { title: event.title }),
    ...(isEngagement && {
      visible_s: Number(event.visible_ms) / 1_000,
      engaged_s: Number(event.engaged_ms) / 1_000,
      scroll_depth: event.scroll_depth,
    }),
    ...(event.currency !== '' && { revenue: Number(event.revenue), currency: event.currency }),
    properties: event.properties,
  }
}
