import { DIRECT } from '../contract/attribution.ts'
import type { VisitorBasis } from '../contract/event.ts'
import { type Columns, columnsOf, unnested } from '../database/columns.ts'
import type { Connection } from '../database/postgres.ts'
import { SESSION_RULES, type Session } from './session.ts'

interface SessionRow {
  readonly site_id: string
  readonly visitor_id: string
  readonly session_id: string
  readonly client_session_id: string | null
  readonly is_mixed: boolean
  readonly visitor_basis: VisitorBasis
  readonly started_at: Date
  readonly first_event_id: string
  readonly last_at: Date
  readonly last_event_id: string
  readonly entry_event_id: string | null
  readonly entry_at: Date | null
  readonly entry_page: string | null
  readonly exit_event_id: string | null
  readonly exit_at: Date | null
  readonly exit_page: string | null
  readonly host: string | null
  readonly referrer: string | null
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly content: string
  readonly term: string
  readonly utm_source: string | null
  readonly channel: string
  readonly country: string | null
  readonly region: string | null
  readonly city: string | null
  readonly language: string | null
  readonly browser: string | null
  readonly browser_version: string | null
  readonly os: string | null
  readonly os_version: string | null
  readonly device: string | null
  readonly viewport_class: string | null
  readonly bot_name: string | null
  readonly bot_kind: string | null
  readonly pageviews: number
  readonly events: number
  readonly engaged_ms: number
  readonly has_bot_event: boolean
  readonly is_bot: boolean
  readonly is_engaged: boolean
}

export interface Visitor {
  readonly siteId: string
  readonly visitorId: string
}

export const visitorKey = ({ siteId, visitorId }: Visitor) => `${siteId}\n${visitorId}`

/**
 * The visitors' sessions that an event between the two times could belong to or
 * touch, and those that have one of the session ids.
 */
export async function loadSessions(
  connection: Connection,
  visitors: readonly (Visitor & { readonly clientSessionIds: readonly string[] })[],
  fromMs: number,
  toMs: number,
  timeoutMs: number,
): Promise<Map<string, Session[]>> {
  const reachMs = timeoutMs + SESSION_RULES.capMs
  const { rows } = await connection.query<SessionRow>(
    `/* sessions near */
     select s.*
     from jsonb_to_recordset($1::jsonb) as v("siteId" text, "visitorId" text, "clientSessionIds" jsonb)
     join user_sessions s on s.site_id = v."siteId" and s.visitor_id = v."visitorId"
     where (s.last_at >= $2 and s.started_at <= $3) or v."clientSessionIds" ? s.session_id`,
    [
      JSON.stringify(
        visitors.map(({ siteId, visitorId, clientSessionIds }) => ({
          siteId,
          visitorId,
          clientSessionIds,
        })),
      ),
      new Date(fromMs - reachMs),
      new Date(toMs + reachMs),
    ],
  )
  const sessions = new Map<string, Session[]>()
  for (const row of rows) {
    const session = fromRow(row)
    const key = visitorKey(session)
    const known = sessions.get(key)
    if (known) known.push(session)
    else sessions.set(key, [session])
  }
  return sessions
}

const COLUMNS = {
  ...{ site_id: 'text', visitor_id: 'text', session_id: 'text', client_session_id: 'text' },
  ...{ is_mixed: 'boolean', visitor_basis: 'text', started_at: 'time', first_event_id: 'uuid' },
  ...{ last_at: 'time', last_event_id: 'uuid', entry_event_id: 'uuid', entry_at: 'time' },
  ...{ entry_page: 'text', exit_event_id: 'uuid', exit_at: 'time', exit_page: 'text' },
  ...{ host: 'text', referrer: 'text', source: 'text', medium: 'text', campaign: 'text' },
  ...{ content: 'text', term: 'text', utm_source: 'text', channel: 'text', country: 'text' },
  ...{ region: 'text' },
  ...{ city: 'text', language: 'text', browser: 'text', browser_version: 'text', os: 'text' },
  ...{ os_version: 'text', device: 'text', viewport_class: 'text', bot_name: 'text' },
  ...{ bot_kind: 'text', pageviews: 'number', events: 'number', engaged_ms: 'number' },
  ...{ has_bot_event: 'boolean', is_bot: 'boolean', is_engaged: 'boolean' },
} as const satisfies Columns<keyof SessionRow>
const NAMES = Object.keys(COLUMNS).join(', ')

