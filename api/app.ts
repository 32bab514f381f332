import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { ClickHouse } from '../database/clickhouse.ts'
import type { Pool } from '../database/postgres.ts'
import { createAccess } from './accounts/access.ts'
import type { Auth } from './accounts/auth.ts'
import { createAccessMetrics } from './accounts/metrics.ts'
import { signInRoutes } from './accounts/sign-in-routes.ts'
import { OPEN_API } from './open-api.ts'
import type { Changes } from './reports/changes.ts'
import { createReportEngine } from './reports/engine.ts'
import { createReportMetrics } from './reports/metrics.ts'
import { plausibleRoutes } from './reports/plausible-routes.ts'
import { questionRoutes } from './reports/questions-routes.ts'
import { type ReportParts, reportRoutes } from './reports/routes.ts'
import { createServer, registerRoutes } from './server.ts'
import { annotationRoutes } from './sites/annotation-routes.ts'
import { groupRoutes } from './sites/group-routes.ts'
import { namesRoutes } from './sites/names-routes.ts'
import { objectionRoutes } from './sites/objection-routes.ts'
import { siteRoutes } from './sites/routes.ts'

export interface AppOptions {
  readonly pool: Pool
  readonly clickhouse: ClickHouse
  readonly auth: Auth
  readonly changes: Changes
  readonly environment: 'development' | 'production'
  readonly dashboardFolder: string
  readonly demoFolder: string
  readonly registry: Registry
  readonly now: () => number
  readonly trustProxy: string[]
  readonly log: boolean | { level: string } | FastifyBaseLogger
}

const DASHBOARD_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // Mantine writes style attributes
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** The app: accounts, reports, the dashboard and, in development, the demo site. Builds, never listens. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = createServer({
    log: options.log as boolean, // a wider type upstream
    trustProxy: options.trustProxy,
    restartsWithinMs: 10_000, // the embedded ClickHouse takes seconds to open
  })
  await app.register(swagger, OPEN_API)
  app.addHook('onResponse', createAccessMetrics(options.registry))
  const access = createAccess(options.pool, options.auth)
  await app.register(async (scope) => signInRoutes(scope, options.auth))
  await registerRoutes(app, (scope) => {
    for (const routes of [siteRoutes, namesRoutes, annotationRoutes, groupRoutes, objectionRoutes])
      routes(scope, { pool: options.pool, access })
  })
  const reports: ReportParts = {
    pool: options.pool,
    engine: createReportEngine(options.clickhouse, options.changes),
    access,
    changes: options.changes,
    now: options.now,
  }
  const measure = createReportMetrics(options.registry, reports)
  for (const routes of [reportRoutes, questionRoutes, plausibleRoutes])
    await registerRoutes(app, (scope) => {
      scope.addHook('onResponse', measure)
      routes(scope, reports)
    })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(options.registry.contentType).send(await options.registry.metrics()),
  )
  await serveDashboard(app, options.dashboardFolder)
  if (options.environment === 'development') await serveDemo(app, options.demoFolder)
  else app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/dashboard/'))
  return app
}

async function serveDashboard(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) throw new Error(`The dashboard is not built: ${folder} is missing.`)
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', DASHBOARD_CSP)
    })
    // No validators: they would be made of size and date, which two builds have in common
    // (all files of an image are of one date), and a browser would stay with the old page.
    await scope.register(fastifyStatic, {
      root: folder,
      serve: false,
      cacheControl: false,
      etag: false,
      lastModified: false,
    })
    scope.get('/dashboard', { schema: { hide: true } }, (_request, reply) =>
      reply.redirect('/dashboard/'),
    )
    scope.get<{ Params: { '*': string } }>(
      '/dashboard/*',
      { schema: { hide: true } },
      (request, reply) => {
        const path = request.params['*']
        // Vite names what stands in assets/ after its content; any other address is a page of the browser's.
        return path.startsWith('assets/')
          ? reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(path)
          : reply
              .header('cache-control', 'no-cache')
              .sendFile(/^[\w-]+\.\w+$/.test(path) ? path : 'index.html')
      },
    )
  })
}

async function serveDemo(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      prefix: '/demo/',
      cacheControl: false,
      decorateReply: false,
    })
    scope.get('/demo', { schema: { hide: true } }, (_request, reply) => reply.redirect('/demo/'))
  })
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      prefix: '/',
      cacheControl: false,
      decorateReply: false,
    })
  })
}
