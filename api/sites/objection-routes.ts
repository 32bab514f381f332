import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'

/** How many visitors' views were counted and not kept. */
export function objectionRoutes(
  app: FastifyInstance,
  { pool, access }: { pool: Pool; access: Access },
): void {
  app.get<{ Params: { site: string } }>(
    '/api/v1/sites/:site/objections',
    {
      schema: {
        summary:
          'Views and events not kept, as their visitors have objected; 400 UTC days, newest first',
        tags: ['sites'],
        security: [{ apiKey: [] }],
      },
    },
    async (request) => {
      await access.requireRead(request, request.params.site)
      const { rows } = await pool.query(
        `/* objections */ select day::text, reason, pageviews::int, events::int
         from anonymous_counts where site_id = $1 and day > now() at time zone 'UTC' - interval '400 days'
         order by day desc, reason`,
        [request.params.site],
      )
      return { objections: rows }
    },
  )
}
