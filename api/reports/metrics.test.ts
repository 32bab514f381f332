import fastify from 'fastify'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { testPostgres } from '../../test/databases.ts'
import { createReportMetrics } from './metrics.ts'

it('monitoring is told how old reports are and how long each took, by route', async () => {
  const { pool } = await testPostgres()
  const now = Date.parse('2026-11-30T12:00:00Z')
  const registry = new Registry()
  const app = fastify()
  app.addHook('onResponse', createReportMetrics(registry, { pool, now: () => now }))
  app.get('/sites/:siteId/query', async () => ({}))
  app.get('/sites/:siteId/live', async (_request, reply) =>
    reply.type('text/event-stream').send('data: 1\n\n'),
  )
  for (const path of ['one/query', 'other/query', 'one/live', 'one/none'])
    await app.inject(`/sites/${path}`)
  expect(await registry.metrics()).toMatch(/^report_freshness_seconds 0$/m)
  await pool.query('insert into events_batches (events, received_at) values (1, $1)', [
    new Date(now - 90_000),
  ])
  const metrics = await registry.metrics()
  expect(metrics).toMatch(/^report_freshness_seconds 90$/m)
  expect(metrics.match(/^report_query_seconds_count.*$/gm)).toEqual([
    'report_query_seconds_count{report="/sites/:siteId/query"} 2',
  ])
  await app.close()
})
