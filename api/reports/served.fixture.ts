import type { InjectOptions } from 'fastify'
import { testClickHouse, testPostgres } from '../../test/databases.ts'
import { createAccess } from '../accounts/access.ts'
import { createApiKey } from '../accounts/api-key.ts'
import { createServer, registerRoutes } from '../server.ts'
import { annotationRoutes } from '../sites/annotation-routes.ts'
import { groupRoutes } from '../sites/group-routes.ts'
import { namesRoutes } from '../sites/names-routes.ts'
import { objectionRoutes } from '../sites/objection-routes.ts'
import { createReportEngine } from './engine.ts'
import { plausibleRoutes } from './plausible-routes.ts'
import { reportRoutes } from './routes.ts'

export type Served = Awaited<ReturnType<typeof serveReports>>

/** Everything that answers about reports, over databases of the test file's own, at a time that stands still. */
export async function serveReports(nowMs: number) {
  const { pool } = await testPostgres()
  const clickhouse = await testClickHouse()
  const app = createServer({ log: false, trustProxy: [] })
  const listeners = new Set<() => void>()
  const changes = {
    subscribe: (_site: string, listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop: () => {},
  }
  const access = createAccess(pool)
  const engine = createReportEngine(clickhouse, changes)
  const parts = { pool, engine, access, changes, now: () => nowMs }
  await registerRoutes(app, (scope) => {
    reportRoutes(scope, parts)
    for (const routes of [namesRoutes, annotationRoutes, groupRoutes, objectionRoutes])
      routes(scope, { pool, access })
  })
  await registerRoutes(app, (scope) => plausibleRoutes(scope, parts))
  const key = (scope: 'read' | 'admin', siteId: string | null = null) =>
    createApiKey(pool, { scope, siteId })
  return {
    ...{ pool, clickhouse, app, listeners, key },
    inject: (options: InjectOptions, bearer: string) =>
      app.inject({
        ...options,
        headers: { authorization: `Bearer ${bearer}`, ...options.headers },
      }),
  }
}
