import type { FastifyReply, FastifyRequest } from 'fastify'
import { Gauge, Histogram, type Registry } from 'prom-client'
import { freshness } from './freshness.ts'
import type { ReportParts } from './routes.ts'

/** Tells monitoring how old reports are; answers the hook that measures how long each takes. */
export function createReportMetrics(
  registry: Registry,
  parts: Pick<ReportParts, 'pool' | 'now'>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const registers = [registry]
  new Gauge({
    name: 'report_freshness_seconds',
    help: 'How old what reports answer may be: every event acknowledged before is in them',
    registers,
    async collect() {
      const at = Date.parse(await freshness(parts))
      this.set(Math.max(parts.now() - at, 0) / 1_000)
    },
  })
  const seconds = new Histogram({
    name: 'report_query_seconds',
    help: 'From the request of a report to its answer, by route',
    labelNames: ['report'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  return async (request, reply) => {
    const isStream = String(reply.getHeader('content-type')).startsWith('text/event-stream')
    if (reply.statusCode === 200 && !isStream)
      seconds.observe({ report: request.routeOptions.url ?? '' }, reply.elapsedTime / 1_000)
  }
}
