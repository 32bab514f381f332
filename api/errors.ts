import type { FastifyError, FastifyReply } from 'fastify'
import { isUnavailable } from '../database/postgres.ts'

interface ErrorDefinition {
  readonly status: number
  readonly title: string
}

const define = <T extends Record<string, ErrorDefinition>>(table: T): Readonly<T> => table

/** Every error a client can meet. `code` is stable; `detail` says what to change. */
export const ERRORS = define({
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_encoding: { status: 400, title: 'The body is not valid UTF-8' },
  too_deep: { status: 400, title: 'The body is nested too deeply' },
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_event: { status: 400, title: 'No event of the request could be accepted' },
  invalid_query: { status: 400, title: 'The query is not valid' },
  unauthenticated: { status: 401, title: 'Sign in or send an API key' },
  forbidden: { status: 403, title: 'This key or account may not do that' },
  unknown_site: { status: 403, title: 'The site is not registered here' },
  site_paused: { status: 403, title: 'The site takes no events at present' },
  origin_not_allowed: { status: 403, title: 'This page may not send events for the site' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  query_too_heavy: { status: 422, title: 'The query needs more than one query may take' },
  flood: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
})

export type ErrorCode = keyof typeof ERRORS

/** An expected failure of a request: the one handler turns it into problem+json. */
export class Problem extends Error {
  readonly code: ErrorCode
  /** Further members of the answer, such as the rejected events. */
  readonly members: Readonly<Record<string, unknown>>
  /** When to try again, where that is worth it. */
  readonly retryAfterMs: number

  constructor(
    code: ErrorCode,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
    retryAfterMs = 1_000,
  ) {
    super(detail)
    this.code = code
    this.members = members
    this.retryAfterMs = retryAfterMs
  }
}

/** RFC 9457. `type` is a name, not an address: the codes are documented in docs/api.md. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, title } = ERRORS[problem.code]
  if (status === 503 || status === 429)
    reply.header('retry-after', Math.max(Math.ceil(problem.retryAfterMs / 1_000), 1))
  return reply
    .code(status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send({
      type: 'about:blank',
      title,
      status,
      code: problem.code,
      detail: problem.message,
      ...problem.members,
    })
}

/** What PostgreSQL says of texts that it cannot hold, plain or in JSON. */
const isUnstorable = ({ code, message }: FastifyError) =>
  code === '22021' || code === '22P05' || (code === '22P02' && message.includes('type json'))

/** The framework's own refusals, in our terms. Anything unknown is ours to mend: 500. */
export function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error))
    return new Problem('unavailable', 'The database does not answer; try again.')
  if (isUnstorable(error))
    return new Problem('invalid_request', 'A text has a NUL or half of a character.')
  if (error.validation) return new Problem('invalid_request', error.message)
  switch (error.statusCode) {
    case 400:
      return new Problem('invalid_request', error.message)
    case 401:
      return new Problem('unauthenticated', error.message)
    case 404:
      return new Problem('not_found', 'No such address.')
    case 413:
      return new Problem('too_large', error.message)
    case 414:
    case 431:
      return new Problem('invalid_request', error.message)
    case 415:
      return new Problem('unsupported_media_type', 'Send application/json or text/plain.')
    default:
      return new Problem('internal', 'The error is in the log of the server.')
  }
}
