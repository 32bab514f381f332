import type { Connection } from '../database/postgres.ts'
import { CLAIMED, type ClaimedEvent, readClaimed } from './claim.ts'
import type { Visitor } from './sessions-table.ts'

/** A stretch of a visitor's time that is to be gone through again. */
export interface Stretch extends Visitor {
  readonly fromMs: number
  readonly toMs: number
  /** What its events name: visits, page views and tries at forms that have one of these are of it too. */
  readonly names: Names
}

export const NO_NAMES: Names = { sessions: [], views: [], attempts: [] }

export interface Names {
  readonly sessions: readonly string[]
  readonly views: readonly string[]
  readonly attempts: readonly string[]
}

/** A row that was in the processed tables: its event, or the start of its visit. */
export interface Removed {
  readonly siteId: string
  readonly atMs: number
  /** Null for a visit. */
  readonly eventId: string | null
}

/** What the record has of the stretches, and what the processed tables no longer have. */
export interface Reopened {
  readonly events: readonly ClaimedEvent[]
  readonly removed: readonly Removed[]
}

/**
 * Takes all that was made of some stretches out of the processed tables, and
 * answers their events from the record, in order. Each stretch grows until
 * nothing outside it could have come out otherwise: over visits within the
 * timeout of it, views that were looked at in it, tries at forms, and what has a
 * name of its events.
 */
export async function reopen(
  connection: Connection,
  stretches: readonly Stretch[],
  timeoutMsOf: (siteId: string) => number,
): Promise<Reopened> {
  const grown = JSON.stringify(await grow(connection, stretches, timeoutMsOf))
  const removed = await connection.query<{ site_id: string; at: Date; event_id: string | null }>(
    `/* reopen */
     with stretches as (select * from ${STRETCHES}),
     views as (
       delete from pageviews p using stretches s
       where p.site_id = s."siteId" and p.visitor_id = s."visitorId" and p.occurred_at between s."from" and s."to"
       returning p.site_id, p.occurred_at as at, p.event_id
     ), others as (
       delete from user_events e using stretches s
       where e.site_id = s."siteId" and e.visitor_id = s."visitorId" and e.occurred_at between s."from" and s."to"
       returning e.site_id, e.occurred_at as at, e.event_id
     ), visits as (
       delete from user_sessions v using stretches s
       where v.site_id = s."siteId" and v.visitor_id = s."visitorId" and v.started_at between s."from" and s."to"
       returning v.site_id, v.started_at as at, null::uuid as event_id
     ), tries as (
       delete from form_submissions f using stretches s
       where f.site_id = s."siteId" and f.visitor_id = s."visitorId" and f.first_at between s."from" and s."to"
     )
     select * from views union all select * from others union all select * from visits`,
    [grown],
  )
  const events = await readClaimed(
    connection,
    `/* events again */
     select ${CLAIMED}
     from ${STRETCHES}
     join events_log l on l.site_id = s."siteId" and l.visitor_id = s."visitorId"
                      and l.occurred_at between s."from" and s."to"
     left join events_batches b using (batch_id)
     where b.batch_id is null
       and not exists (select from quarantine q where q.site_id = l.site_id and q.event_id = l.event_id)
     order by l.occurred_at, l.event_id`,
    [grown],
  )
  return {
    events,
    removed: removed.rows.map(({ site_id, at, event_id }) => ({
      siteId: site_id,
      atMs: at.getTime(),
      eventId: event_id,
    })),
  }
}

const STRETCHES = `jsonb_to_recordset($1::jsonb)
  as s("siteId" text, "visitorId" text, "from" timestamptz, "to" timestamptz, "timeoutMs" float8, names jsonb)`

interface Grown extends Visitor {
  readonly from: Date
  readonly to: Date
  readonly timeoutMs: number
  readonly names: Names
}

async function grow(
  connection: Connection,
  stretches: readonly Stretch[],
  timeoutMsOf: (siteId: string) => number,
): Promise<readonly Grown[]> {
  const done: Grown[] = []
  let growing: readonly Grown[] = stretches.map(({ siteId, visitorId, fromMs, toMs, names }) => ({
    ...{ siteId, visitorId, timeoutMs: timeoutMsOf(siteId), names },
    ...{ from: new Date(fromMs), to: new Date(toMs) },
  }))
  while (growing.length > 0) {
    const { rows } = await connection.query<Omit<Grown, 'names'> & { sessions: string[] }>(
      `/* grow stretches */
       select "siteId", "visitorId", "timeoutMs", min(first) as "from", max(last) as "to",
              coalesce(jsonb_agg(distinct id) filter (where id is not null), '[]') as sessions
       from (
         select s."siteId", s."visitorId", s."timeoutMs", s."from" as first, s."to" as last, null as id
         from ${STRETCHES}
         union all
         select s."siteId", s."visitorId", s."timeoutMs", v.started_at, v.last_at, v.client_session_id
         from ${STRETCHES}
         join user_sessions v on v.site_id = s."siteId" and v.visitor_id = s."visitorId"
           and (v.last_at >= s."from" - s."timeoutMs" * interval '1 ms'
                and v.started_at <= s."to" + s."timeoutMs" * interval '1 ms'
                or s.names->'sessions' ? v.client_session_id)
         union all
         select s."siteId", s."visitorId", s."timeoutMs", p.occurred_at, coalesce(p.engagement_at, p.occurred_at), null
         from ${STRETCHES}
         join pageviews p on p.site_id = s."siteId" and p.visitor_id = s."visitorId"
           and (p.occurred_at <= s."to" and coalesce(p.engagement_at, p.occurred_at) >= s."from"
                or s.names->'views' ? p.view_id)
         union all
         select s."siteId", s."visitorId", s."timeoutMs", e.occurred_at, e.occurred_at, null
         from ${STRETCHES}
         join user_events e on e.site_id = s."siteId" and e.visitor_id = s."visitorId"
           and e.event_type = 'engagement' and s.names->'views' ? e.view_id
         union all
         select s."siteId", s."visitorId", s."timeoutMs", f.first_at, f.last_at, null
         from ${STRETCHES}
         join form_submissions f on f.site_id = s."siteId" and f.visitor_id = s."visitorId"
           and (f.first_at <= s."to" and f.last_at >= s."from" or s.names->'attempts' ? f.attempt)
       ) x
       group by 1, 2, 3`,
      [JSON.stringify(growing)],
    )
    const before = new Map(growing.map((each) => [`${each.siteId}\n${each.visitorId}`, each]))
    const still: Grown[] = []
    for (const after of rows) {
      const was = before.get(`${after.siteId}\n${after.visitorId}`)
      if (!was) continue // each row is of one
      const { from, to } = after
      const sessions = [...new Set([...was.names.sessions, ...after.sessions])]
      const isSame =
        from.getTime() === was.from.getTime() &&
        to.getTime() === was.to.getTime() &&
        sessions.length === was.names.sessions.length
      ;(isSame ? done : still).push({ ...was, from, to, names: { ...was.names, sessions } })
    }
    growing = still
  }
  return done
}
