import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import type { Access } from '../accounts/access.ts'
import { Problem } from '../errors.ts'
import { described } from '../open-api.ts'

const MAX_TEXT = 500
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const schema = (summary: string) => ({ summary, tags: ['sites'], security: [{ apiKey: [] }] })

/** Notes on a site's time line. */
export function annotationRoutes(
  app: FastifyInstance,
  { pool, access }: { pool: Pool; access: Access },
): void {
  app.get<{ Params: { site: string } }>(
    '/api/v1/sites/:site/annotations',
    { schema: schema('Notes on the time line, the newest first') },
    async (request) => {
      await access.requireRead(request, request.params.site)
      const { rows } = await pool.query(
        `/* annotations */ select annotation_id as id, at, text
         from annotations where site_id = $1 order by at desc limit 1000`,
        [request.params.site],
      )
      return { annotations: rows }
    },
  )

  app.post<{ Params: { site: string }; Body: { at?: unknown; text?: unknown } | null }>(
    '/api/v1/sites/:site/annotations',
    described({
      ...schema('Adds a note'),
      body: {
        type: 'object',
        required: ['at', 'text'],
        properties: {
          at: { type: 'string', format: 'date-time' },
          text: { type: 'string', maxLength: MAX_TEXT },
        },
      },
    }),
    async (request, reply) => {
      const { site } = request.params
      await access.requireChange(request, site)
      const { at, text } = request.body ?? {}
      const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
      if (!(time >= 0 && time < 4e12))
        throw new Problem('invalid_request', 'at: must be a time such as 2026-11-01T12:00:00Z.')
      if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_TEXT)
        throw new Problem('invalid_request', `text: must have 1 to ${MAX_TEXT} characters.`)
      const { rows } = await pool.query(
        `/* add annotation */ insert into annotations (site_id, at, text)
         select $1, $2, $3 from sites where site_id = $1 returning annotation_id as id, at, text`,
        [site, new Date(time), text.replaceAll('\0', '')],
      )
      if (!rows[0]) throw new Problem('not_found', `There is no site ${site}.`)
      return reply.code(201).send(rows[0])
    },
  )

  app.delete<{ Params: { site: string; id: string } }>(
    '/api/v1/sites/:site/annotations/:id',
    { schema: schema('Takes a note away') },
    async (request, reply) => {
      const { site, id } = request.params
      await access.requireChange(request, site)
      const { rowCount } = UUID.test(id)
        ? await pool.query(
            '/* delete annotation */ delete from annotations where site_id = $1 and annotation_id = $2',
            [site, id],
          )
        : { rowCount: 0 }
      if (rowCount === 0) throw new Problem('not_found', 'There is no such note.')
      return reply.code(204).send()
    },
  )
}
