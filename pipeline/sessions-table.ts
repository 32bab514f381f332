import type { VisitorBasis } from '../contract/event.ts'
import type { Connection } from '../database/postgres.ts'
import { SESSION_RULES, type Session } from './session.ts'

interface SessionRow {
  readonly site_id: string
  readonly visitor_id: string
  readonly session_id: string
  readonly client_session_id: string | null
  readonly visitor_basis: VisitorBasis
  readonly started_at: Date
  readonly last_at: Date
  readonly first_event_id: string
  readonly entry_event_id: string | null
  readonly entry_at: Date | null
  readonly entry_page: string | null
  readonly exit_event_id: string | null
  readonly exit_at: Date | null
  readonly exit_page: string | null
  readonly referrer: string | null
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly channel: string
  readonly pageviews: number
  readonly events: number
  readonly is_bot: boolean
  readonly is_engaged: boolean
}

export const visitorKey = (of: { siteId: string; visitorId: string }) =>
  `${of.siteId}\n${of.visitorId}`

/** The sessions of these visitors that an event between the two times could belong to. */
export async function loadSessions(
  connection: Connection,
  visitors: readonly { siteId: string; visitorId: string }[],
  fromMs: number,
  toMs: number,
): Promise<Map<string, Session[]>> {
  const reachMs = SESSION_RULES.timeoutMs + SESSION_RULES.capMs
  const { rows } = await connection.query<SessionRow>(
    `/* sessions near */
     select s.*
     from unnest($1::text[], $2::text[]) as v(site_id, visitor_id)
     join user_sessions s on s.site_id = v.site_id and s.visitor_id = v.visitor_id
     where s.last_at >= $3 and s.started_at <= $4`,
    [
      visitors.map((each) => each.siteId),
      visitors.map((each) => each.visitorId),
      new Date(fromMs - reachMs),
      new Date(toMs + reachMs),
    ],
  )
  const sessions = new Map<string, Session[]>(visitors.map((visitor) => [visitorKey(visitor), []]))
  for (const row of rows) {
    const session = fromRow(row)
    sessions.get(visitorKey(session))?.push(session)
  }
  return sessions
}

/** Writes sessions as they are now. */
export async function saveSessions(
  connection: Connection,
  sessions: readonly Session[],
): Promise<void> {
  await connection.query(
    `/* save sessions */
     insert into user_sessions (site_id, visitor_id, session_id, client_session_id, visitor_basis, started_at, last_at,
       first_event_id, entry_event_id, entry_at, entry_page, exit_event_id, exit_at, exit_page,
       referrer, source, medium, campaign, channel, pageviews, events, is_bot, is_engaged)
     select site_id, visitor_id, session_id, client_session_id, visitor_basis, started_at, last_at,
       first_event_id, entry_event_id, entry_at, entry_page, exit_event_id, exit_at, exit_page,
       referrer, source, medium, campaign, channel, pageviews, events, is_bot, is_engaged
     from jsonb_populate_recordset(null::user_sessions, $1::jsonb)
     on conflict (site_id, visitor_id, session_id) do update set
       started_at = excluded.started_at, last_at = excluded.last_at, first_event_id = excluded.first_event_id,
       entry_event_id = excluded.entry_event_id, entry_at = excluded.entry_at, entry_page = excluded.entry_page,
       exit_event_id = excluded.exit_event_id, exit_at = excluded.exit_at, exit_page = excluded.exit_page,
       referrer = excluded.referrer, source = excluded.source, medium = excluded.medium,
       campaign = excluded.campaign, channel = excluded.channel,
       pageviews = excluded.pageviews, events = excluded.events, is_bot = excluded.is_bot,
       is_engaged = excluded.is_engaged`,
    [JSON.stringify(sessions.map(toRow))],
  )
}

function fromRow(row: SessionRow): Session {
  const view = (id: string | null, at: Date | null, page: string | null) =>
    id === null || at === null ? null : { eventId: id, atMs: at.getTime(), page }
  return {
    siteId: row.site_id,
    visitorId: row.visitor_id,
    visitorBasis: row.visitor_basis,
    sessionId: row.session_id,
    clientSessionId: row.client_session_id,
    first: { atMs: row.started_at.getTime(), eventId: row.first_event_id },
    lastAtMs: row.last_at.getTime(),
    entry: view(row.entry_event_id, row.entry_at, row.entry_page),
    exit: view(row.exit_event_id, row.exit_at, row.exit_page),
    attribution: {
      referrer: row.referrer,
      source: row.source,
      medium: row.medium,
      campaign: row.campaign,
      channel: row.channel,
    },
    pageviews: row.pageviews,
    events: row.events,
    isBot: row.is_bot,
    isEngaged: row.is_engaged,
  }
}

function toRow(session: Session): SessionRow {
  const date = (ms: number) => new Date(ms)
  return {
    site_id: session.siteId,
    visitor_id: session.visitorId,
    session_id: session.sessionId,
    client_session_id: session.clientSessionId,
    visitor_basis: session.visitorBasis,
    started_at: date(session.first.atMs),
    last_at: date(session.lastAtMs),
    first_event_id: session.first.eventId,
    entry_event_id: session.entry?.eventId ?? null,
    entry_at: session.entry && date(session.entry.atMs),
    entry_page: session.entry?.page ?? null,
    exit_event_id: session.exit?.eventId ?? null,
    exit_at: session.exit && date(session.exit.atMs),
    exit_page: session.exit?.page ?? null,
    ...session.attribution,
    pageviews: session.pageviews,
    events: session.events,
    is_bot: session.isBot,
    is_engaged: session.isEngaged,
  }
}
