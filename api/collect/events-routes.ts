import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'
import { openStreams } from '../streams.ts'

export interface EventsRoutesOptions {
  readonly pool: Pool
  /** Absent in development: then anyone on the machine may look. */
  readonly access: Access | undefined
}

interface CountRow {
  readonly site_id: string
  readonly all: number
  readonly minute: number
  readonly hour: number
  readonly day: number
}

// What the pipeline has counted, and what still waits for it: never a scan of
// the record. The minute is to ten seconds, the hour to
// the minute, the day to the hour: 8 ms for 100 busy sites (2026-11-25).
const COUNT = `/* events count */
with counted as (
  select t.site_id, t.events as all,
         coalesce(sum(c.events) filter (where c.at > now() - interval '1 minute'), 0) as minute,
         coalesce(sum(c.events) filter (where c.at > now() - interval '1 hour'), 0)   as hour,
         coalesce(sum(c.events), 0)                                                      as day
  from event_totals t
  left join event_counts c on c.site_id = t.site_id and c.at > now() - interval '1 day'
  where $1::text is null or t.site_id = $1
  group by t.site_id
), waiting as (
  select site_id, count(*) as n from events_log
  where batch_id in (select batch_id from events_batches) and ($1::text is null or site_id = $1)
  group by site_id
)
select site_id,
       (coalesce(c.all, 0) + coalesce(w.n, 0))::bigint    as all,
       (coalesce(c.minute, 0) + coalesce(w.n, 0))::bigint as minute,
       (coalesce(c.hour, 0) + coalesce(w.n, 0))::bigint   as hour,
       (coalesce(c.day, 0) + coalesce(w.n, 0))::bigint    as day
from counted c full join waiting w using (site_id)
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
        summary: 'Events in the record, in all and by site',
        tags: ['events'],
        querystring,
      },
    },
    async (request) => {
      const principal = await access?.requireRead(request, request.query.siteId)
      const siteId = request.query.siteId ?? (principal?.kind === 'key' ? principal.siteId : null)
      const { rows } = await pool.query<CountRow>(COUNT, [siteId])
      const sum = (column: keyof Omit<CountRow, 'site_id'>) =>
        rows.reduce((total, row) => total + row[column], 0)
      return {
        count: sum('all'),
        lastMinute: sum('minute'),
        lastHour: sum('hour'),
        lastDay: sum('day'),
        bySite: Object.fromEntries(rows.map((row) => [row.site_id, row.all])),
      }
    },
  )

  const streams = openStreams(app)
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
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      reply.raw.write('retry: 2000\n\n')
      let isAsking = false
      const timer = setInterval(async () => {
        if (isAsking) return
        isAsking = true
        // A fault of the database is over with the next question.
        const rows = await recent(lastBatch).catch(() => [])
        isAsking = false
        lastBatch = rows[0]?.batchId ?? lastBatch
        for (const row of rows.toReversed())
          reply.raw.write(`event: event\ndata: ${JSON.stringify(shown(row))}\n\n`)
        if (rows.length === 0) reply.raw.write(': still here\n\n')
      }, STREAMS_EVERY_MS)
      streams.add(request.raw, () => {
        clearInterval(timer)
        reply.raw.end()
      })
      return reply
    },
  )
}

const STREAMS_EVERY_MS = 1_000

interface RecentRow {
  readonly batchId: number
  readonly [column: string]: unknown
}

const shown = ({ batchId: _, ...event }: RecentRow) => event

const RECENT = `/* events recent */
select batch_id as "batchId", site_id as "siteId", event_id as "eventId", event_type as "eventType",
       visitor_id as "visitorId", session_id as "sessionId", occurred_at as "timestamp", received_at as "receivedAt",
       host, path, event ->> 'url' as url, event ->> 'referrer' as referrer, event ->> 'title' as title,
       event -> 'eventData' as "eventData", event -> 'context' as context, event -> 'derived' as derived,
       event -> 'flags' as flags
from events_log
where ($1::text is null or site_id = $1) and ($2::text is null or event_type = $2) and batch_id > $3
order by batch_id desc, occurred_at desc
limit 100`
