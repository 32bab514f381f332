import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { firstEvent } from '../../reports/answer.ts'
import { resolveRange } from '../../reports/range.ts'
import type { Access } from '../accounts/access.ts'
import { asProblem, ERRORS, Problem } from '../errors.ts'
import { described } from '../open-api.ts'
import { readSite } from '../sites/site-names.ts'
import { freshness } from './freshness.ts'
import { gone } from './gone.ts'
import { type PlausibleContext, plausibleRows, timeLabels } from './plausible-answer.ts'
import { PlausibleError } from './plausible-error.ts'
import { metricWarnings } from './plausible-goals.ts'
import { parsePlausible, type RequestContext } from './plausible-query.ts'
import { plausibleV1Routes } from './plausible-v1-routes.ts'
import type { ReportParts } from './routes.ts'

/** Plausible's Stats API, over the same reports: its second version, and its first. */
export function plausibleRoutes(app: FastifyInstance, parts: ReportParts): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = asPlausible(error as FastifyError)
    if (status === 500)
      request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return reply.code(status).header('cache-control', 'no-store').send({ error: message })
  })

  app.post(
    '/api/v2/query',
    {
      bodyLimit: 65_536,
      ...described({
        summary: 'Plausible’s Stats API v2',
        tags: ['reports'],
        security: [{ apiKey: [] }],
        body: {
          type: 'object',
          required: ['site_id', 'metrics', 'date_range'],
          properties: {
            site_id: { type: 'string', description: 'the site’s id or domain' },
            metrics: { type: 'array', items: { type: 'string' } },
            date_range: { description: 'a name such as 7d, or two days or times' },
            dimensions: { type: 'array', items: { type: 'string' } },
            filters: { type: 'array', items: { type: 'array' } },
            order_by: { type: 'array', items: { type: 'array' } },
            include: { type: 'object' },
            pagination: { type: 'object' },
          },
        },
      }),
    },
    async (request, reply) => {
      if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body))
        throw new PlausibleError('#: Type mismatch. Expected Object.')
      const body = request.body as Record<string, unknown> // just checked
      const context = await openPlausible(
        parts,
        request,
        reply,
        body.site_id,
        body.date_range === 'all',
      )
      const asked = parsePlausible(body, context)
      const rows = await plausibleRows(asked, context)
      const results = rows.slice(asked.offset, asked.offset + asked.limit)
      const interval = resolveRange(asked.range, context.site.timezone, context.nowMs)
      const at = (time: Temporal.ZonedDateTime | undefined) =>
        time?.toString({ timeZoneName: 'never', smallestUnit: 'second' }) ?? ''
      return {
        results,
        meta: {
          ...((asked.include.imports === true || asked.include.imports_meta === true) && {
            imports_included: false,
            imports_skip_reason: 'no_imported_data',
          }),
          ...(asked.include.time_labels === true && {
            time_labels: timeLabels(asked, context.site),
          }),
          ...(asked.include.total_rows === true && { total_rows: rows.length }),
          ...metricWarnings(asked, context.site, results),
        },
        query: {
          site_id: body.site_id,
          metrics: asked.metrics,
          date_range: [at(interval?.from), at(interval?.to.subtract({ seconds: 1 }))],
          filters: shownFilters(body.filters, context.site),
          dimensions: asked.dimensions,
          order_by: body.order_by ? asked.order_by : defaultOrder(asked.metrics, asked.dimensions),
          include: asked.include,
          pagination: { limit: asked.limit, offset: asked.offset },
        },
      }
    },
  )

  plausibleV1Routes(app, (request, reply, { site_id, period }) =>
    openPlausible(parts, request, reply, site_id, period === 'all'),
  )
}

/** The filters as they were asked for, with what a segment stands for in its place. */
function shownFilters(filters: unknown, { names }: PlausibleContext['site']): unknown[] {
  return (Array.isArray(filters) ? filters : []).flatMap((filter: unknown): readonly unknown[] => {
    if (!Array.isArray(filter) || filter[1] !== 'segment') return [filter]
    const segments = (filter[2] as unknown[]).map((id) => names.segments[String(id)])
    const [only] = segments
    return only?.[0] === 'and' && segments.length === 1 ? only[1] : [['or', segments]]
  })
}

const defaultOrder = (metrics: readonly string[], dimensions: readonly string[]) => {
  const time = dimensions.find((name) => name.startsWith('time'))
  return [...(time ? [[time, 'asc']] : []), [metrics[0], 'desc']]
}

/** The site of a request, by its id or, as there, by its domain. */
async function openPlausible(
  parts: ReportParts,
  request: FastifyRequest,
  reply: FastifyReply,
  siteId: unknown,
  isOfAll: boolean,
): Promise<PlausibleContext & RequestContext> {
  if (typeof siteId !== 'string' || siteId === '') {
    await openKey(parts.access, request)
    throw new PlausibleError(
      'Missing site ID. Please provide the required site_id parameter with your request.',
    )
  }
  const { pool } = parts
  const { rows } = await pool.query<{ site_id: string }>(
    '/* site by domain */ select site_id from sites where site_id in ($1, $2) order by site_id = $1 desc',
    [siteId, siteId.replaceAll('.', '-')],
  )
  const id = rows[0]?.site_id
  await openKey(parts.access, request, id ?? siteId)
  if (id === undefined) throw new PlausibleError(NO_ACCESS, 401)
  const site = await readSite(pool, id)
  const scope = { siteId: id, ...(site.group !== undefined && { group: site.group }) }
  const asking = parts.engine.ask(scope, await freshness(parts), gone(reply))
  const nowMs = parts.now()
  const { timezone } = site
  const { run } = asking
  const firstEventMs = isOfAll ? await firstEvent(scope, timezone, { nowMs, run }) : nowMs
  return { scope, site, asking, nowMs, timezone, firstEventMs }
}

const NO_ACCESS =
  "Invalid API key or site ID. Please make sure you're using a valid API key with access to the site you've requested."

async function openKey(access: Access, request: FastifyRequest, siteId?: string): Promise<void> {
  try {
    await access.requireRead(request, siteId)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const isMissing = request.headers.authorization === undefined
    throw new PlausibleError(
      isMissing
        ? 'Missing API key. Please use a valid Plausible API key as a Bearer Token.'
        : NO_ACCESS,
      401,
    )
  }
}

function asPlausible(error: FastifyError | PlausibleError): { status: number; message: string } {
  if (error instanceof PlausibleError) return error
  const problem = asProblem(error)
  return { status: ERRORS[problem.code].status, message: problem.message }
}
