import { type Columns, columnsOf, unnested } from '../database/columns.ts'
import type { Connection } from '../database/postgres.ts'
import type { FormSubmission } from './form-submission.ts'
import type { Pageview } from './pageview.ts'
import type { Point, Session } from './session.ts'
import { saveSessions, type Visitor } from './sessions-table.ts'
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
  const pageviews = events.flatMap((each) => pageviewRow(each, bots))
  if (pageviews.length > 0)
    await connection.query(SAVE_PAGEVIEWS, columnsOf(PAGEVIEW_COLUMNS, pageviews))
  const userEvents = events.flatMap((each) => userEventRow(each, bots))
  if (userEvents.length > 0)
    await connection.query(SAVE_USER_EVENTS, columnsOf(USER_EVENT_COLUMNS, userEvents))
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

const SHARED_COLUMNS = {
  ...{ site_id: 'text', visitor_id: 'text', session_id: 'text', event_id: 'uuid' },
  ...{ occurred_at: 'time', path: 'text', view_id: 'text', is_bot: 'boolean' },
} as const satisfies Columns

const shared = ({ claimed, session }: ProcessedEvent, bots: ReadonlySet<Session>) => ({
  site_id: claimed.site_id,
  visitor_id: claimed.visitor_id,
  session_id: session.sessionId,
  event_id: claimed.event_id,
  occurred_at: claimed.occurred_at,
  path: claimed.path,
  view_id: viewIdOf(claimed),
  is_bot: bots.has(session),
})

const ENGAGEMENT_COLUMNS = {
  ...{ engagement_at: 'time', engagement_id: 'uuid', visible_ms: 'number', engaged_ms: 'number' },
  ...{ scroll_depth: 'number', fits_window: 'boolean', attention_ms: 'numbers' },
  ...{ ttfb_ms: 'number', dom_ready_ms: 'number', load_ms: 'number' },
} as const satisfies Columns

const engagementColumns = ({ engagement, engagementPoint }: Pageview) => ({
  engagement_at: engagementPoint?.atMs,
  engagement_id: engagementPoint?.eventId,
  visible_ms: engagement.visibleMs,
  engaged_ms: engagement.engagedMs,
  scroll_depth: engagement.scrollDepth,
  fits_window: engagement.fitsWindow,
  attention_ms: engagement.attentionMs,
  ttfb_ms: engagement.ttfbMs,
  dom_ready_ms: engagement.domReadyMs,
  load_ms: engagement.loadMs,
})

const insertInto = (table: string, columns: Columns) => {
  const names = Object.keys(columns).join(', ')
  return `/* save ${table} */ insert into ${table} (${names}) select ${names} from ${unnested(columns)} n`
}

const PAGEVIEW_COLUMNS = {
  ...SHARED_COLUMNS,
  ...{ url: 'text', title: 'text', referrer: 'text', host: 'text' },
  ...{ previous_page: 'text', next_page: 'text' },
  ...ENGAGEMENT_COLUMNS,
} as const satisfies Columns
const SAVE_PAGEVIEWS = insertInto('pageviews', PAGEVIEW_COLUMNS)

function pageviewRow(event: ProcessedEvent, bots: ReadonlySet<Session>) {
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

const USER_EVENT_COLUMNS = {
  ...SHARED_COLUMNS,
  ...{ event_type: 'text', properties: 'json' },
} as const satisfies Columns
const SAVE_USER_EVENTS = insertInto('user_events', USER_EVENT_COLUMNS)

function userEventRow(event: ProcessedEvent, bots: ReadonlySet<Session>) {
  const { event_type, event: stored } = event.claimed
  if (event.pageview) return []
  // The time of each band stands with the page view, where it is asked for: 80 bytes less here.
  const { attentionMs: _, ...properties } = stored.eventData ?? {}
  return [{ ...shared(event, bots), event_type, properties }]
}

const KEY_COLUMNS = {
  ...{ site_id: 'text', visitor_id: 'text', event_id: 'uuid', occurred_at: 'time' },
} as const satisfies Columns

const keyOf = (of: Visitor, at: Point) => ({
  ...{ site_id: of.siteId, visitor_id: of.visitorId },
  ...{ event_id: at.eventId, occurred_at: at.atMs },
})

const BY_KEY = `p.site_id = n.site_id and p.visitor_id = n.visitor_id
  and p.event_id = n.event_id and p.occurred_at = n.occurred_at`

const ENGAGED_COLUMNS = { ...KEY_COLUMNS, ...ENGAGEMENT_COLUMNS } as const satisfies Columns
const SAVE_ENGAGEMENTS = `/* save engagements */ update pageviews p
set ${Object.keys(ENGAGEMENT_COLUMNS)
  .map((name) => `${name} = n.${name}`)
  .join(', ')}
from ${unnested(ENGAGED_COLUMNS)} n where ${BY_KEY}`

async function saveEngagements(connection: Connection, views: readonly Pageview[]): Promise<void> {
  if (views.length === 0) return
  const rows = views.map((view) => ({ ...keyOf(view, view), ...engagementColumns(view) }))
  await connection.query(SAVE_ENGAGEMENTS, columnsOf(ENGAGED_COLUMNS, rows))
}

const FOLLOWED_COLUMNS = { ...KEY_COLUMNS, next_page: 'text' } as const satisfies Columns
const SAVE_NEXT_PAGES = `/* save next pages */ update pageviews p set next_page = n.next_page
from ${unnested(FOLLOWED_COLUMNS)} n where ${BY_KEY}`

async function saveNextPages(
  connection: Connection,
  followed: Processed['followed'],
): Promise<void> {
  if (followed.length === 0) return
  const rows = followed.map((each) => ({ ...keyOf(each, each.at), next_page: each.nextPage }))
  await connection.query(SAVE_NEXT_PAGES, columnsOf(FOLLOWED_COLUMNS, rows))
}

const SUBMISSION_COLUMNS = {
  ...{ site_id: 'text', visitor_id: 'text', attempt: 'text', session_id: 'text', form: 'text' },
  ...{ version: 'text', path: 'text', first_at: 'time', last_at: 'time', started_at: 'time' },
  ...{ submitted_at: 'time', succeeded_at: 'time', success_rule: 'text', submits: 'number' },
  ...{ failures: 'number', hesitation_ms: 'number', time_ms: 'number', is_autofill: 'boolean' },
  ...{ drop_field: 'text', drop_field_focused: 'text', fields: 'json', snapshot_at: 'time' },
  is_bot: 'boolean',
} as const satisfies Columns<keyof FormSubmission>
const SAVE_SUBMISSIONS = `${insertInto('form_submissions', SUBMISSION_COLUMNS)}
on conflict (site_id, visitor_id, attempt) do update
set ${Object.keys(SUBMISSION_COLUMNS)
  .slice(8)
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
  await connection.query(SAVE_SUBMISSIONS, columnsOf(SUBMISSION_COLUMNS, rows))
}
