import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** `GET /js/tracking.js` under its stable name, and under one that names its content and never changes. */
export function trackerRoutes(app: FastifyInstance, script: Buffer): void {
  const version = createHash('sha256').update(script).digest('hex').slice(0, 12)
  const etag = `"${version}"`
  const immutableName = `/js/tracking.${version}.js`

  const serve = (path: string, cacheControl: string, summary: string) =>
    app.get(path, { schema: { summary, tags: ['tracking'] } }, (request, reply) => {
      reply
        .header('cache-control', cacheControl)
        .header('etag', etag)
        .header('access-control-allow-origin', '*')
        // Pages under COEP may embed it.
        .header('cross-origin-resource-policy', 'cross-origin')
        .header('link', `<${immutableName}>; rel="alternate"`)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type('text/javascript; charset=utf-8').send(script)
    })

  serve(
    '/js/tracking.js',
    'public, max-age=3600, stale-while-revalidate=86400',
    'The tracking library',
  )
  serve(
    immutableName,
    'public, max-age=31536000, immutable',
    'The tracking library, this version for ever',
  )
}
