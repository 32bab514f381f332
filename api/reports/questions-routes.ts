import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify'
import type { Filter } from '../../contract/query.ts'
import { asLines, rowsAsCsv } from '../../reports/output.ts'
import { QueryError } from '../../reports/query-error.ts'
import type { Answer, Question, QuestionContext } from '../../reports/questions/question.ts'
import { QUESTIONS } from '../../reports/questions/questions.ts'
import { lastEvents, realtime } from '../../reports/questions/realtime.ts'
import { Problem } from '../errors.ts'
import { openStreams } from '../streams.ts'
import type { Asking } from './engine.ts'
import { eventFeed } from './event-feed.ts'
import { freshness } from './freshness.ts'
import { gone } from './gone.ts'
import { openSite, type ReportParts } from './routes.ts'

interface SiteRequest {
  Params: { site: string }
}

/** The further questions: each by POST with a JSON body, and by GET with the same members in the address. */
export function questionRoutes(app: FastifyInstance, parts: ReportParts): void {
  eventsRoute(app, parts)
  for (const question of QUESTIONS) {
    const members = {
      type: 'object',
      properties: question.members,
      required: question.required ?? [],
      additionalProperties: false,
    }
    const url = `/api/v1/sites/:site/${question.name}`
    const shared = {
      summary: question.summary,
      description: question.definition,
      tags: ['questions'],
      security: [{ apiKey: [] }],
      params: { type: 'object', properties: { site: { type: 'string' } } },
      produces: Object.values(FORMATS),
    }
    app.post<SiteRequest>(
      url,
      { bodyLimit: 65_536, attachValidation: true, schema: { ...shared, body: members } },
      (request, reply) => {
        reply.header('cache-control', 'no-store').header('vary', 'accept')
        return answerTo(question, parts, request, request.body, formatOf(request), reply)
      },
    )
    app.get<SiteRequest>(
      url,
      {
        attachValidation: true,
        schema: {
          ...shared,
          querystring: {
            ...members,
            properties: {
              ...members.properties,
              format: { type: 'string', enum: Object.keys(FORMATS) },
            },
          },
        },
        preValidation: async (request) => {
          request.query = readAddress(request.query as Record<string, unknown>, question.members)
        },
      },
      (request, reply) => {
        reply.header('cache-control', 'no-store').header('vary', 'accept')
        const { format = formatOf(request), ...body } = request.query as { format?: Format } // validated
        return answerTo(question, parts, request, body, format, reply)
      },
    )
  }
}

/** What visitors do, as it comes in. */
function eventsRoute(app: FastifyInstance, parts: ReportParts): void {
  const openStream = openStreams(app)
  app.get<SiteRequest>(
    '/api/v1/sites/:site/realtime/events',
    {
      attachValidation: true,
      schema: {
        summary: 'Server-sent events: `event` for each thing that a visitor did, the last 20 first',
        description: '`data` is a row of `events` of `/realtime`. Takes `filters` as JSON.',
        tags: ['questions'],
        security: [{ apiKey: [] }],
        querystring: {
          type: 'object',
          properties: { filters: realtime.members.filters },
          additionalProperties: false,
        },
      },
      preValidation: async (request) => {
        request.query = readAddress(request.query as Record<string, unknown>, realtime.members)
      },
    },
    async (request, reply) => {
      const { asking: _, ...context } = await contextOf(parts, request, reply)
      const { filters = [] } = request.query as { filters?: Filter[] } // validated
      const ask = (limit: number) => lastEvents(filters, { ...context, nowMs: parts.now() }, limit)
      await refusing(() => ask(1)) // what is wrong is said before the stream is open
      const stream = openStream(reply)
      const look = eventFeed(
        () => ask(500),
        (event) =>
          stream.write(`event: event\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`),
      )
      const lookOrEnd = () => {
        look().catch((error) => {
          request.log.warn({ err: error }, 'a stream of events has ended')
          stream.end() // the browser opens another
        })
      }
      stream.whenOver(parts.changes.subscribe(context.scope.siteId, lookOrEnd))
      lookOrEnd()
    },
  )
}

