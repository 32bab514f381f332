import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { described } from '../open-api.ts'
import { type PlausibleContext, plausibleRows, timeLabels } from './plausible-answer.ts'
import { change } from './plausible-change.ts'
import { PlausibleError } from './plausible-error.ts'
import type { RequestContext } from './plausible-query.ts'
import { MAX_LIMIT, type Params, parseV1, propertyOf } from './plausible-v1-query.ts'

type Context = PlausibleContext & RequestContext
type Open = (request: FastifyRequest, reply: FastifyReply, params: Params) => Promise<Context>

const schema = (summary: string) =>
  described({
    summary,
    tags: ['reports'],
    security: [{ apiKey: [] }],
    querystring: {
      type: 'object',
      required: ['site_id'],
      properties: Object.fromEntries(
        [
          ...['site_id', 'period', 'date', 'metrics', 'filters', 'compare'],
          ...['interval', 'property', 'limit', 'page'],
        ].map((name) => [name, { type: 'string' }]),
      ),
    },
  })

/** Plausible's first Stats API: one address for each kind of question, names in the query string. */
export function plausibleV1Routes(app: FastifyInstance, open: Open): void {
  const get = (
    path: string,
    summary: string,
    answer: (params: Params, context: Context) => unknown,
  ) =>
    app.get<{ Querystring: Params }>(
      `/api/v1/stats/${path}`,
      schema(`Plausible’s Stats API v1: ${summary}`),
      async (request, reply) => {
        const context = await open(request, reply, request.query)
        return answer(request.query, context)
      },
    )

  get('realtime/visitors', 'current visitors', async (_params, context) => {
    const asked = requestOf({ period: 'day' }, [], context)
    const now = Temporal.Instant.fromEpochMilliseconds(context.nowMs)
    const range = [
      now.subtract({ minutes: 5 }).toString(),
      now.add({ minutes: 1 }).toString(),
    ] as const
    const rows = await plausibleRows({ ...asked, range }, context)
    return rows[0]?.metrics[0] ?? 0
  })

  get('aggregate', 'numbers', async (params, context) => {
    const asked = requestOf(params, [], context)
    const [row] = await plausibleRows(asked, context)
    return {
      results: Object.fromEntries(
        asked.metrics.map((name, index) => {
          const value = row?.metrics[index] ?? null
          if (!asked.compare) return [name, { value }]
          const before = row?.comparison?.metrics[index] ?? null
          return [name, { value, comparison_value: before, change: change(name, before, value) }]
        }),
      ),
    }
  })

  get('timeseries', 'numbers over time', async (params, context) => {
    const asked = requestOf(params, [timeOf(params)], context)
    const metrics = asked.metrics.map(ofGroup)
    const rows = await plausibleRows({ ...asked, metrics }, context)
    const found = new Map(rows.map((row) => [row.dimensions[0], row]))
    return {
      results: timeLabels(asked, context.site).map((date) => ({
        date,
        ...Object.fromEntries(
          asked.metrics.map((name, index) => {
            const row = found.get(date)
            return [name, row ? row.metrics[index] : WITHOUT_VALUE.includes(name) ? null : 0]
          }),
        ),
      })),
    }
  })

  get('breakdown', 'numbers by a property', async (params, context) => {
    const { limit = '100', page = '1' } = params
    requestOf({ ...params, metrics: 'visitors', filters: undefined }, [], context)
    const property = propertyOf(params)
    const asked = requestOf(params, [property], context)
    const size = Number(limit)
    if (!Number.isInteger(size) || size < 1 || size > MAX_LIMIT)
      throw new PlausibleError(`Please provide limit as a number between 1 and ${MAX_LIMIT}.`)
    const at = Number(page)
    if (!Number.isInteger(at) || at < 1)
      throw new PlausibleError('Please provide page as a number of 1 or more.')
    const isOfAll = property === 'event:goal' || property.startsWith('event:props:')
    const metrics = asked.metrics.map((name) => (isOfAll ? name : ofGroup(name)))
    const first = metrics.find((name) => name !== 'time_on_page') ?? 'visitors'
    const dimensions = [...(OF_VERSION[property] ?? []), property]
    const rows = await plausibleRows(
      {
        ...asked,
        metrics: [...new Set([...metrics, first])],
        dimensions,
        filters: [...asked.filters, ...(IS_PRESENT.test(property) ? [isPresent(property)] : [])],
        order_by: [[first, 'desc'], ...dimensions.slice(-1).map((name) => [name, 'asc'] as const)],
        limit: size,
        offset: (at - 1) * size,
      },
      context,
    )
    return {
      results: rows
        .slice((at - 1) * size, at * size)
        .map((row) =>
          Object.fromEntries([
            ...dimensions.map((name, index) => [keyOf(name), row.dimensions[index]]),
            ...asked.metrics.map((name, index) => [name, row.metrics[index] ?? null]),
          ]),
        ),
    }
  })
}

const requestOf = (params: Params, dimensions: readonly string[], context: Context) =>
  parseV1(params, dimensions, {
    ...context,
    goals: context.site.names.goals.map(({ name }) => name),
  })

/** A rate is of the group there. */
const ofGroup = (name: string) => (name === 'conversion_rate' ? 'group_conversion_rate' : name)

/** What has no value in a bucket without visits; the others are 0 there. */
const WITHOUT_VALUE = ['visit_duration', 'time_on_page']

/** Whose versions they are. */
const OF_VERSION: Readonly<Record<string, readonly string[]>> = {
  'visit:browser_version': ['visit:browser'],
  'visit:os_version': ['visit:os'],
}

/** Properties whose breakdown has no row for what has none. */
const IS_PRESENT = /^visit:utm_/
const isPresent = (name: string) => ['is_not', name, ['']] as const

const keyOf = (property: string) => property.replace(/^(visit|event):(props:)?/, '')

function timeOf({ period = '30d', interval }: Params): string {
  switch (interval) {
    case 'day':
    case 'date':
      return 'time:day'
    case 'month':
      return 'time:month'
    case undefined:
      if (period === 'day') return 'time:hour'
      return /^(6mo|12mo|year)$/.test(period) ? 'time:month' : 'time:day'
    default:
      throw new PlausibleError(
        `Error parsing \`interval\` parameter: invalid interval \`${interval}\`. Valid intervals are \`day\`, \`month\``,
      )
  }
}
