import { join } from 'node:path'
import { findRunning } from '../cli/data-folder.ts'
import { openClickHouse, selectRows } from '../database/clickhouse.ts'
import { openPostgres, type Pool } from '../database/postgres.ts'
import { type Product, startProduct } from '../test/product.ts'
import { type Ledger, startLoad } from './ledger.ts'
import { killPart, type Part } from './processes.ts'
import { generator } from './random.ts'
import { sleep } from './wait.ts'

export interface KillReport {
  readonly kills: Readonly<Record<Part, number>>
  readonly sent: number
  readonly acked: number
  readonly answers: Ledger['answers']
  /** Acknowledged, and not in the record. */
  readonly lost: number
  /** In the record, and never sent. */
  readonly phantom: number
  /** Events of the record that a store does not have exactly once. */
  readonly wrong: {
    readonly processed: number
    readonly daily: number
    readonly clickhouse: number
  }
  readonly recorded: number
}

const SITE = 'ledger-example'

/** Kills each part `rounds` times under load, then compares every store with the clients' ledger. */
export async function killUnderLoad(options: {
  rounds: number
  clients: number
  seed: number
  say: (line: string) => void
}): Promise<KillReport> {
  const random = generator(options.seed)
  const product = await startProduct({ env: { LIMIT_NETWORK: '0', LIMIT_SITE: '0' } })
  try {
    const load = startLoad(
      {
        url: product.url,
        sites: [SITE],
        eventsPerSecond: 500,
        clients: options.clients,
        maxBatch: 10,
      },
      random,
    )
    const kills: Record<Part, number> = { collector: 0, app: 0, postgres: 0 }
    for (const part of ['collector', 'app', 'postgres'] as const) {
      for (let round = 0; round < options.rounds; round++) {
        await sleep(500 + random() * 1_500)
        if (killPart(product.process.pid ?? 0, part)) kills[part]++
        await becomesHealthy(product, part)
        options.say(`${part} killed ${round + 1} of ${options.rounds}`)
      }
    }
    await sleep(1_000)
    return { kills, ...(await compare(product, await load.stop())) }
  } finally {
    await product.stop()
    await product.remove()
  }
}

async function compare(product: Product, ledger: Ledger) {
  await becomesHealthy(product, 'app')
  const { fates } = ledger
  const databaseUrl = findRunning(product.dataDir)?.databaseUrl ?? ''
  const pool = openPostgres(databaseUrl, { max: 2, statementTimeoutMs: 60_000, onError: () => {} })
  const ids = async (sql: string) =>
    (await pool.query<{ id: string }>(sql)).rows.map((row) => row.id)
  try {
    await caughtUp(pool, product)
    const recorded = new Set(await ids('select event_id as id from events_log'))
    const processed = await ids(
      'select event_id as id from pageviews union all select event_id from user_events',
    )
    const { rows } = await pool.query<{ events: string }>(
      'select sum(events + bot_events) as events from daily_site_metrics',
    )
    // The engine's folder has one owner at a time.
    await product.stop()
    const clickhouse = await openClickHouse({ path: join(product.dataDir, 'clickhouse') })
    const delivered = await selectRows<{ id: string }>(
      clickhouse,
      'select event_id as id from events',
    )
    await clickhouse.close()
    return {
      sent: ledger.sent,
      acked: ledger.count('acked'),
      answers: ledger.answers,
      recorded: recorded.size,
      lost: [...fates].filter(([id, fate]) => fate === 'acked' && !recorded.has(id)).length,
      phantom: [...recorded].filter((id) => (fates.get(id) ?? 'bad') === 'bad').length,
      wrong: {
        processed: notOnce(recorded, processed),
        daily: Math.abs(Number(rows[0]?.events) - recorded.size),
        clickhouse: notOnce(
          recorded,
          delivered.map((row) => row.id),
        ),
      },
    }
  } finally {
    await pool.end()
  }
}

function notOnce(recorded: ReadonlySet<string>, found: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1)
  const missingOrMany = [...recorded].filter((id) => counts.get(id) !== 1).length
  return missingOrMany + [...counts.keys()].filter((id) => !recorded.has(id)).length
}

/** Waits until nothing is left to process, deliver, recompute or rebuild. */
async function caughtUp(pool: Pool, product: Product): Promise<void> {
  let left: unknown
  for (let tries = 0; tries < 600; tries++) {
    const { rows } = await pool.query<{
      batches: number
      blocks: number
      days: number
      rebuilds: number
    }>(
      `select (select count(*) from events_batches) as batches,
              (select count(*) from clickhouse_outbox) as blocks,
              (select count(*) from changed_days) as days,
              (select count(*) from rebuilds where finished_at is null) as rebuilds`,
    )
    left = rows[0]
    if (rows[0] && Object.values(rows[0]).every((number) => number === 0)) return
    await sleep(100)
  }
  throw new Error(
    `the pipeline did not catch up within a minute: ${JSON.stringify(left)}\n${product.output().slice(-4_000)}`,
  )
}

async function becomesHealthy(product: Product, part: Part): Promise<void> {
  const path = part === 'app' ? '/dashboard/' : '/health'
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(product.url + path, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error(`${part} did not come back within 30 s:\n${product.output()}`)
}
