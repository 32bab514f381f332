import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type CollectAnswer, LIMITS } from '../../contract/event.ts'
import { Problem } from '../errors.ts'
import { parseBody } from './body.ts'
import type { DailyVisitor } from './daily-visitor.ts'
import { withinDeadline } from './deadline.ts'
import type { EventRow } from './event-row.ts'
import type { GroupCommit } from './group-commit.ts'
import { type NormalisedEvent, normalise, type Refusal } from './normalise.ts'
import type { SiteRegistry } from './site-registry.ts'

export interface CollectParts {
  readonly groupCommit: GroupCommit
  readonly sites: SiteRegistry
  readonly dailyVisitor: DailyVisitor
  readonly now: () => number
  readonly newEventId: () => string
  readonly count: (
    result: 'accepted' | 'duplicate' | 'rejected',
    reason: string,
    events: number,
  ) => void
  readonly countRedactions: (texts: number) => void
}

// With the deadline of the commit, no answer takes longer than 4 s.
const LOOK_UP_WITHIN_MS = 2_000

// A 1 × 1 transparent GIF.
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** `POST /collect`, its preflight and the pixel. */
export function collectRoutes(app: FastifyInstance, parts: CollectParts): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'text/plain'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  )

  app.options(
    '/collect',
    { schema: { summary: 'CORS preflight', tags: ['collect'] } },
    (_request, reply) =>
      allowAnyOrigin(reply)
        .header('access-control-allow-methods', 'POST, OPTIONS')
        .header('access-control-allow-headers', 'Content-Type')
        .header('access-control-max-age', '86400')
        .code(204)
        .send(),
  )

  app.post(
    '/collect',
    {
      bodyLimit: LIMITS.bodyBytes,
      schema: {
        summary: 'Store one event or an envelope of events',
        description:
          'Answers 202 only after the events are committed. See docs/api.md for the fields.',
        tags: ['collect'],
        consumes: ['application/json', 'text/plain'],
        response: { 202: COLLECT_ANSWER },
      },
    },
    async (request, reply) => {
      allowAnyOrigin(reply)
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const charset = /charset=\s*"?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
      if (charset && !/^utf-?8$/i.test(charset))
        throw new Problem('unsupported_media_type', 'The charset must be utf-8.')
      const value = parseBody(body, request.headers['content-encoding'])
      return reply.code(202).send(await collect(parts, request, value, body.length))
    },
  )

  app.get<{ Querystring: Record<string, string> }>(
    '/pixel.gif',
    {
      schema: {
        summary: 'A page view without JavaScript',
        description: 'Parameters: site, url (else the Referer header), referrer, title, event.',
        tags: ['collect'],
        querystring: {
          type: 'object',
          properties: Object.fromEntries(
            ['site', 'url', 'referrer', 'title', 'event'].map((name) => [name, { type: 'string' }]),
          ),
        },
      },
    },
    async (request, reply) => {
      const { site, url, referrer, title, event } = request.query
      const value = {
        eventType: event ?? 'pageview',
        siteId: site,
        url: url ?? request.headers.referer,
        referrer,
        title,
      }
      await collect(parts, request, value, 1_024)
      return allowAnyOrigin(reply).type('image/gif').header('cache-control', 'no-store').send(PIXEL)
    },
  )
}

async function collect(
  parts: CollectParts,
  request: FastifyRequest,
  body: unknown,
  bytes: number,
): Promise<CollectAnswer> {
  const receivedAtMs = parts.now()
  const { events, refused, redactions } = normalise(body, receivedAtMs, parts.newEventId)
  if (redactions > 0) parts.countRedactions(redactions)
  const rejected: Refusal[] = [...refused]
  const rows: EventRow[] = []
  // A hundred events may name a hundred sites, each of which the database is asked for.
  await withinDeadline(LOOK_UP_WITHIN_MS, async (isLate) => {
    for (const { index, event } of events) {
      if (isLate()) return
      if (await parts.sites.accepts(event.siteId))
        rows.push(await rowOf(parts, request, event, receivedAtMs))
      else
        rejected.push({
          index,
          code: 'unknown_site',
          message: `The site ${event.siteId} is not registered here.`,
        })
    }
  })
  for (const refusal of rejected) parts.count('rejected', refusal.code, 1)
  if (rows.length === 0) throw allRefused(rejected)
  const accepted = await parts.groupCommit.store(rows, bytes)
  const duplicates = rows.length - accepted
  parts.count('accepted', '', accepted)
  parts.count('duplicate', '', duplicates)
  return { accepted, duplicates, rejected: rejected.sort((a, b) => a.index - b.index) }
}

async function rowOf(
  parts: CollectParts,
  request: FastifyRequest,
  event: NormalisedEvent,
  receivedAtMs: number,
): Promise<EventRow> {
  const userAgent = request.headers['user-agent'] ?? ''
  return {
    siteId: event.siteId,
    eventId: event.eventId,
    idAtMs: event.idAtMs,
    eventType: event.eventType,
    visitorId:
      event.visitor?.id ??
      (await parts.dailyVisitor.idOf(event.siteId, request.ip, userAgent, receivedAtMs)),
    visitorBasis: event.visitor?.basis ?? 'daily_hash',
    sessionId: event.sessionId ?? null,
    occurredAtMs: event.occurredAtMs,
    receivedAtMs,
    host: event.host ?? null,
    path: event.path ?? null,
    event: JSON.stringify(event.stored),
  }
}

function allRefused(rejected: readonly Refusal[]): Problem {
  const unknownSite =
    rejected.length > 0 && rejected.every((refusal) => refusal.code === 'unknown_site')
  return new Problem(
    unknownSite ? 'unknown_site' : 'invalid_event',
    rejected[0]?.message ?? 'No event was given.',
    {
      accepted: 0,
      duplicates: 0,
      rejected,
    },
  )
}

// Any page may send; nothing is ever read with credentials.
function allowAnyOrigin<Reply extends { header(name: string, value: string): Reply }>(
  reply: Reply,
): Reply {
  return reply
    .header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', 'Retry-After')
}

const COLLECT_ANSWER = {
  description: 'Committed. Every event of the request is counted in exactly one member.',
  type: 'object',
  required: ['accepted', 'duplicates', 'rejected'],
  properties: {
    accepted: { type: 'integer' },
    duplicates: { type: 'integer' },
    rejected: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          index: { type: 'integer' },
          code: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
  },
} as const
