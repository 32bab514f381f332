import { setTimeout as after } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { UNSAFE_SETTINGS } from '../database/durability.ts'
import type { Pool } from '../database/postgres.ts'
import type { Durability } from './collect/durability.ts'
import type { GroupCommit } from './collect/group-commit.ts'

export interface HealthParts {
  readonly pool: Pool
  readonly groupCommit: GroupCommit
  readonly durability: Durability
  /** It is about to be stopped: nothing new is to be sent here. */
  readonly isDraining?: (() => boolean) | undefined
}

/** What keeps events from being stored. */
type Part = 'database' | 'settings' | 'queue' | 'draining'

const READY_WITHIN_MS = 250
const HEALTHY_WITHIN_MS = 1_500
const ALIVE_WITHIN_MS = 1_000
const MOST_OF_QUEUE = 0.8

/**
 * `/health` for people and uptime checks; `/livez`, `/readyz` and `/startupz`
 * for supervisors. While the collector is being stopped all of them are 503,
 * as everything is.
 */
export function healthRoutes(app: FastifyInstance, parts: HealthParts): void {
  const schema = (summary: string) => ({ schema: { summary, tags: ['health'] } })
  const probe = new CommitProbe(parts)
  let hasBeenReady = false

  const failingParts = async (withinMs: number): Promise<Part[]> => {
    const failing: Part[] = []
    const commit = await Promise.race([probe.run(), after(withinMs, 'late', { ref: false })])
    if (commit === 'unsafe') failing.push('settings')
    else if (commit !== 'committed') failing.push('database')
    if (parts.groupCommit.fill > MOST_OF_QUEUE) failing.push('queue')
    hasBeenReady ||= failing.length === 0
    return failing
  }
  const statusOf = (failing: readonly Part[]) => ({
    status: failing.length === 0 ? 'ok' : 'unavailable',
    ...(failing.length > 0 && { failing }),
    ...(failing.includes('settings') && { settings: parts.durability.unsafe }),
  })
  const codeOf = (failing: readonly Part[]) => (failing.length === 0 ? 200 : 503)

  app.get(
    '/health',
    schema('503 with the failing part when something is down'),
    async (_request, reply) => {
      const failing = await failingParts(HEALTHY_WITHIN_MS)
      const database = failing.includes('database') ? 'down' : 'ok'
      return reply.code(codeOf(failing)).send({ ...statusOf(failing), database })
    },
  )

  app.get('/livez', schema('The event loop turns within a second'), async (_request, reply) => {
    const askedAt = performance.now()
    await after(0)
    const isAlive = performance.now() - askedAt < ALIVE_WITHIN_MS
    return reply.code(isAlive ? 200 : 503).send({ status: isAlive ? 'ok' : 'unavailable' })
  })

  app.get(
    '/readyz',
    schema(
      'A row is committed within 250 ms, durably, the queue is less than 80 % full, and nobody stops it',
    ),
    async (_request, reply) => {
      const failing = await failingParts(READY_WITHIN_MS)
      if (parts.isDraining?.()) failing.push('draining')
      return reply.code(codeOf(failing)).send(statusOf(failing))
    },
  )

  app.get('/startupz', schema('It has been ready once'), async (_request, reply) => {
    const failing = hasBeenReady ? [] : await failingParts(READY_WITHIN_MS)
    return reply.code(codeOf(failing)).send(statusOf(failing))
  })
}

type Commit = 'committed' | 'unsafe' | 'failed'

/** Commits a row. Whoever asks while it does shares the answer, so that asking often costs no more. */
class CommitProbe {
  readonly #parts: HealthParts
  #running: Promise<Commit> | undefined

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  run(): Promise<Commit> {
    this.#running ??= this.#commit()
      .catch((): Commit => 'failed')
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  async #commit(): Promise<Commit> {
    const { rows } = await this.#parts.pool.query<{ unsafe: string }>(PROBE)
    const unsafe = rows[0]?.unsafe ?? ''
    this.#parts.durability.saw(unsafe)
    return unsafe === '' ? 'committed' : 'unsafe'
  }
}

const PROBE = `/* readiness */
with settings as (
  select ${UNSAFE_SETTINGS} as unsafe
), probe as (
  insert into readiness (at) select now() from settings where unsafe = ''
  on conflict (is_one) do update set at = excluded.at
)
select unsafe from settings`
