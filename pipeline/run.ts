import { Counter, Gauge, type Registry } from 'prom-client'
import type { ClickHouse } from '../database/clickhouse.ts'
import { ensurePartitions } from '../database/migrate.ts'
import type { Pool } from '../database/postgres.ts'
import { recomputeDays } from './daily-metrics.ts'
import { deliverNext } from './deliver.ts'
import { runDelivery } from './delivery.ts'
import { compactCounts } from './event-counts.ts'
import { runLoop } from './loop.ts'
import { continueRebuild } from './rebuild.ts'
import { mismatch, reconcile } from './reconcile.ts'
import { transformBatch } from './transform.ts'

export interface PipelineParts {
  readonly pool: Pool
  readonly clickhouse: ClickHouse
  readonly registry: Registry
  readonly now: () => Date
  readonly onError: (error: Error) => void
}

const MAX_BACKOFF_MS = 500
const MIN_DAYS_MS = 1_000
const MAX_DAYS_MS = 15_000
const HOUSEKEEPING_MS = 3_600_000
const COUNTS_MS = 60_000

/** Everything that waits now, to the end: the record's new events, their blocks, the days they changed. */
export async function drain(parts: Pick<PipelineParts, 'pool' | 'clickhouse'>): Promise<void> {
  while ((await transformBatch(parts.pool)).kind === 'processed');
  while (await deliverNext(parts.pool, parts.clickhouse));
  while ((await recomputeDays(parts.pool)) > 0);
}

/**
 * Runs the pipeline until the returned function is called; that resolves when the steps in hand are
 * done. Two loops: this one, which needs PostgreSQL alone, and the delivery to ClickHouse beside it.
 */
export function runPipeline(parts: PipelineParts): () => Promise<void> {
  const { pool, clickhouse, registry, now } = parts
  const metrics = createMetrics(registry, pool)
  let daysDueAtMs = 0
  let housekeepingDueAtMs = 0
  let countsDueAtMs = 0

  const failed = (error: Error) => {
    if (isFenced(error)) metrics.fenced.inc()
    parts.onError(error)
  }
  const delivery = runDelivery({ pool, clickhouse, now, onError: failed })

  const step = async (): Promise<boolean> => {
    const outcome = await transformBatch(pool)
    if (outcome.kind === 'processed') {
      metrics.batches.inc({ result: 'processed' })
      for (const reason of outcome.quarantined) metrics.quarantined.inc({ reason })
    }
    const isRebuilding = await continueRebuild(pool)
    if (outcome.kind === 'processed' || isRebuilding) delivery.wake()
    const nowMs = now().getTime()
    if (nowMs >= daysDueAtMs) {
      daysDueAtMs = nowMs + MAX_DAYS_MS
      const startedAt = performance.now()
      await recomputeDays(pool)
      // Nothing is made meanwhile, so that nothing is under way between two places.
      if (await delivery.catchesUp()) await reconcile(pool, clickhouse)
      // A large day may cost seconds: it takes a tenth of the time.
      const restMs = Math.max(MIN_DAYS_MS, 10 * (performance.now() - startedAt))
      daysDueAtMs = nowMs + Math.min(restMs, MAX_DAYS_MS)
    }
    if (nowMs >= countsDueAtMs) {
      await compactCounts(pool, now())
      countsDueAtMs = nowMs + COUNTS_MS
    }
    if (nowMs >= housekeepingDueAtMs) {
      await housekeeping(parts)
      housekeepingDueAtMs = nowMs + HOUSEKEEPING_MS
    }
    return outcome.kind === 'processed' || isRebuilding
  }
  const making = runLoop(step, {
    maxBackoffMs: MAX_BACKOFF_MS,
    onError(error) {
      metrics.batches.inc({ result: 'failed' })
      failed(error)
    },
  })

  return async () => {
    await Promise.all([making.stop(), delivery.stop()])
  }
}

/** A worker that stood still too long has lost its transaction, and with it the lock. */
const isFenced = (error: unknown) => (error as { code?: unknown }).code === '25P03' // any thrown value may carry one

async function housekeeping({ pool, now }: PipelineParts): Promise<void> {
  await ensurePartitions(pool, now())
  // Yesterday's salt is kept for visits over midnight, so none is older than 48 h.
  await pool.query(
    `delete from visitor_salts where day < ($1::timestamptz at time zone 'UTC')::date - 1`,
    [now()],
  )
  // What bounds a day is of no use two days later.
  for (const table of ['dictionary', 'dictionary_sizes'])
    await pool.query(
      `/* clean ${table} */ delete from ${table} where day < ($1::timestamptz at time zone 'UTC')::date - 1`,
      [now()],
    )
}

function createMetrics(registry: Registry, pool: Pool) {
  const registers = [registry]
  new Gauge({
    name: 'etl_backlog_events',
    help: 'Committed events that are not processed yet',
    registers,
    async collect() {
      const { rows } = await pool.query<{ waiting: number }>(
        'select coalesce(sum(events), 0) as waiting from events_batches',
      )
      this.set(rows[0]?.waiting ?? 0)
    },
  })
  new Gauge({
    name: 'rollup_mismatch_total',
    help: 'Events by which record, processed tables, daily metrics and ClickHouse differ, over all days that were counted; must be 0',
    registers,
    async collect() {
      this.set((await mismatch(pool)).events)
    },
  })
  new Gauge({
    name: 'etl_lag_seconds',
    help: 'Since the oldest event was committed that is not in the reports yet; 0: all are',
    registers,
    async collect() {
      const { rows } = await pool.query<{ seconds: number | null }>(
        `/* lag */ select extract(epoch from clock_timestamp() - least(
           (select min(received_at) from events_batches), (select min(created_at) from clickhouse_outbox)))::float8 as seconds`,
      )
      this.set(Math.max(rows[0]?.seconds ?? 0, 0))
    },
  })
  return {
    batches: new Counter({
      name: 'etl_batches_total',
      help: 'Batches by what became of them; a failed one is tried again',
      labelNames: ['result'],
      registers,
    }),
    quarantined: new Counter({
      name: 'etl_quarantined_total',
      help: 'Events put aside, by SQLSTATE or kind of error',
      labelNames: ['reason'],
      registers,
    }),
    fenced: new Counter({
      name: 'etl_fenced_total',
      help: 'Batches whose worker had stood still too long and could not commit',
      registers,
    }),
  }
}
