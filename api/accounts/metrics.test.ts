import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { testPostgres } from '../../test/databases.ts'
import { createServer, registerRoutes } from '../server.ts'
import { createAccess } from './access.ts'
import { createApiKey } from './api-key.ts'
import { createAuth } from './auth.ts'
import { createAccessMetrics } from './metrics.ts'
import { signInRoutes } from './sign-in-routes.ts'

it('monitoring is told who was not let in, and what was not allowed', async () => {
  const { pool } = await testPostgres()
  const registry = new Registry()
  const { auth, newSignInLink } = createAuth({
    pool,
    secret: 'a secret of thirty-two characters',
    baseUrl: 'http://localhost',
    secureCookies: false,
  })
  const app = createServer({ log: false, trustProxy: [] })
  app.addHook('onResponse', createAccessMetrics(registry))
  const access = createAccess(pool, auth)
  await app.register(async (scope) => signInRoutes(scope, auth))
  await registerRoutes(app, (scope) => {
    scope.get<{ Params: { siteId: string } }>('/api/v1/sites/:siteId/x', async (request) => {
      await access.requireRead(request, request.params.siteId)
      return {}
    })
  })
  const statusOf = async (url: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url, headers })).statusCode
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  const url = '/api/v1/sites/one/x'
  expect(await statusOf(url)).toBe(401)
  expect(await statusOf(url, bearer('footfall_made_up'))).toBe(401)
  expect(await statusOf(url, { cookie: 'better-auth.session_token=old' })).toBe(401)
  const other = await createApiKey(pool, { scope: 'read', siteId: 'other' })
  expect(await statusOf(url, bearer(other))).toBe(403)
  const one = await createApiKey(pool, { scope: 'read', siteId: 'one' })
  expect(await statusOf(url, bearer(one))).toBe(200)
  const verify = '/api/auth/magic-link/verify?callbackURL=/dashboard/&errorCallbackURL=/dashboard/'
  expect(await statusOf(`${verify}&token=made-up`)).toBe(302)
  const token = new URL(await newSignInLink()).searchParams.get('token')
  expect(await statusOf(`${verify}&token=${token}`)).toBe(302)

  const lines = (await registry.metrics()).split('\n').filter((line) => /^auth/.test(line))
  expect(lines.sort()).toEqual([
    'auth_failures_total{reason="key"} 1',
    'auth_failures_total{reason="link"} 1',
    'auth_failures_total{reason="none"} 1',
    'auth_failures_total{reason="session"} 1',
    'authz_denied_total{route="/api/v1/sites/:siteId/x"} 1',
  ])
  await app.close()
})
