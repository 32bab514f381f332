import type { Connection } from '../database/postgres.ts'
import type { ClaimedEvent } from './claim.ts'
import { attemptOf, type FormSubmission } from './form-submission.ts'
import type { Pageview } from './pageview.ts'
import type { Names } from './reopen.ts'
import { loadSessions, type Visitor, visitorKey } from './sessions-table.ts'
import { type VisitorState, viewIdOf } from './visitor.ts'

/** A visitor's events of a batch, in order. */
export interface VisitorEvents extends Visitor {
  readonly events: readonly ClaimedEvent[]
}

/** The events by their visitors. */
export function byVisitor(events: readonly ClaimedEvent[]): VisitorEvents[] {
  const visitors = new Map<string, Visitor & { events: ClaimedEvent[] }>()
  for (const event of events) {
    const visitor = { siteId: event.site_id, visitorId: event.visitor_id }
    const key = visitorKey(visitor)
    const known = visitors.get(key)
    if (known) known.events.push(event)
    else visitors.set(key, { ...visitor, events: [event] })
  }
  return [...visitors.values()]
}

const distinct = (values: readonly string[]) => [...new Set(values)]

/** What the events call their visits, page views and tries at forms. */
export const namesOf = (events: readonly ClaimedEvent[]): Names => ({
  sessions: distinct(events.flatMap(({ session_id }) => session_id ?? [])),
  views: distinct(events.flatMap((event) => viewIdOf(event) ?? [])),
  attempts: distinct(events.flatMap((event) => attemptOf(event) ?? [])),
})

/** What is known of the visitors around the times of their events, by `visitorKey`. */
export async function loadState(
  connection: Connection,
  visitors: readonly VisitorEvents[],
  timeoutMs: number,
): Promise<(visitor: Visitor) => VisitorState> {
  const times = visitors.flatMap(({ events }) =>
    events.map(({ occurred_at }) => occurred_at.getTime()),
  )
  const sessions = await loadSessions(
    connection,
    visitors.map(({ siteId, visitorId, events }) => ({
      ...{ siteId, visitorId },
      clientSessionIds: distinct(events.flatMap(({ session_id }) => session_id ?? [])),
    })),
    times.reduce((a, b) => Math.min(a, b)),
    times.reduce((a, b) => Math.max(a, b)),
    timeoutMs,
  )
  const [views, submissions] = [
    await loadViews(connection, visitors),
    await loadSubmissions(connection, visitors),
  ]
  return (visitor) => {
    const key = visitorKey(visitor)
    return {
      sessions: sessions.get(key) ?? [],
      views: views.get(key) ?? new Map(),
      submissions: submissions.get(key) ?? new Map(),
    }
  }
}

interface ViewRow {
  readonly site_id: string
  readonly visitor_id: string
  readonly event_id: string
  readonly occurred_at: Date
  readonly view_id: string
  readonly previous_page: string | null
  readonly next_page: string | null
  readonly engagement_at: Date | null
  readonly engagement_id: string | null
  readonly visible_ms: number
  readonly engaged_ms: number
  readonly scroll_depth: number | null
  readonly fits_window: boolean | null
  readonly attention_ms: number[] | null
  readonly ttfb_ms: number | null
  readonly dom_ready_ms: number | null
  readonly load_ms: number | null
}

/** The page views that engagement events of the batch are of. */
async function loadViews(
  connection: Connection,
  visitors: readonly VisitorEvents[],
): Promise<Map<string, Map<string, Pageview>>> {
  const wanted = visitors.flatMap(({ siteId, visitorId, events }) => {
    const ids = events
      .filter(({ event_type }) => event_type === 'engagement')
      .flatMap((event) => viewIdOf(event) ?? [])
    return [...new Set(ids)].map((viewId) => ({ siteId, visitorId, viewId }))
  })
  const found = new Map<string, Map<string, Pageview>>()
  if (wanted.length === 0) return found
  const { rows } = await connection.query<ViewRow>(
    `/* views near */
     select distinct on (p.site_id, p.visitor_id, p.view_id) p.*
     from jsonb_to_recordset($1::jsonb) as v("siteId" text, "visitorId" text, "viewId" text)
     join pageviews p on p.site_id = v."siteId" and p.visitor_id = v."visitorId" and p.view_id = v."viewId"
     order by p.site_id, p.visitor_id, p.view_id, p.occurred_at desc, p.event_id desc`,
    [JSON.stringify(wanted)],
  )
  for (const row of rows) {
    const key = visitorKey({ siteId: row.site_id, visitorId: row.visitor_id })
    const views = found.get(key) ?? new Map<string, Pageview>()
    found.set(key, views.set(row.view_id, toPageview(row)))
  }
  return found
}

const toPageview = (row: ViewRow): Pageview => ({
  siteId: row.site_id,
  visitorId: row.visitor_id,
  eventId: row.event_id,
  atMs: row.occurred_at.getTime(),
  viewId: row.view_id,
  previousPage: row.previous_page,
  nextPage: row.next_page,
  engagementPoint:
    row.engagement_at && row.engagement_id
      ? { atMs: row.engagement_at.getTime(), eventId: row.engagement_id }
      : null,
  engagement: {
    visibleMs: row.visible_ms,
    engagedMs: row.engaged_ms,
    scrollDepth: row.scroll_depth,
    fitsWindow: row.fits_window,
    attentionMs: row.attention_ms,
    ttfbMs: row.ttfb_ms,
    domReadyMs: row.dom_ready_ms,
    loadMs: row.load_ms,
  },
})

/** The tries at forms that events of the batch are of. */
async function loadSubmissions(
  connection: Connection,
  visitors: readonly VisitorEvents[],
): Promise<Map<string, Map<string, FormSubmission>>> {
  const wanted = visitors.flatMap(({ siteId, visitorId, events }) =>
    [...new Set(events.flatMap((event) => attemptOf(event) ?? []))].map((attempt) => ({
      ...{ siteId, visitorId, attempt },
    })),
  )
  const found = new Map<string, Map<string, FormSubmission>>()
  if (wanted.length === 0) return found
  const { rows } = await connection.query<FormSubmission>(
    `/* submissions near */
     select f.* from jsonb_to_recordset($1::jsonb) as v("siteId" text, "visitorId" text, attempt text)
     join form_submissions f on f.site_id = v."siteId" and f.visitor_id = v."visitorId" and f.attempt = v.attempt`,
    [JSON.stringify(wanted)],
  )
  for (const row of rows) {
    const key = visitorKey({ siteId: row.site_id, visitorId: row.visitor_id })
    const submissions = found.get(key) ?? new Map<string, FormSubmission>()
    found.set(key, submissions.set(row.attempt, row))
  }
  return found
}
