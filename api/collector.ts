import httpProxy from '@fastify/http-proxy'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Pool } from '../database/postgres.ts'
import { createAccess } from './accounts/access.ts'
import { AnonymousCounts } from './collect/anonymous-counts.ts'
import { BotDetector, type BotLists } from './collect/bot.ts'
import { DailyVisitor } from './collect/daily-visitor.ts'
import { DeviceReader } from './collect/device.ts'
import { Dictionary } from './collect/dictionary.ts'
import { Durability } from './collect/durability.ts'
import { eventsRoutes } from './collect/events-routes.ts'
import { GroupCommit } from './collect/group-commit.ts'
import { PlaceFinder, type PlaceSources } from './collect/place.ts'
import { type RateLimits, TokenBuckets } from './collect/rate-limit.ts'
import { collectRoutes } from './collect/routes.ts'
import { SiteRegistry } from './collect/site-registry.ts'
import { Problem, sendProblem } from './errors.ts'
import { healthRoutes } from './health.ts'
import { createCollectorMetrics } from './metrics.ts'
import { OPEN_API, openApiRoute } from './open-api.ts'
import { createServer, registerRoutes } from './server.ts'
import { type TrackerScripts, trackerRoutes } from './tracker-routes.ts'

export interface CollectorOptions {
  readonly pool: Pool
  readonly environment: 'development' | 'production'
  /** Where the app process listens: everything that is not collecting goes there. */
  readonly appUrl: string | undefined
  readonly trackerScripts: TrackerScripts
  readonly trustProxy: string[]
  /** Absent: none, as tests want it. */
  readonly limits?: RateLimits
  readonly bots?: BotLists
  /** Absent: the browser's time zone tells the country. */
  readonly geography?: Pick<PlaceSources, 'databasePath' | 'countryHeader'>
  /** It was told to end, and answers on for a moment. */
  readonly isDraining?: () => boolean
  readonly now: () => number
  readonly newEventId: () => string
  readonly log: boolean | { level: string } | FastifyBaseLogger
}

const NO_LIMIT = { perSecond: 0, burst: 0 }
const NO_LIMITS: RateLimits = { network: NO_LIMIT, site: NO_LIMIT, total: NO_LIMIT }

/**
 * The collector: takes events, and is the front door of `npm start`. It does
 * not need the app: when that is down, only what the app answers is 503.
 */
export async function createCollector(options: CollectorOptions): Promise<FastifyInstance> {
  const app = createServer({ log: options.log as boolean, trustProxy: options.trustProxy }) // a wider type upstream
  const durability = new Durability({
    now: options.now,
    onUnsafe: (settings) =>
      app.log.error(
        { settings },
        'PostgreSQL could lose commits: nothing is stored until that is changed',
      ),
  })
  const metrics = createCollectorMetrics({ groupCommit: () => groupCommit, durability })
  const groupCommit = new GroupCommit({
    pool: options.pool,
    onCommit: (events, seconds) => {
      metrics.commitSeconds.observe(seconds)
      metrics.commitEvents.observe(events)
    },
    onSettings: (unsafe) => durability.saw(unsafe),
  })
  const { limits = NO_LIMITS } = options
  const sites = new SiteRegistry(options.pool, {
    createUnknown: options.environment === 'development',
    now: options.now,
  })
  sites.watch()
  const anonymous = new AnonymousCounts(options.pool)
  const places = await PlaceFinder.open({
    ...options.geography,
    onProblem: (error) => app.log.warn({ err: error }, 'the database of places cannot be read'),
  })
  await app.register(swagger, OPEN_API)
  await registerRoutes(app, (scope) => {
    scope.addHook('onResponse', (_request, reply, next) => {
      metrics.answered(reply.statusCode, reply.elapsedTime / 1_000)
      next()
    })
    collectRoutes(scope, {
      groupCommit,
      sites,
      anonymous,
      places,
      devices: new DeviceReader(),
      bots: new BotDetector(options.bots),
      countsBotKind: options.environment === 'development' ? 'automation' : undefined,
      dictionary: new Dictionary(options.pool),
      dailyVisitor: new DailyVisitor(options.pool),
      networkLimit: new TokenBuckets(limits.network),
      limits: { site: new TokenBuckets(limits.site), total: new TokenBuckets(limits.total) },
      now: options.now,
      newEventId: options.newEventId,
      metrics: metrics.intake,
    })
  })
  await registerRoutes(app, (scope) =>
    eventsRoutes(scope, {
      pool: options.pool,
      access: options.environment === 'production' ? createAccess(options.pool) : undefined,
    }),
  )
  await registerRoutes(app, (scope) => healthRoutes(scope, { ...options, groupCommit, durability }))
  await registerRoutes(app, (scope) => trackerRoutes(scope, options.trackerScripts))
  await app.register(async (scope) => openApiRoute(scope, options.appUrl))
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The library would show its own document, which lacks the app's routes.
    uiConfig: { urls: [{ url: '/openapi.json', name: 'Footfall' }], tryItOutEnabled: true },
    staticCSP: true,
    transformStaticCSP: (policy) =>
      policy
        // It would turn our own assets into https where nobody serves that.
        .replace(/\s*upgrade-insecure-requests;?/, '')
        .replace("style-src 'self' https:", "style-src 'self' 'unsafe-inline'"),
  })
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    reply.type(metrics.registry.contentType)
    const own = await metrics.registry.metrics()
    // Several collectors would tell the app's numbers several times.
    if (request.query && 'own' in (request.query as object)) return own
    return own + (await textOf(options.appUrl && `${options.appUrl}/metrics`))
  })
  if (options.appUrl) {
    await app.register(httpProxy, {
      upstream: options.appUrl,
      prefix: '/',
      // Server-sent events stay open for as long as somebody looks.
      undici: { bodyTimeout: 0, headersTimeout: 60_000 },
      replyOptions: {
        // The app asks where it is reached, not where we reach it.
        rewriteRequestHeaders: (request, headers) => ({ ...headers, host: request.headers.host }),
        onError: (reply) =>
          void sendProblem(
            reply as Parameters<typeof sendProblem>[0], // the plugin's type is of any server
            new Problem(
              'unavailable',
              'The dashboard process is starting or down; collecting goes on.',
            ),
          ),
      },
    })
  }
  // Requests in flight are answered before the socket closes.
  app.addHook('preClose', () => groupCommit.drained())
  app.addHook('onClose', async () => {
    sites.close()
    places.close()
    await anonymous.close()
  })
  return app
}

async function textOf(url: string | undefined): Promise<string> {
  if (!url) return ''
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  return answer?.ok ? answer.text() : ''
}
