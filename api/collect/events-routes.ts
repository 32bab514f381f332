import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'

export interface EventsRoutesOptions {
  readonly pool: Pool
  /** Absent in development: then anyone on the machine may look. */
  readonly access: Access | undefined
}

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
      const { rows } = await pool.query<{ site_id: string; count: number }>(
        `/* events count */ select site_id, count(*) as count from events_log
         where $1::text is null or site_id = $1 group by site_id order by site_id`,
        [siteId],
      )
      return {
        count: rows.reduce((sum, row) => sum + row.count, 0),
        bySite: Object.fromEntries(rows.map((row) => [row.site_id, row.count])),
      }
    },
  )

  app.get<{ Querystring: { siteId?: string; eventType?: string } }>(
    '/events/recent',
    {
      schema: {
        summary: 'The last 100 events as they were stored, newest first',
        tags: ['events'],
        querystring,
      },
    },
    async (request) => {
      const principal = await access?.requireRead(request, request.query.siteId)
      const siteId = request.query.siteId ?? (principal?.kind === 'key' ? principal.siteId : null)
      const { rows } = await pool.query(
        `/* events recent */
         select site_id as "siteId", event_id as "eventId", event_type as "eventType", visitor_id as "visitorId",
                session_id as "sessionId", occurred_at as "timestamp", received_at as "receivedAt", host, path,
                event ->> 'url' as url, event ->> 'referrer' as referrer, event ->> 'title' as title,
                event -> 'eventData' as "eventData", event -> 'context' as context
         from events_log
         where ($1::text is null or site_id = $1) and ($2::text is null or event_type = $2)
         order by batch_id desc, occurred_at desc
         limit 100`,
        [siteId, request.query.eventType ?? null],
      )
      return { events: rows }
    },
  )
}
