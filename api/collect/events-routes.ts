import type { FastifyInstance } from 'fastify'
import {
  DERIVED_COLUMNS,
  type DerivedColumns,
  type StoredEvent,
  storedEvent,
} from '../../contract/event.ts'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'
import { openStreams } from '../streams.ts'

export interface EventsRoutesOptions {
  readonly pool: Pool
  /** Absent in development: then anyone on the machine may look. */
  readonly access: Access | undefined
}

/** Events received: in all, and lately. */
interface Counts {
  readonly count: number
  readonly lastMinute: number
  readonly lastHour: number
  readonly lastDay: number
}

// What the pipeline has counted, and what still waits for it: never a scan of
// the record. The minute is to ten seconds, the hour to the minute, the day to
// the hour. As float8, which is exact up to 2^53 and added up much faster than
// the numeric that sums of bigint are.
const COUNT = `/* events count */
with counted as (
  select site_id,
         sum(events::float8) filter (where at > now() - interval '1 minute') as minute,
         sum(events::float8) filter (where at > now() - interval '1 hour')   as hour,
         sum(events::float8)                                                 as day
  from event_counts
  where at > now() - interval '1 day' and ($1::text is null or site_id = $1)
  group by site_id
), waiting as (
  select site_id,
         count(*)                                                                 as all,
         count(*) filter (where received_at > now() - interval '1 minute') as minute,
         count(*) filter (where received_at > now() - interval '1 hour')   as hour,
         count(*) filter (where received_at > now() - interval '1 day')    as day
  from events_log
  where batch_id in (select batch_id from events_batches) and ($1::text is null or site_id = $1)
  group by site_id
), totals as (
  select site_id, events from event_totals where $1::text is null or site_id = $1
)
select site_id                                    as "siteId",
       coalesce(t.events, 0) + coalesce(w.all, 0) as "count",
       coalesce(c.minute, 0) + coalesce(w.minute, 0) as "lastMinute",
       coalesce(c.hour, 0)   + coalesce(w.hour, 0)   as "lastHour",
       coalesce(c.day, 0)    + coalesce(w.day, 0)    as "lastDay"
from totals t full join waiting w using (site_id) left join counted c using (site_id)
order by site_id`

/** `GET /events/count` and `GET /events/recent`: a look into the record for debugging. */
export function eventsRoutes(app: FastifyInstance, { pool, access }: EventsRoutesOptions): void {
  const querystring = {
    type: 'object',
    properties: { siteId: { type: 'string' }, eventType: { type: 'string' } },
  } as const

  app.get<{ Querystring: { siteId?: string } }>(
    '/events/count',
    {
      schema: {
        summary:
          'Events in the record, in all and by site: ever, and in the last minute, hour and day',
        tags: ['events'],
        querystring,
      },
    },
    async (request) => {
      const principal = await access?.requireRead(request, request.query.siteId)
      const siteId = request.query.siteId ?? (principal?.kind === 'key' ? principal.siteId : null)
      const { rows } = await pool.query<Counts & { siteId: string }>(COUNT, [siteId])
      const sum = (name: keyof Counts) => rows.reduce((total, row) => total + row[name], 0)
      return {
        count: sum('count'),
        lastMinute: sum('lastMinute'),
        lastHour: sum('lastHour'),
        lastDay: sum('lastDay'),
        bySite: Object.fromEntries(rows.map(({ siteId: id, ...counts }) => [id, counts])),
      }
    },
  )

  const openStream = openStreams(app)
  app.get<{ Querystring: { siteId?: string; eventType?: string } }>(
    '/events/recent',
    {
      schema: {
        summary:
          'The last 100 events as they were stored, newest first; as text/event-stream, those that come',
        tags: ['events'],
        querystring,
      },
    },
    async (request, reply) => {
      const principal = await access?.requireRead(request, request.query.siteId)
      const siteId = request.query.siteId ?? (principal?.kind === 'key' ? principal.siteId : null)
      const recent = async (afterBatch: number) =>
        (await pool.query<RecentRow>(RECENT, [siteId, request.query.eventType ?? null, afterBatch]))
          .rows
      if (!request.headers.accept?.includes('text/event-stream'))
        return { events: (await recent(0)).map(shown) }

      // Newest first: the first row knows where to go on.
      let lastBatch = (await recent(0))[0]?.batchId ?? 0
      const stream = openStream(reply)
      let isAsking = false
      const timer = setInterval(async () => {
        if (isAsking) return
        isAsking = true
        // A fault of the database is over with the next question.
        const rows = await recent(lastBatch).catch(() => [])
        isAsking = false
        lastBatch = rows[0]?.batchId ?? lastBatch
        for (const row of rows.toReversed())
          stream.write(`event: event\ndata: ${JSON.stringify(shown(row))}\n\n`)
      }, STREAMS_EVERY_MS)
      stream.whenOver(() => clearInterval(timer))
      return reply
    },
  )
}

const STREAMS_EVERY_MS = 1_000

interface RecentRow extends DerivedColumns {
  readonly siteId: string
  readonly eventId: string
  readonly eventType: string
  readonly visitorId: string
  readonly sessionId: string | null
  readonly timestamp: Date
  readonly receivedAt: Date
  readonly host: string | null
  readonly path: string | null
  readonly event: StoredEvent
  readonly batchId: number
}

function shown(row: RecentRow) {
  const { siteId, eventId, eventType, visitorId, sessionId, timestamp, receivedAt } = row
  const { host, path } = row
  const { url, referrer, title, eventData, context, derived, flags } = storedEvent(row)
  return {
    ...{ siteId, eventId, eventType, visitorId, sessionId, timestamp, receivedAt, host, path },
    ...{ url, referrer, title, eventData, context, derived, flags },
  }
}

const RECENT = `/* events recent */
select batch_id as "batchId", site_id as "siteId", event_id as "eventId", event_type as "eventType",
       visitor_id as "visitorId", session_id as "sessionId", occurred_at as "timestamp", received_at as "receivedAt",
       host, path, event, ${Object.keys(DERIVED_COLUMNS).join(', ')}
from events_log
where ($1::text is null or site_id = $1) and ($2::text is null or event_type = $2) and batch_id > $3
order by batch_id desc, occurred_at desc
limit 100`
