import type { Connection } from '../database/postgres.ts'
import type { FormSubmission } from './form-submission.ts'
import type { Pageview } from './pageview.ts'
import type { Session } from './session.ts'
import { saveSessions } from './sessions-table.ts'
import { type Processed, type ProcessedEvent, viewIdOf } from './visitor.ts'

/** Writes what was made of some visitors' events into the processed tables: their sessions, of which some are `bots`. */
export async function save(
  connection: Connection,
  made: readonly Processed[],
  sessions: ReadonlySet<Session>,
  bots: ReadonlySet<Session>,
): Promise<void> {
  const events = made.flatMap((each) => each.events)
  await saveSessions(connection, sessions, bots)
  await saveRows(
    connection,
    'pageviews',
    events.flatMap((each) => pageviewRow(each, bots)),
  )
  await saveRows(
    connection,
    'user_events',
    events.flatMap((each) => userEventRow(each, bots)),
  )
  await saveEngagements(
    connection,
    made.flatMap((each) => [...each.engaged]),
  )
  await saveNextPages(
    connection,
    made.flatMap((each) => each.followed),
  )
  await saveSubmissions(
    connection,
    made.flatMap((each) => [...each.submissions]),
    bots,
  )
}

function shared({ claimed, session }: ProcessedEvent, bots: ReadonlySet<Session>) {
  const { site_id, visitor_id, event_id, occurred_at, path } = claimed
  return {
    ...{ site_id, visitor_id, session_id: session.sessionId, event_id, occurred_at, path },
    view_id: viewIdOf(claimed),
    is_bot: bots.has(session),
  }
}

function pageviewRow(event: ProcessedEvent, bots: ReadonlySet<Session>): object[] {
  const { claimed, pageview } = event
  if (!pageview) return []
  const { url, title, referrer } = claimed.event
  return [
    {
      ...shared(event, bots),
      ...{ url, title, referrer, host: claimed.host },
      ...{ previous_page: pageview.previousPage, next_page: pageview.nextPage },
      ...engagementColumns(pageview),
    },
  ]
}

function userEventRow(event: ProcessedEvent, bots: ReadonlySet<Session>): object[] {
  const { event_type, event: stored } = event.claimed
  if (event.pageview) return []
  // The time of each band stands with the page view, where it is asked for: 80 bytes less here.
  const { attentionMs: _, ...properties } = stored.eventData ?? {}
  return [{ ...shared(event, bots), event_type, properties }]
}

const engagementColumns = ({ engagement, engagementPoint }: Pageview) => ({
  engagement_at: engagementPoint && new Date(engagementPoint.atMs),
  engagement_id: engagementPoint?.eventId ?? null,
  visible_ms: engagement.visibleMs,
  engaged_ms: engagement.engagedMs,
  scroll_depth: engagement.scrollDepth,
  fits_window: engagement.fitsWindow,
  attention_ms: engagement.attentionMs,
  ttfb_ms: engagement.ttfbMs,
  dom_ready_ms: engagement.domReadyMs,
  load_ms: engagement.loadMs,
})

async function saveRows(
  connection: Connection,
  table: 'pageviews' | 'user_events',
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return
  await connection.query(
    `/* save ${table} */ insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    [JSON.stringify(rows)],
  )
}

const ENGAGEMENT_COLUMNS = [
  'engagement_at',
  'engagement_id',
  'visible_ms',
  'engaged_ms',
  'scroll_depth',
  'fits_window',
  'attention_ms',
  'ttfb_ms',
  'dom_ready_ms',
  'load_ms',
] satisfies (keyof ReturnType<typeof engagementColumns>)[]

const key = (of: { siteId: string; visitorId: string }, at: { eventId: string; atMs: number }) => ({
  ...{ site_id: of.siteId, visitor_id: of.visitorId },
  ...{ event_id: at.eventId, occurred_at: new Date(at.atMs) },
})

const BY_KEY = `p.site_id = n.site_id and p.visitor_id = n.visitor_id
  and p.event_id = n.event_id and p.occurred_at = n.occurred_at`

async function saveEngagements(connection: Connection, views: readonly Pageview[]): Promise<void> {
  if (views.length === 0) return
  await connection.query(
    `/* save engagements */ update pageviews p
     set ${ENGAGEMENT_COLUMNS.map((name) => `${name} = n.${name}`).join(', ')}
     from jsonb_populate_recordset(null::pageviews, $1::jsonb) n where ${BY_KEY}`,
    [JSON.stringify(views.map((view) => ({ ...key(view, view), ...engagementColumns(view) })))],
  )
}

async function saveNextPages(
  connection: Connection,
  followed: Processed['followed'],
): Promise<void> {
  if (followed.length === 0) return
  await connection.query(
    `/* save next pages */ update pageviews p set next_page = n.next_page
     from jsonb_populate_recordset(null::pageviews, $1::jsonb) n where ${BY_KEY}`,
    [JSON.stringify(followed.map((each) => ({ ...key(each, each.at), next_page: each.nextPage })))],
  )
}

const SUBMISSION_COLUMNS = [
  'site_id',
  'visitor_id',
  'attempt',
  'session_id',
  'form',
  'version',
  'path',
  'first_at',
  'last_at',
  'started_at',
  'submitted_at',
  'succeeded_at',
  'success_rule',
  'submits',
  'failures',
  'hesitation_ms',
  'time_ms',
  'is_autofill',
  'drop_field',
  'drop_field_focused',
  'fields',
  'snapshot_at',
  'is_bot',
] satisfies (keyof FormSubmission)[]

const SAVE_SUBMISSIONS = `/* save form submissions */
insert into form_submissions (${SUBMISSION_COLUMNS.join(', ')})
select ${SUBMISSION_COLUMNS.join(', ')} from jsonb_populate_recordset(null::form_submissions, $1::jsonb)
on conflict (site_id, visitor_id, attempt) do update
set ${SUBMISSION_COLUMNS.slice(8)
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}`

async function saveSubmissions(
  connection: Connection,
  submissions: readonly FormSubmission[],
  bots: ReadonlySet<Session>,
): Promise<void> {
  if (submissions.length === 0) return
  const botIds = new Set([...bots].map((each) => each.sessionId))
  const rows = submissions.map((each) => ({ ...each, is_bot: botIds.has(each.session_id) }))
  await connection.query(SAVE_SUBMISSIONS, [JSON.stringify(rows)])
}
