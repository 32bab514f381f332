import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

/** The browser library as it was built, by the name of its file. */
export type TrackerScripts = Readonly<
  Record<'tracking.js' | 'features.js' | 'pageviews.js', Buffer>
>

/**
 * `GET /js/…`: each script under its stable name, and under one that names its
 * content and never changes. The features are versions of tracking.js: it asks
 * for them by its own name, whatever a proxy calls it.
 */
export function trackerRoutes(app: FastifyInstance, scripts: TrackerScripts): void {
  for (const [name, script] of Object.entries(scripts))
    serveScript(app, name, name === 'features.js' ? 'tracking' : name.replace('.js', ''), script)
}

function serveScript(
  app: FastifyInstance,
  name: string,
  versionedName: string,
  script: Buffer,
): void {
  const version = createHash('sha256').update(script).digest('hex').slice(0, 12)
  const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`
  const immutableName = `/js/${versionedName}.${version}.js`
  // Compressed once, as small as it goes: it is asked for with every visit.
  const forms = { br: brotliCompressSync(script), gzip: gzipSync(script, { level: 9 }) }

  const serve = (path: string, cacheControl: string, summary: string) =>
    app.get(path, { schema: { summary, tags: ['tracking'] } }, (request, reply) => {
      const accepted = String(request.headers['accept-encoding'] ?? '')
      const encoding = (['br', 'gzip'] as const).find((form) =>
        new RegExp(`\\b${form}\\b(?!;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepted),
      )
      const etag = `"${version}${encoding ? `-${encoding}` : ''}"`
      reply
        .header('cache-control', cacheControl)
        .header('etag', etag)
        .header('vary', 'accept-encoding')
        .header('access-control-allow-origin', '*')
        // Pages under COEP may embed it.
        .header('cross-origin-resource-policy', 'cross-origin')
        .header('link', `<${immutableName}>; rel="alternate"; integrity="${integrity}"`)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      if (encoding) reply.header('content-encoding', encoding)
      return reply.type('text/javascript; charset=utf-8').send(encoding ? forms[encoding] : script)
    })

  serve(
    `/js/${name}`,
    'public, max-age=3600, stale-while-revalidate=86400',
    'The tracking library; its Link header has the name and the integrity of this very version',
  )
  serve(
    immutableName,
    'public, max-age=31536000, immutable',
    'The tracking library, this version for ever',
  )
}
