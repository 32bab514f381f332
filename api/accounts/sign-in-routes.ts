import type { FastifyInstance } from 'fastify'
import type { Auth } from './auth.ts'

/** `/sign-in?token=…` (the printed link) and the account library's own routes that it needs. */
export function signInRoutes(app: FastifyInstance, auth: Auth): void {
  // The library reads JSON by itself; it is given the bytes.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.get<{ Querystring: { token?: string } }>(
    '/sign-in',
    { schema: { hide: true } },
    (request, reply) => {
      const target = new URLSearchParams({
        token: request.query.token ?? '',
        callbackURL: '/dashboard/',
        errorCallbackURL: '/dashboard/',
      })
      // Not cached and not passed on: the token is in the address.
      return reply
        .header('cache-control', 'no-store')
        .header('referrer-policy', 'no-referrer')
        .redirect(`/api/auth/magic-link/verify?${target}`)
    },
  )

  // Of the library's many routes only these: nobody can ask for a link from outside.
  for (const [method, url] of [
    ['GET', '/api/auth/magic-link/verify'],
    ['POST', '/api/auth/sign-out'],
  ] as const) {
    app.route({
      method,
      url,
      schema: { hide: true },
      handler: async (request, reply) => {
        const headers = new Headers()
        for (const [name, value] of Object.entries(request.headers)) {
          if (value !== undefined)
            headers.set(name, Array.isArray(value) ? value.join(', ') : value)
        }
        const answer = await auth.handler(
          new Request(`http://${request.headers.host}${request.url}`, {
            method,
            headers,
            body: Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : undefined,
          }),
        )
        reply.code(answer.status).header('cache-control', 'no-store')
        for (const [name, value] of answer.headers) {
          if (name !== 'set-cookie') reply.header(name, value)
        }
        for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie)
        return reply.send(Buffer.from(await answer.arrayBuffer()))
      },
    })
  }
}
