import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import { answer, MAX_LIMIT } from '../../reports/answer.ts'
import { DIMENSIONS, dimensionOf, PROPERTY } from '../../reports/dimensions.ts'
import { NO_NAMES } from '../../reports/goal.ts'
import { METRICS } from '../../reports/metrics.ts'
import { asCsv, asLines, headersOf } from '../../reports/output.ts'
import { parseQuery } from '../../reports/parse.ts'
import { scopeOf } from '../../reports/parts.ts'
import { TIME } from '../../reports/plan.ts'
import { QueryError } from '../../reports/query-error.ts'
import type { SiteScope } from '../../reports/scope.ts'
import type { Access } from '../accounts/access.ts'
import { Problem } from '../errors.ts'
import { described } from '../open-api.ts'
import { groupScope } from '../sites/group-routes.ts'
import { readSite, type SiteSettings } from '../sites/site-names.ts'
import { openStreams } from '../streams.ts'
import type { Changes } from './changes.ts'
import type { ReportEngine } from './engine.ts'
import { freshness } from './freshness.ts'
import { gone } from './gone.ts'

export interface ReportParts {
  readonly pool: Pool
  readonly engine: ReportEngine
  readonly access: Access
  readonly changes: Changes
  readonly now: () => number
}

interface SiteParams {
  Params: { site: string }
}

/** The reporting API. */
export function reportRoutes(app: FastifyInstance, parts: ReportParts): void {
  const schema = (summary: string) => ({ summary, tags: ['reports'], security: [{ apiKey: [] }] })
  const asking = (summary: string, name: string) => ({
    bodyLimit: 65_536,
    ...described({
      ...schema(summary),
      params: { type: 'object', properties: { [name]: { type: 'string' } } },
      body: QUERY_SCHEMA,
    }),
  })

  app.post<SiteParams>(
    '/api/v1/sites/:site/query',
    asking('Metrics by dimensions, filtered', 'site'),
    async (request, reply) => {
      const { scope, settings } = await openSite(parts, request, request.params.site)
      return answerQuery(parts, request, reply, scope, settings)
    },
  )

  app.post<{ Params: { group: string } }>(
    '/api/v1/groups/:group/query',
    asking('The same over all sites of a group', 'group'),
    async (request, reply) => {
      const scope = await groupScope(parts, request, request.params.group)
      const { timezone } = await readSite(parts.pool, scope.siteId)
      return answerQuery(parts, request, reply, scope, { timezone, names: NO_NAMES })
    },
  )

  const openStream = openStreams(app)
  app.get<SiteParams>(
    '/api/v1/sites/:site/live',
    { schema: schema('Server-sent events: `change` when new numbers are in') },
    async (request, reply) => {
      const { scope } = await openSite(parts, request, request.params.site)
      const stream = openStream(reply)
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
        metrics: METRICS.map(({ of, formula: _, needsFirst: __, isSum: ___, ...metric }) => ({
          ...metric,
          scope: scopeOf(of[0]?.[0]),
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
        dimensions: [
          { name: TIME, scope: 'time', visits: true, definition: 'The grain that fits the range.' },
          ...[...DIMENSIONS, dimensionOf(`${PROPERTY}NAME`)].map((dimension) => ({
            name: dimension?.name,
            scope: dimension?.of,
            // Whether metrics of visits go by it.
            visits: dimension?.visit !== undefined,
            values: dimension?.values,
            definition: dimension?.definition,
          })),
        ],
      }
    },
  )
}

async function answerQuery(
  parts: ReportParts,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: SiteScope,
  { timezone, names }: SiteSettings,
): Promise<unknown> {
  try {
    const query = parseQuery(request.body)
    const fresh = await freshness(parts)
    const asking = parts.engine.ask(scope, fresh, gone(reply))
    const told = await answer(scope, query, {
      timezone,
      names,
      nowMs: parts.now(),
      freshness: fresh,
      run: asking.run,
    })
    const answered = { ...told, meta: { ...told.meta, freshness: asking.freshness() } }
    reply.header('cache-control', 'no-store').header('vary', 'accept')
    const { accept = '' } = request.headers
    const isCsv = accept.includes('text/csv')
    if (!isCsv && !accept.includes('application/x-ndjson')) return answered
    reply.headers(headersOf(answered))
    return isCsv
      ? reply.type('text/csv; charset=utf-8').send(asCsv(query, answered))
      : reply.type('application/x-ndjson').send(asLines(answered))
  } catch (error) {
    if (error instanceof QueryError)
      throw new Problem('invalid_query', error.message, { part: error.part })
    throw error
  }
}

/** The site of an address, for who may read it. */
export async function openSite(
  parts: ReportParts,
  request: FastifyRequest,
  siteId: string,
): Promise<{ scope: SiteScope; settings: SiteSettings }> {
  await parts.access.requireRead(request, siteId)
  const { group, ...settings } = await readSite(parts.pool, siteId)
  return { scope: { siteId, ...(group !== undefined && { group }) }, settings }
}

const QUERY_SCHEMA = {
  type: 'object',
  required: ['metrics', 'range'],
  examples: [
    {
      metrics: ['visitors', 'bounce_rate'],
      dimensions: ['visit:channel'],
      range: '30d',
      filters: [['is', 'visit:country', ['DE']]],
      compare: 'previous_period',
    },
  ],
  properties: {
    metrics: {
      type: 'array',
      items: { type: 'string', enum: METRICS.map((metric) => metric.name) },
    },
    dimensions: {
      type: 'array',
      items: { type: 'string' },
      description: `${DIMENSIONS.map(({ name }) => name).join(', ')}, time, event:props:NAME`,
    },
    range: { description: 'A name such as 7d, two days, or two instants' },
    filters: { type: 'array', items: { type: 'array' } },
    compare: {
      description: 'previous_period, year_before, year_before_by_weekday, or two days',
    },
    fill: { type: 'string', enum: ['zero'] },
    timezone: { type: 'string' },
    order_by: { type: 'array', items: { type: 'array' } },
    week_start: { type: 'string', enum: ['monday', 'saturday', 'sunday'] },
    limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT },
    cursor: { type: 'string' },
  },
} as const
