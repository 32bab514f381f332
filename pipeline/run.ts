import { Counter, Gauge, type Registry } from 'prom-client'
import type { ClickHouse } from '../database/clickhouse.ts'
import { ensurePartitions } from '../database/migrate.ts'
import type { Pool } from '../database/postgres.ts'
import { recomputeDays } from './daily-metrics.ts'
import { deliverBlock } from './deliver.ts'
import { compactCounts } from './event-counts.ts'
import { continueRebuild, refillIfLost } from './rebuild.ts'
import { mismatch, reconcile } from './reconcile.ts'
import { applyRetention } from './retention.ts'
import { transformBatch } from './transform.ts'

export interface PipelineParts {
  readonly pool: Pool
  readonly clickhouse: ClickHouse
  readonly registry: Registry
  readonly now: () => Date
  readonly onError: (error: Error) => void
}

const IDLE_MS = 200
const AFTER_ERROR_MS = 500
const HOUSEKEEPING_MS = 3_600_000
const COUNTS_MS = 60_000

/** Everything that waits now, to the end: the record's new events, their blocks, the days they changed. */
export async function drain(parts: Pick<PipelineParts, 'pool' | 'clickhouse'>): Promise<void> {
  while ((await transformBatch(parts.pool)).kind === 'processed');
  while (await deliverBlock(parts.pool, parts.clickhouse));
  while ((await recomputeDays(parts.pool)) > 0);
}

/** Runs the pipeline until the returned function is called; that resolves when the step in hand is done. */
export function runPipeline(parts: PipelineParts): () => Promise<void> {
  const metrics = createMetrics(parts.registry, parts.pool)
  let stopped = false
  let wake = () => {}
  let daysDueAtMs = 0
  let housekeepingDueAtMs = 0
  let countsDueAtMs = 0

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const step = async (): Promise<boolean> => {
    // One batch is made while those before go to ClickHouse. Where ClickHouse is away, all else goes on.
    let isMaking = true
    const making = transformBatch(parts.pool).finally(() => {
      isMaking = false
    })
    const deliver = async (): Promise<boolean> => {
      if (!(await deliverBlock(parts.pool, parts.clickhouse))) return false
      while (isMaking && (await deliverBlock(parts.pool, parts.clickhouse)));
      return true
    }
    const [batch, block] = await Promise.allSettled([making, deliver()])
    if (batch.status === 'rejected') throw batch.reason
    const outcome = batch.value
    if (outcome.kind === 'processed') {
      metrics.batches.inc({ result: 'processed' })
      for (const reason of outcome.quarantined) metrics.quarantined.inc({ reason })
    }
    const rebuilt = await continueRebuild(parts.pool)
    const nowMs = parts.now().getTime()
    if (nowMs >= daysDueAtMs) {
      const startedAt = performance.now()
      await recomputeDays(parts.pool)
      // A large day may cost seconds: it takes a tenth of the time, and is never late by more than a quarter of a minute.
      if (block.status === 'fulfilled') {
        while (await deliverBlock(parts.pool, parts.clickhouse)); // else the day's are still under way
        await reconcile(parts.pool, parts.clickhouse)
      }
      daysDueAtMs = nowMs + Math.min(15_000, Math.max(1_000, 10 * (performance.now() - startedAt)))
    }
    if (nowMs >= countsDueAtMs) {
      await compactCounts(parts.pool, parts.now())
      countsDueAtMs = nowMs + COUNTS_MS
    }
    if (nowMs >= housekeepingDueAtMs) {
      await housekeeping(parts)
      housekeepingDueAtMs = nowMs + HOUSEKEEPING_MS
    }
    if (block.status === 'rejected') throw block.reason
    return outcome.kind === 'processed' || block.value || rebuilt
  }

  const running = (async () => {
    await refillIfLost(parts.pool, parts.clickhouse).catch(parts.onError)
    while (!stopped) {
      try {
        if (!(await step())) await rest(IDLE_MS)
      } catch (error) {
        metrics.batches.inc({ result: 'failed' })
        if (isFenced(error)) metrics.fenced.inc()
        parts.onError(error instanceof Error ? error : new Error(String(error)))
        await rest(AFTER_ERROR_MS)
      }
    }
  })()

  return async () => {
    stopped = true
    wake()
    await running
  }
}

/** A worker that stood still too long has lost its transaction, and with it the lock. */
const isFenced = (error: unknown) => (error as { code?: unknown }).code === '25P03' // any thrown value may carry one

async function housekeeping({ pool, clickhouse, now }: PipelineParts): Promise<void> {
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
  // Last: it needs ClickHouse.
  await applyRetention(pool, clickhouse, now())
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
