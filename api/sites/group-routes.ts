import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { SiteScope } from '../../reports/scope.ts'
import type { Access } from '../accounts/access.ts'
import { Problem } from '../errors.ts'
import { described } from '../open-api.ts'

const MAX_NAME = 120
const schema = (summary: string) => ({ summary, tags: ['sites'], security: [{ apiKey: [] }] })

/** Groups of sites, for reports over all of them. */
export function groupRoutes(
  app: FastifyInstance,
  { pool, access }: { pool: Pool; access: Access },
): void {
  app.get('/api/v1/groups', { schema: schema('Groups of sites') }, async (request) => {
    const principal = await access.requireRead(request)
    const only = principal.kind === 'key' ? principal.siteId : null
    const { rows } = await pool.query(
      `/* groups */ select name, array_agg(site_id order by site_id) as sites from site_groups
       where $1::text is null or site_id = $1 group by name order by name`,
      [only],
    )
    return { groups: rows }
  })

  app.put<{ Params: { site: string }; Body: { name?: unknown } | null }>(
    '/api/v1/sites/:site/group',
    described({
      ...schema('Puts the site into a group'),
      body: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: MAX_NAME } },
      },
    }),
    async (request, reply) => {
      const { site } = request.params
      await access.requireChange(request, site)
      const name = request.body?.name
      if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME)
        throw new Problem('invalid_request', `name: must have 1 to ${MAX_NAME} characters.`)
      const { rowCount } = await pool.query(
        `/* put into group */ insert into site_groups (site_id, name)
         select $1, $2 from sites where site_id = $1
         on conflict (site_id) do update set name = excluded.name`,
        [site, name.replaceAll('\0', '')],
      )
      if (rowCount === 0) throw new Problem('not_found', `There is no site ${site}.`)
      return reply.code(204).send()
    },
  )

  app.delete<{ Params: { site: string } }>(
    '/api/v1/sites/:site/group',
    { schema: schema('Takes the site out of its group') },
    async (request, reply) => {
      await access.requireChange(request, request.params.site)
      await pool.query('/* leave group */ delete from site_groups where site_id = $1', [
        request.params.site,
      ])
      return reply.code(204).send()
    },
  )
}

/** The sites of a group that may be read: all of them, or a 403 or 404 Problem. */
export async function groupScope(
  { pool, access }: { pool: Pool; access: Access },
  request: FastifyRequest,
  name: string,
): Promise<SiteScope> {
  await access.requireRead(request)
  const { rows } = await pool.query<{ site_id: string }>(
    '/* sites of a group */ select site_id from site_groups where name = $1 order by site_id',
    [name],
  )
  const first = rows[0]
  if (!first) throw new Problem('not_found', 'There is no such group.')
  for (const { site_id } of rows) await access.requireRead(request, site_id)
  return {
    siteId: first.site_id,
    groupOf: Object.fromEntries(rows.map(({ site_id }) => [site_id, name])),
  }
}
