import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import { namesIn } from '../../reports/filter.ts'
import { GOAL_MEMBERS, parseGoal } from '../../reports/goal.ts'
import { parseFilters } from '../../reports/parse-filter.ts'
import { SEGMENT } from '../../reports/plan.ts'
import { QueryError } from '../../reports/query-error.ts'
import type { Access } from '../accounts/access.ts'
import { Problem } from '../errors.ts'
import { described } from '../open-api.ts'

interface Site {
  Params: { site: string }
}
interface Named {
  Params: { site: string; name: string }
}

const MAX_NAME = 120
const schema = (summary: string) => ({ summary, tags: ['sites'], security: [{ apiKey: [] }] })

/** Goals and segments of a site: listed, put under a name, taken away. */
export function namesRoutes(
  app: FastifyInstance,
  { pool, access }: { pool: Pool; access: Access },
): void {
  app.get<Site>(
    '/api/v1/sites/:site/goals',
    { schema: schema('Goals of the site') },
    async (request) => {
      const { site } = request.params
      await access.requireRead(request, site)
      const { rows } = await pool.query(
        `/* goals */ select name, definition, value::float8 as value, currency
         from goals where site_id = $1 order by name`,
        [site],
      )
      return { goals: rows.map(({ definition, ...goal }) => ({ ...goal, ...definition })) }
    },
  )

  app.put<Named & { Body: Record<string, unknown> | null }>(
    '/api/v1/sites/:site/goals/:name',
    described({ ...schema('Makes or changes a goal'), body: GOAL_BODY }),
    async (request, reply) => {
      const { site, name } = request.params
      await access.requireChange(request, site)
      const { value = 0, currency = null, ...definition } = request.body ?? {}
      const goal = checked(() => parseGoal(definition))
      if (typeof value !== 'number' || !(value >= 0 && value <= 1e12))
        throw new Problem('invalid_request', 'value: must be a number of 0 or more.')
      if (currency !== null && !/^[A-Z]{3}$/.test(String(currency)))
        throw new Problem('invalid_request', 'currency: must be of ISO 4217, such as EUR.')
      await put(site, name, () =>
        pool.query(
          `/* put goal */ insert into goals (site_id, name, definition, value, currency)
           select $1, $2, $3, $4, $5 from sites where site_id = $1
           on conflict (site_id, name) do update
             set definition = excluded.definition, value = excluded.value, currency = excluded.currency
           returning name`,
          [site, name, goal, value, currency],
        ),
      )
      return reply.code(204).send()
    },
  )

  app.get<Site>(
    '/api/v1/sites/:site/segments',
    { schema: schema('Segments of the site') },
    async (request) => {
      const { site } = request.params
      await access.requireRead(request, site)
      const { rows } = await pool.query(
        `/* segments */ select name, segment_id::float8 as id, filters
         from segments where site_id = $1 order by name`,
        [site],
      )
      return { segments: rows }
    },
  )

  app.put<Named & { Body: { filters?: unknown } | null }>(
    '/api/v1/sites/:site/segments/:name',
    described({
      ...schema('Makes or changes a segment: filters under a name'),
      body: SEGMENT_BODY,
    }),
    async (request, reply) => {
      const { site, name } = request.params
      await access.requireChange(request, site)
      const filters = checked(() => parseFilters(request.body?.filters))
      if (filters.length === 0 || filters.flatMap((each) => namesIn(each)).includes(SEGMENT))
        throw new Problem('invalid_request', 'filters: must be filters, and not of segments.')
      await put(site, name, () =>
        pool.query(
          `/* put segment */ insert into segments (site_id, name, filters)
           select $1, $2, $3 from sites where site_id = $1
           on conflict (site_id, name) do update set filters = excluded.filters
           returning name`,
          [site, name, JSON.stringify(filters)],
        ),
      )
      return reply.code(204).send()
    },
  )

  for (const table of ['goals', 'segments'] as const) {
    app.delete<Named>(
      `/api/v1/sites/:site/${table}/:name`,
      { schema: schema(`Takes away one of the ${table}`) },
      async (request, reply) => {
        const { site, name } = request.params
        await access.requireChange(request, site)
        const { rowCount } = await pool.query(
          `/* delete from ${table} */ delete from ${table} where site_id = $1 and name = $2`,
          [site, name],
        )
        if (rowCount === 0) throw new Problem('not_found', 'There is none of that name.')
        return reply.code(204).send()
      },
    )
  }
}

const text = { type: 'string' }
const GOAL_BODY = {
  type: 'object',
  required: ['kind'],
  examples: [{ kind: 'event', event: 'signup', value: 20, currency: 'EUR' }],
  properties: {
    kind: { type: 'string', enum: Object.keys(GOAL_MEMBERS) },
    page: { ...text, description: 'a path; `*` any text without a slash, `**` any text' },
    event: text,
    properties: { type: 'object', additionalProperties: text },
    depth: { type: 'number', description: 'per cent' },
    seconds: { type: 'number' },
    file: text,
    form: text,
    value: { type: 'number', description: 'of one conversion' },
    currency: { ...text, description: 'of ISO 4217' },
  },
}
const SEGMENT_BODY = {
  type: 'object',
  required: ['filters'],
  properties: { filters: { type: 'array', items: { type: 'array' } } },
}

async function put(
  site: string,
  name: string,
  write: () => Promise<{ rowCount: number | null }>,
): Promise<void> {
  if (name.length > MAX_NAME)
    throw new Problem('invalid_request', `name: must have at most ${MAX_NAME} characters.`)
  const { rowCount } = await write()
  if (rowCount === 0) throw new Problem('not_found', `There is no site ${site}.`)
}

/** A parser's refusal as an answer. */
export function checked<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof QueryError)
      throw new Problem('invalid_request', error.message, { part: error.part })
    throw error
  }
}