async function answerTo(
  question: Question,
  parts: ReportParts,
  request: FastifyRequest<SiteRequest>,
  body: unknown,
  format: Format,
  reply: FastifyReply,
): Promise<Answer | string> {
  const { asking, ...context } = await contextOf(parts, request, reply)
  // Its schema has passed the body.
  const answer = await refusing(() => question.answer(body as never, context))
  if (format === 'json')
    return { ...answer, meta: { ...answer.meta, freshness: asking.freshness() } }
  if (format === 'ndjson') {
    reply.type(FORMATS.ndjson)
    return asLines(answer)
  }
  reply.type(
    `${FORMATS.csv}; charset=utf-8; header=${answer.rows.length > 0 ? 'present' : 'absent'}`,
  )
  reply.header(
    'content-disposition',
    `attachment; filename="${question.name.replace('/', '-')}.csv"`,
  )
  return rowsAsCsv(answer.rows)
}

const FORMATS = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
} as const
type Format = keyof typeof FORMATS

/** The first of CSV and lines that the client takes; else JSON. */
const formatOf = ({ headers: { accept = '' } }: FastifyRequest): Format =>
  accept.includes(FORMATS.csv) ? 'csv' : accept.includes(FORMATS.ndjson) ? 'ndjson' : 'json'

/** Who asks may, and what is asked is well-formed: then what it is answered with. */
async function contextOf(
  parts: ReportParts,
  request: FastifyRequest<SiteRequest>,
  reply: FastifyReply,
): Promise<QuestionContext & { readonly asking: Asking }> {
  const { scope, settings } = await openSite(parts, request, request.params.site)
  if (request.validationError) throw invalid(request.validationError)
  const fresh = await freshness(parts)
  const asking = parts.engine.ask(scope, fresh, gone(reply))
  return {
    ...settings,
    ...{ scope, asking, nowMs: parts.now(), freshness: fresh, run: asking.run },
    tabsOf: tabsOf(parts, scope.siteId),
  }
}

async function refusing<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof QueryError)
      throw new Problem('invalid_query', error.message, { part: error.part })
    throw error
  }
}

/** Members of an address as those of a body: what is no text is JSON. */
function readAddress(
  query: Record<string, unknown>,
  members: Question['members'],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const type = (members[name] as { type?: string } | undefined)?.type
      const isJson =
        typeof value === 'string' &&
        (type === undefined ? value.startsWith('[') : type !== 'string')
      return [name, isJson ? parsed(value) : value]
    }),
  )
}

/** What is no JSON is left for the schema to refuse. */
function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** A schema's refusal, naming the part and what it takes. */
function invalid(error: NonNullable<FastifyRequest['validationError']>): Problem {
  const [first] = error.validation as FastifySchemaValidationError[] // typed any by the library
  const { instancePath = '', keyword, message = 'is not valid', params = {} } = first ?? {}
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
  const member = params.missingProperty ?? params.additionalProperty
  const part = [path, member].filter(Boolean).join('.') || 'query'
  const says: Record<string, string> = {
    required: 'is missing.',
    additionalProperties: 'is not known.',
    enum: `must be one of ${(params.allowedValues as string[] | undefined)?.join(', ')}.`,
  }
  return new Problem('invalid_query', `${part}: ${says[keyword ?? ''] ?? `${message}.`}`, { part })
}

/** The tabs are in the record alone. */
function tabsOf({ pool }: ReportParts, siteId: string): QuestionContext['tabsOf'] {
  return async (eventIds) => {
    const { rows } = await pool.query<{ event_id: string; tab: string | null }>(
      `/* tabs of events */ select event_id, event -> 'context' ->> 'tabId' as tab
       from events_log where site_id = $1 and event_id = any($2::uuid[])`,
      [siteId, eventIds],
    )
    return new Map(rows.flatMap(({ event_id, tab }) => (tab ? [[event_id, tab] as const] : [])))
  }
}
