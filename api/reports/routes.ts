import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ClickHouse, selectRows } from '../../database/clickhouse.ts'
import type { Pool } from '../../database/postgres.ts'
import { answer } from '../../reports/answer.ts'
import { DIMENSIONS } from '../../reports/dimensions.ts'
import { METRICS } from '../../reports/metrics.ts'
import { parseQuery } from '../../reports/parse.ts'
import { QueryError } from '../../reports/query-error.ts'
import type { SiteScope } from '../../reports/scope.ts'
import type { Access } from '../accounts/access.ts'
import { Problem } from '../errors.ts'
import { openStreams } from '../streams.ts'
import type { Changes } from './changes.ts'
import { openStream } from './event-stream.ts'

export interface ReportParts {
  readonly pool: Pool
  readonly clickhouse: ClickHouse
  readonly access: Access
  readonly changes: Changes
  readonly now: () => number
}

interface SiteParams {
  Params: { site: string }
}

/** The reporting API of one site. */
export function reportRoutes(app: FastifyInstance, parts: ReportParts): void {
  const schema = (summary: string) => ({ summary, tags: ['reports'], security: [{ apiKey: [] }] })

  app.post<SiteParams>(
    '/api/v1/sites/:site/query',
    {
      bodyLimit: 65_536,
      schema: {
        ...schema('Metrics by dimensions, filtered'),
        params: { type: 'object', properties: { site: { type: 'string' } } },
        body: QUERY_SCHEMA,
      },
      // The query's own parser answers: it names the part at fault.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const { scope, timezone } = await openSite(parts, request, request.params.site)
      try {
        const query = parseQuery(request.body)
        reply.header('cache-control', 'no-store')
        return await answer(scope, query, {
          timezone,
          nowMs: parts.now(),
          freshness: await freshness(parts),
          run: ({ sql, params }) => selectRows(parts.clickhouse, sql, params),
        })
      } catch (error) {
        if (error instanceof QueryError)
          throw new Problem('invalid_query', error.message, { part: error.part })
        throw error
      }
    },
  )

  const streams = openStreams(app)
  app.get<SiteParams>(
    '/api/v1/sites/:site/live',
    { schema: schema('Server-sent events: `change` when new numbers are in') },
    async (request, reply) => {
      const { scope } = await openSite(parts, request, request.params.site)
      const stream = openStream(streams, reply)
      stream.whenOver(
        parts.changes.subscribe(scope.siteId, () => stream.write('event: change\ndata: {}\n\n')),
      )
    },
  )

  app.get(
    '/api/v1/metrics',
    { schema: schema('Every metric with its definition') },
    async (request) => {
      await parts.access.requireRead(request)
      return {
        metrics: METRICS.map(({ of, formula: _, needsFirst: __, ...metric }) => ({
          ...metric,
          scope: of[0]?.[0],
        })),
      }
    },
  )

  app.get(
    '/api/v1/dimensions',
    { schema: schema('Every dimension with its definition') },
    async (request) => {
      await parts.access.requireRead(request)
      return {
        dimensions: DIMENSIONS.map(({ name, of, values, definition }) => ({
          name,
          scope: of,
          values,
          definition,
        })),
      }
    },
  )
}

/** The site of an address, for who may read it. */
export async function openSite(
  parts: ReportParts,
  request: FastifyRequest,
  siteId: string,
): Promise<{ scope: SiteScope; timezone: string }> {
  await parts.access.requireRead(request, siteId)
  const { rows } = await parts.pool.query<{ timezone: string }>(
    'select timezone from sites where site_id = $1',
    [siteId],
  )
  const site = rows[0]
  if (!site) throw new Problem('not_found', 'There is no such site.')
  return { scope: { siteId }, timezone: site.timezone }
}

/** Every event acknowledged before this instant is in the reports. */
export async function freshness({ pool, now }: ReportParts): Promise<string> {
  const asked = now()
  const { rows } = await pool.query<{ waiting: Date | null }>(
    `/* freshness */ select least((select min(received_at) from events_batches),
                                  (select min(created_at) from clickhouse_outbox)) as waiting`,
  )
  return (rows[0]?.waiting ?? new Date(asked)).toISOString()
}

const QUERY_SCHEMA = {
  type: 'object',
  required: ['metrics', 'range'],
  properties: {
    metrics: {
      type: 'array',
      items: { type: 'string', enum: METRICS.map((metric) => metric.name) },
    },
    dimensions: {
      type: 'array',
      items: { type: 'string', enum: DIMENSIONS.map((dimension) => dimension.name) },
    },
    range: { description: 'A name such as 7d, or two dates' },
    filters: { type: 'array', items: { type: 'array' } },
    compare: { type: 'string', enum: ['previous_period'] },
    fill: { type: 'string', enum: ['zero'] },
    timezone: { type: 'string' },
    order_by: { type: 'array', items: { type: 'array' } },
    limit: { type: 'integer', minimum: 1, maximum: 10_000 },
  },
} as const
