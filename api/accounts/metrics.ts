import type { FastifyReply, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'

/** Answers the hook that counts who was not let in, and what was not allowed to whom. */
export function createAccessMetrics(
  registry: Registry,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const registers = [registry]
  const failures = new Counter({
    name: 'auth_failures_total',
    help: 'Requests of nobody known, by what they came with: key, link, session or none',
    labelNames: ['reason'],
    registers,
  })
  const denials = new Counter({
    name: 'authz_denied_total',
    help: 'Requests that the key or account may not make, by route',
    labelNames: ['route'],
    registers,
  })
  return async ({ headers, routeOptions: { url = '' } }, reply) => {
    // The account library answers a link that is old or made up by a redirect.
    if (/[?&]error=/.test(String(reply.getHeader('location')))) failures.inc({ reason: 'link' })
    if (reply.statusCode === 401)
      failures.inc({ reason: headers.authorization ? 'key' : headers.cookie ? 'session' : 'none' })
    if (reply.statusCode === 403) denials.inc({ route: url })
  }
}
