import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { prepareDatabase } from '../cli/prepare-database.ts'
import { type CollectorOptions, CollectorProcess } from './collector-process.ts'
import { type Ledger, type Load, type Running, startLoad } from './ledger.ts'
import { type PostgresServer, startPostgresServer } from './postgres-server.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A real PostgreSQL and real collectors, to which a fault is done. */
export interface Rig {
  readonly folder: string
  readonly postgres: PostgresServer
  readonly random: () => number
  /** One more collector, on the database itself or on a proxy before it. */
  collector(options?: Partial<CollectorOptions> & { behind?: TcpProxy }): Promise<CollectorProcess>
  /** A proxy before PostgreSQL, or before a collector. */
  proxy(targetPort?: number): Promise<TcpProxy>
  /** Begins the base load; sites are of this fault alone. */
  load(url: string, sites: readonly string[], change?: Partial<Load>): Running
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** A connection of its own, past every proxy. */
  connect(): Promise<pg.Client>
  /** Something to undo after the fault, whatever became of it. */
  after(undo: () => unknown): void
  /** Ends what the last fault started and leaves the database for the next. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** What a test of the collector sends unless it says otherwise. */
const BASE_LOAD = { eventsPerSecond: 500, clients: 8, maxBatch: 50 }

export async function startRig(
  random: () => number,
  options: { folder?: string } = {},
): Promise<Rig> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'footfall-faults-')))
  const postgres = await startPostgresServer(folder)
  await prepareDatabase(postgres.url)
  const undos: (() => unknown)[] = []

  const connect = async () => {
    const client = new pg.Client({ connectionString: postgres.url, query_timeout: 60_000 })
    client.on('error', () => {}) // it is cut off with the server
    await client.connect()
    return client
  }
  const clear = async () => {
    const failures: unknown[] = []
    for (const undo of undos.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
  return {
    folder,
    postgres,
    random,
    connect,
    async collector({ behind, ...change } = {}) {
      const databaseUrl = new URL(postgres.url)
      if (behind) databaseUrl.port = String(behind.port)
      const collector = await CollectorProcess.start({ databaseUrl: databaseUrl.href, ...change })
      undos.push(() => collector.stop())
      return collector
    },
    async proxy(targetPort = postgres.port) {
      const proxy = await startTcpProxy(targetPort, random)
      undos.push(() => proxy.close())
      return proxy
    },
    load(url, sites, change) {
      const running = startLoad({ url, sites, ...BASE_LOAD, ...change }, random)
      undos.push(() => running.abandon())
      return running
    },
    async query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) {
      const client = await connect()
      try {
        return (await client.query<Row>(sql, values)).rows
      } finally {
        await client.end()
      }
    },
    after: (undo) => undos.push(undo),
    clear,
    async close() {
      try {
        await clear()
      } finally {
        await postgres.stop()
        if (!options.folder) await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Twenty sites that only this fault writes to. */
export const sitesOf = (id: string, count = 20): string[] =>
  Array.from({ length: count }, (_, index) => `${id.toLowerCase()}-${index}.example`)

export interface Comparison {
  readonly stored: number
  /** Acknowledged, and not in the record. */
  readonly lost: number
  /** In the record more than once, or told to be new more than once. */
  readonly dup: number
  /** In the record, and never sent, or sent as an event that is to be refused. */
  readonly phantom: number
  /** Never acknowledged, though the fault is over. */
  readonly unresolved: number
}

/** The record against what the clients were told. */
export async function compare(
  rig: Rig,
  sites: readonly string[],
  ledger: Ledger,
): Promise<Comparison> {
  const rows = await rig.query<{ event_id: string }>(
    'select event_id from events_log where site_id = any($1)',
    [sites],
  )
  const counts = new Map<string, number>()
  for (const { event_id } of rows) counts.set(event_id, (counts.get(event_id) ?? 0) + 1)
  const isReal = (id: string) => (ledger.fates.get(id) ?? 'bad') !== 'bad'
  const fates = [...ledger.fates]
  const lost = fates.filter(([id, fate]) => fate === 'acked' && !counts.has(id)).length
  return {
    stored: counts.size,
    lost,
    dup: rows.length - counts.size + Math.max(0, ledger.accepted - counts.size - lost),
    phantom: [...counts.keys()].filter((id) => !isReal(id)).length,
    unresolved: fates.filter(([, fate]) => fate === 'refused' || fate === 'unknown').length,
  }
}
