import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'

/** Who am I, and which sites may I see. */
export function siteRoutes(app: FastifyInstance, parts: { pool: Pool; access: Access }): void {
  app.get(
    '/api/v1/me',
    { schema: { summary: 'Who is signed in', tags: ['accounts'] } },
    async (request) => {
      const principal = await parts.access.requireRead(request)
      return principal.kind === 'user'
        ? { user: { email: principal.email } }
        : { key: { scope: principal.scope, siteId: principal.siteId } }
    },
  )

  app.get(
    '/api/v1/sites',
    { schema: { summary: 'Sites that may be read', tags: ['sites'] } },
    async (request) => {
      const principal = await parts.access.requireRead(request)
      const only = principal.kind === 'key' ? principal.siteId : null
      const { rows } = await parts.pool.query(
        `/* sites */ select site_id as "siteId", name, timezone from sites
       where $1::text is null or site_id = $1 order by site_id`,
        [only],
      )
      return { sites: rows }
    },
  )
}
