import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Filter, TextOperator } from '../../contract/query.ts'
import { patternRegex } from '../../reports/goal.ts'
import { change, type PlausibleContext, plausibleRows, timeLabels } from './plausible-answer.ts'
import { PlausibleError } from './plausible-error.ts'
import { PLAUSIBLE_METRICS, plausibleDimension } from './plausible-names.ts'
import { checkMetrics, type PlausibleRequest, type RequestContext } from './plausible-query.ts'
import { periodRange } from './plausible-range.ts'

type Context = PlausibleContext & RequestContext
type Open = (request: FastifyRequest, reply: FastifyReply, params: Params) => Promise<Context>
type Params = Readonly<Record<string, string | undefined>>

const MAX_LIMIT = 1_000
const schema = (summary: string) => ({
  schema: { summary, tags: ['reports'], security: [{ apiKey: [] }] },
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

  get('realtime/visitors', 'current visitors', async (params, context) => {
    const asked = requestOf(
      { ...params, period: 'day', date: undefined, metrics: 'visitors' },
      [],
      context,
    )
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
    const rows = await plausibleRows(asked, context)
    const [row] = rows
    return {
      results: Object.fromEntries(
        asked.metrics.map((name, index) => {
          const value = row?.metrics[index] ?? null
          const before = row?.comparison?.metrics[index]
          return [name, asked.compare ? { value, change: change(name, before, value) } : { value }]
        }),
      ),
    }
  })

  get('timeseries', 'numbers over time', async (params, context) => {
    const asked = requestOf(params, [timeOf(params)], context)
    const rows = await plausibleRows(asked, context)
    const found = new Map(rows.map((row) => [row.dimensions[0], row]))
    return {
      results: timeLabels(asked, context.site).map((date) => ({
        date,
        ...Object.fromEntries(
          asked.metrics.map((name, index) => [
            name,
            found.get(date)?.metrics[index] ?? EMPTY[name] ?? null,
          ]),
        ),
      })),
    }
  })

  get('breakdown', 'numbers by a property', async (params, context) => {
    const { property, limit = '100', page = '1' } = params
    if (!property)
      throw new PlausibleError(
        'The `property` parameter is required. Please provide at least one property to show a breakdown by.',
      )
    if (!plausibleDimension(property) || property.startsWith('time'))
      throw new PlausibleError(
        `Invalid property '${property}'. Please provide a valid property for the breakdown endpoint: https://plausible.io/docs/stats-api#properties`,
      )
    const size = Number(limit)
    if (!Number.isInteger(size) || size < 1 || size > MAX_LIMIT)
      throw new PlausibleError(`Please provide limit as a number between 1 and ${MAX_LIMIT}.`)
    const at = Number(page)
    if (!Number.isInteger(at) || at < 1)
      throw new PlausibleError('Please provide page as a number of 1 or more.')
    const asked = requestOf(params, [property], context)
    const rows = await plausibleRows(asked, context)
    const key = property.replace(/^(visit|event):(props:)?/, '')
    return {
      results: rows.slice((at - 1) * size, at * size).map((row) => ({
        [key]: row.dimensions[0],
        ...Object.fromEntries(
          asked.metrics.map((name, index) => [name, row.metrics[index] ?? null]),
        ),
      })),
    }
  })
}

/** What a bucket without visits has in a time series. */
const EMPTY: Readonly<Record<string, number>> = {
  visitors: 0,
  visits: 0,
  pageviews: 0,
  events: 0,
  views_per_visit: 0,
}

function timeOf({ period = '30d', interval }: Params): string {
  if (interval === undefined) {
    if (period === 'day') return 'time:hour'
    return /^(6mo|12mo|year)$/.test(period) ? 'time:month' : 'time:day'
  }
  const grains: Readonly<Record<string, string>> = {
    date: 'time:day',
    day: 'time:day',
    week: 'time:week',
    month: 'time:month',
    hour: 'time:hour',
  }
  const grain = Object.hasOwn(grains, interval) ? grains[interval] : undefined
  if (!grain)
    throw new PlausibleError(
      `Error parsing \`interval\` parameter: invalid interval \`${interval}\`. Valid intervals are \`date\`, \`month\``,
    )
  return grain
}

function requestOf(
  params: Params,
  dimensions: readonly string[],
  context: Context,
): PlausibleRequest {
  const metrics = (params.metrics ?? 'visitors').split(',').map((name) => name.trim())
  const unknown = metrics.find((name) => !Object.hasOwn(PLAUSIBLE_METRICS, name))
  if (unknown !== undefined)
    throw new PlausibleError(
      `The metric \`${unknown}\` is not recognized. Find valid metrics from the documentation: https://plausible.io/docs/stats-api#metrics`,
    )
  if (new Set(metrics).size < metrics.length)
    throw new PlausibleError('Metrics cannot be queried multiple times.')
  const filters = filtersOf(params.filters ?? '')
  checkMetrics(
    metrics,
    dimensions.filter((name) => !name.startsWith('time')),
    filters,
  )
  return {
    metrics,
    dimensions,
    filters,
    range: rangeOf(params, context),
    order_by: [],
    include: {},
    limit: MAX_LIMIT,
    offset: 0,
    ...(params.compare === 'previous_period' && { compare: 'previous_period' as const }),
  }
}

function rangeOf(
  { period = '30d', date }: Params,
  { nowMs, timezone, firstEventMs }: Context,
): readonly [string, string] {
  const dayOf = (ms: number) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone).toPlainDate()
  if (period === 'custom') {
    if (!date)
      throw new PlausibleError(
        'The `date` parameter is required when using a custom period. See https://plausible.io/docs/stats-api#time-periods',
      )
    const days = date.split(',').map((each) => day(each.trim()))
    const [from, to] = days
    if (days.length !== 2 || !from || !to)
      throw new PlausibleError(
        'Invalid format for `date` parameter. When using a custom period, please include two ISO-8601 formatted dates joined by a comma. See https://plausible.io/docs/stats-api#time-periods',
      )
    return [from.toString(), to.toString()]
  }
  const last = date === undefined ? dayOf(nowMs) : day(date)
  if (!last)
    throw new PlausibleError(
      'Error parsing `date` parameter: invalid_format. Please specify a valid date in ISO-8601 format.',
    )
  const range = periodRange(period, last, dayOf(firstEventMs))
  if (!range)
    throw new PlausibleError(
      `Error parsing \`period\` parameter: invalid period \`${period}\`. Please find accepted values in our docs: https://plausible.io/docs/stats-api#time-periods`,
    )
  return [range[0].toString(), range[1].toString()]
}

