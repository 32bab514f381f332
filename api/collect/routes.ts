import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { LIMITS } from '../../contract/event.ts'
import { Problem } from '../errors.ts'
import { parseBody } from './body.ts'
import { withinDeadline } from './deadline.ts'
import { flood, type IntakeParts, intake, type Request } from './intake.ts'
import { networkOf } from './networks.ts'
import { isOwnMachine, type TokenBuckets } from './rate-limit.ts'

export interface CollectParts extends IntakeParts {
  /** Requests of each client network. */
  readonly networkLimit: TokenBuckets
}

const PIXEL_BYTES = 1_024 // what its event takes in the queue
const ANSWERS_WITHIN_MS = 2_000 // whatever PostgreSQL does

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

  // Before the body is read: a flood costs no more than its headers.
  const limitNetwork: onRequestHookHandler = (request, _reply, next) => {
    const waitMs = isOwnMachine(request.ip)
      ? 0
      : parts.networkLimit.take(networkOf(request.ip, 56), 1, parts.now())
    if (waitMs === 0) return next()
    parts.metrics.limited('network')
    next(flood(waitMs))
  }

  const take = (request: Request, value: unknown) =>
    withinDeadline(ANSWERS_WITHIN_MS, (isLate) => intake(parts, request, value, isLate))

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
      onRequest: limitNetwork,
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
      return reply.code(202).send(await take(factsOf(request, body.length), value))
    },
  )

  app.get<{ Querystring: Record<string, string> }>(
    '/pixel.gif',
    {
      onRequest: limitNetwork,
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
      await take(factsOf(request, PIXEL_BYTES, true), value)
      return allowAnyOrigin(reply).type('image/gif').header('cache-control', 'no-store').send(PIXEL)
    },
  )
}

/** What the steps need to know of a request; its address is judged, and forgotten with it. */
function factsOf(request: FastifyRequest, bytes: number, isPixel = false): Request {
  const { origin } = request.headers
  return {
    address: request.ip,
    originHost: origin === undefined ? undefined : (URL.parse(origin)?.host ?? ''),
    headers: request.headers,
    isSecure: request.protocol === 'https',
    // Where no proxy is trusted, or the sender is none, it is the socket's own.
    isViaTrustedProxy: request.ips !== undefined && request.ips.length > 1,
    isPixel,
    bytes,
  }
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
    ignored: { type: 'integer' },
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
