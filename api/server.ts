import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { asProblem, Problem, sendProblem } from './errors.ts'

const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

/** A Fastify instance with what every process shares: error form, logging without personal data, safe headers. */
export function createServer(options: {
  log: FastifyServerOptions['logger']
  trustProxy: string[]
  /** How long a client may take to send a request to its end. */
  receiveWithinMs?: number
  /** When it is closed, how long what is under way may take to its end. */
  closeWithinMs?: number
  /** When it will be back after a stop, for whom it turns away then. */
  restartsWithinMs?: number
}): FastifyInstance {
  const { receiveWithinMs = 15_000, closeWithinMs = 5_000, restartsWithinMs } = options
  const app = Fastify({
    logger: options.log,
    // Request lines carry addresses and query strings; errors are logged below, without either.
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would only add a number that nothing else names.
    childLoggerFactory: (logger) => logger,
    trustProxy: options.trustProxy.length > 0 ? options.trustProxy : false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    // Its own answer has another form and no Retry-After: ours is below.
    return503OnClosing: false,
    // Without it a client that stops in the middle of a body holds its connection for ever.
    requestTimeout: receiveWithinMs,
    http: {
      requestTimeout: receiveWithinMs,
      headersTimeout: receiveWithinMs,
      connectionsCheckingInterval: receiveWithinMs / 6,
    },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, asProblem(error)),
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = asProblem(error as Parameters<typeof asProblem>[0]) // Fastify types it unknown
    if (problem.code === 'internal')
      request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new Problem('not_found', 'No such address.')),
  )
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
    // Node stops looking for clients that are too slow, and would wait for them for ever.
    setTimeout(() => app.server.closeAllConnections(), closeWithinMs).unref()
  })
  // With callbacks: a promise for each of these took a tenth of a collector's time.
  app.addHook('onRequest', (request, reply, next) => {
    reply.headers(SAFE_HEADERS)
    if (isClosing)
      next(
        new Problem(
          'unavailable',
          'The server is being stopped; send the same request again.',
          {},
          restartsWithinMs,
        ),
      )
    // No address of ours has one, and PostgreSQL refuses it as a parameter.
    else if (request.url.includes('%00'))
      next(new Problem('invalid_request', 'The address must not contain NUL.'))
    else next()
  })
  return app
}

/** Registers routes, and on each of their addresses answers 405 to the methods that it does not have. */
export async function registerRoutes(
  app: FastifyInstance,
  routes: (scope: FastifyInstance) => void,
): Promise<void> {
  const methods = new Map<string, Set<string>>()
  await app.register(async (scope) => {
    scope.addHook('onRoute', ({ url, method }) => {
      const known = methods.get(url) ?? new Set()
      for (const each of [method].flat()) known.add(each)
      methods.set(url, known)
    })
    routes(scope)
  })
  await app.register(async (scope) => {
    // A body that nobody reads need not be understood.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const [url, known] of methods) {
      const others = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (each) => !known.has(each),
      )
      scope.route({
        method: others,
        url,
        schema: { hide: true },
        handler: (_request, reply) =>
          sendProblem(
            reply.header('allow', [...known].join(', ')),
            new Problem('method_not_allowed', `Use ${[...known].join(' or ')}.`),
          ),
      })
    }
  })
}