function day(text: string): Temporal.PlainDate | undefined {
  try {
    return /^\d{4}-\d{2}-\d{2}$/.test(text)
      ? Temporal.PlainDate.from(text, { overflow: 'reject' })
      : undefined
  } catch {
    return undefined
  }
}

/** `visit:source==Google;event:page!=/a|/b**`: a semicolon is and, a bar is or, an asterisk any text; `\` takes their meaning. */
function filtersOf(text: string): Filter[] {
  if (text.trim() === '') return []
  return split(text, ';').map((each) => {
    const [, name = '', operator = '', list = ''] =
      /^\s*(.*?)\s*(==|!=|!~|~)\s*(.*?)\s*$/s.exec(each) ?? []
    const dimension = plausibleDimension(name)
    if (!dimension || name.startsWith('time'))
      throw new PlausibleError(
        `Invalid filter property '${name || each}'. Please provide a valid filter property: https://plausible.io/docs/stats-api#properties`,
      )
    const values = split(list, '|').map((value) => {
      const plain = value.trim().replaceAll(/\\([|;])/g, '$1')
      if (plain === dimension.empty && dimension.name !== 'visit:source') return ''
      return dimension.read ? dimension.read(plain) : plain
    })
    const isPattern = values.some((value) => value.includes('*')) && name !== 'event:goal'
    const not = operator.startsWith('!') ? '_not' : ''
    const verb = operator.endsWith('~') ? 'contains' : isPattern ? 'matches' : 'is'
    return [
      `${verb}${not}` as TextOperator,
      dimension.name,
      verb === 'matches' ? values.map(patternRegex) : values,
    ]
  })
}

/** At a separator that no backslash stands before. */
const split = (text: string, separator: string) =>
  text.split(separator === ';' ? /(?<!\\);/ : /(?<!\\)\|/)