// What an event after the first page view can change.
const CHANGING = [
  'is_mixed',
  'last_at',
  'last_event_id',
  'exit_event_id',
  'exit_at',
  'exit_page',
  'pageviews',
  'events',
  'engaged_ms',
  'has_bot_event',
  'is_engaged',
] satisfies (keyof SessionRow)[]

const SAVE = `/* save sessions */
insert into user_sessions (${NAMES})
select ${NAMES} from ${unnested(COLUMNS)} n
on conflict (site_id, visitor_id, session_id) do update
set ${CHANGING.map((name) => `${name} = excluded.${name}`).join(', ')}`

/** Writes sessions as they are now; of one that is there, what an event in its turn can change. */
export async function saveSessions(
  connection: Connection,
  sessions: ReadonlySet<Session>,
  bots: ReadonlySet<Session>,
): Promise<void> {
  const rows = Array.from(sessions, (session) => toRow(session, bots.has(session)))
  await connection.query(SAVE, columnsOf(COLUMNS, rows))
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
    isMixed: row.is_mixed,
    first: { atMs: row.started_at.getTime(), eventId: row.first_event_id },
    last: { atMs: row.last_at.getTime(), eventId: row.last_event_id },
    entry: view(row.entry_event_id, row.entry_at, row.entry_page),
    exit: view(row.exit_event_id, row.exit_at, row.exit_page),
    attributes: {
      host: row.host,
      referrer: row.referrer,
      source: row.source,
      medium: row.medium,
      campaign: row.campaign,
      content: row.content,
      term: row.term,
      utmSource: row.utm_source ?? likelyTag(row),
      channel: row.channel,
      country: row.country,
      region: row.region,
      city: row.city,
      language: row.language,
      browser: row.browser,
      browserVersion: row.browser_version,
      os: row.os,
      osVersion: row.os_version,
      device: row.device,
      viewportClass: row.viewport_class,
      botName: row.bot_name,
      botKind: row.bot_kind,
    },
    pageviews: row.pageviews,
    events: row.events,
    engagedMs: row.engaged_ms,
    hasBotEvent: row.has_bot_event,
    isEngaged: row.is_engaged,
  }
}

/** Of a visit from before the tag was kept: what ClickHouse's rows of it have (its migration 0006). */
const likelyTag = ({ source, referrer, medium, campaign, content, term }: SessionRow) =>
  source === DIRECT || (referrer && !(medium + campaign + content + term)) ? '' : source

function toRow(session: Session, isBot: boolean): SessionRow {
  const date = (ms: number) => new Date(ms)
  const { attributes } = session
  return {
    site_id: session.siteId,
    visitor_id: session.visitorId,
    session_id: session.sessionId,
    client_session_id: session.clientSessionId,
    is_mixed: session.isMixed,
    visitor_basis: session.visitorBasis,
    started_at: date(session.first.atMs),
    first_event_id: session.first.eventId,
    last_at: date(session.last.atMs),
    last_event_id: session.last.eventId,
    entry_event_id: session.entry?.eventId ?? null,
    entry_at: session.entry && date(session.entry.atMs),
    entry_page: session.entry?.page ?? null,
    exit_event_id: session.exit?.eventId ?? null,
    exit_at: session.exit && date(session.exit.atMs),
    exit_page: session.exit?.page ?? null,
    host: attributes.host,
    referrer: attributes.referrer,
    source: attributes.source,
    medium: attributes.medium,
    campaign: attributes.campaign,
    content: attributes.content,
    term: attributes.term,
    utm_source: attributes.utmSource,
    channel: attributes.channel,
    country: attributes.country,
    region: attributes.region,
    city: attributes.city,
    language: attributes.language,
    browser: attributes.browser,
    browser_version: attributes.browserVersion,
    os: attributes.os,
    os_version: attributes.osVersion,
    device: attributes.device,
    viewport_class: attributes.viewportClass,
    bot_name: attributes.botName,
    bot_kind: attributes.botKind,
    pageviews: session.pageviews,
    events: session.events,
    engaged_ms: session.engagedMs,
    has_bot_event: session.hasBotEvent,
    is_bot: isBot,
    is_engaged: session.isEngaged,
  }
}
