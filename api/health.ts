import type { FastifyInstance } from 'fastify'
import type { Pool } from '../database/postgres.ts'
import type { GroupCommit } from './collect/group-commit.ts'

const MAX_QUEUED_EVENTS_READY = 16_000 // 80 % of the queue

/** `/health` for people and uptime checks, `/livez` and `/readyz` for supervisors. */
export function healthRoutes(
  app: FastifyInstance,
  parts: { pool: Pool; groupCommit: GroupCommit; isDraining?: () => boolean },
): void {
  const schema = (summary: string) => ({ schema: { summary, tags: ['health'] } })

  app.get(
    '/health',
    schema('503 with the failing part when something is down'),
    async (_request, reply) => {
      const failing = await failingParts(parts)
      return reply.code(failing.length === 0 ? 200 : 503).send({
        status: failing.length === 0 ? 'ok' : 'unavailable',
        database: failing.includes('database') ? 'down' : 'ok',
        ...(failing.length > 0 && { failing }),
      })
    },
  )

  app.get('/livez', schema('The process answers'), async () => ({ status: 'ok' }))

  app.get('/readyz', schema('Events can be stored now'), async (_request, reply) => {
    const failing = await failingParts(parts)
    if (parts.isDraining?.()) failing.push('draining')
    return reply
      .code(failing.length === 0 ? 200 : 503)
      .send({ status: failing.length === 0 ? 'ok' : 'unavailable', failing })
  })
}

async function failingParts({
  pool,
  groupCommit,
}: {
  pool: Pool
  groupCommit: GroupCommit
}): Promise<string[]> {
  const failing: string[] = []
  const down = new Promise<never>((_resolve, reject) =>
    setTimeout(reject, 1_500, new Error('timeout')).unref(),
  )
  await Promise.race([pool.query('select 1'), down]).catch(() => failing.push('database'))
  if (groupCommit.queuedEvents > MAX_QUEUED_EVENTS_READY) failing.push('queue')
  return failing
}
