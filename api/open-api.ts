import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** What both processes say of themselves. */
export const OPEN_API: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Footfall',
      version: '1',
      description:
        'Collecting and reports. Errors are application/problem+json with a stable `code`.',
    },
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
  },
}

/** A route whose input is described here, and checked by a parser of its own that names the part at fault. */
export const described = <T extends object>(schema: T) => ({
  schema,
  validatorCompiler: () => () => true,
})

interface OpenApiDocument {
  paths?: Record<string, unknown>
}

/** `GET /openapi.json`: this process's routes and the app's, as one document. */
export function openApiRoute(app: FastifyInstance, appUrl: string | undefined): void {
  app.get('/openapi.json', { schema: { hide: true } }, async () => {
    const own = app.swagger() as OpenApiDocument // the plugin's type is a union over versions
    const other = appUrl ? await fetchDocument(`${appUrl}/openapi.json`) : undefined
    return { ...own, paths: { ...own.paths, ...other?.paths } }
  })
}

async function fetchDocument(url: string): Promise<OpenApiDocument | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  return answer?.ok ? ((await answer.json()) as OpenApiDocument) : undefined // our own process wrote it
}
