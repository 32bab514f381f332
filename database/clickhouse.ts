import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { CLUSTER_SETTINGS, onCluster } from './clickhouse-cluster.ts'
import { readBy } from './embedded-readers.ts'
import { ANY_LENGTH } from './literals.ts'
import { writeLongValues } from './long-values.ts'

/** What answers reports. */
export interface Reports extends Pick<ClickHouseClient, 'query'> {
  /** How many at once, and each to its end, whoever gives it up; absent: as many as a server takes, which stops them. */
  readonly atOnce?: number
}

/** Reports are asked of `reports`, all else of the client itself: embedded, neither waits for the other. */
export type ClickHouse = ClickHouseClient & { readonly reports: Reports }
type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

export type ClickHousePlace =
  | { readonly url: string; readonly cluster?: string | undefined }
  | { readonly path: string }

// As many reports as the embedded engine answers at once.
const REPORTS_AT_ONCE = 3

// Most rows of what is read pass the conditions: to read again and again what the next of them needs
// takes up to two fifths of a report's processor time. And in steps some versions compute the default
// of a column that a part has not from rows that were left out (ClickHouse's issue 111757).
const READING = { enable_multiple_prewhere_read_steps: 0 } as const

/**
 * ClickHouse at `url`, a server of its own or of the cluster that is named, or
 * the embedded engine on `path`. The embedded engine owns its directory: one
 * process at a time may open it.
 */
export async function openClickHouse(where: ClickHousePlace): Promise<ClickHouse> {
  if ('url' in where) {
    const client = createClient({
      url: where.url,
      application: 'footfall',
      clickhouse_settings: {
        ...READING,
        // Who goes away wants no answer.
        cancel_http_readonly_queries_on_client_close: 1,
        ...(where.cluster !== undefined && CLUSTER_SETTINGS),
      },
    })
    writeLongValues(client)
    if (where.cluster !== undefined) translateFor(client, where.cluster)
    return Object.assign(client, { reports: client })
  }
  // Loaded only here: the engine is a library of several hundred megabytes.
  const { createChdbConnection } = await import('chdb/connection')
  const connect = () => {
    const connection = createChdbConnection({ path: where.path })
    // The same interface, declared in two packages of which one lags in a setting's type.
    return createClient({ connection: connection as unknown as ClientConnection })
  }
  const client = connect()
  const reader = connect()
  const reporters = Array.from({ length: REPORTS_AT_ONCE }, connect)
  // Values are set by statements of their own, so it cannot be told with the one that has them.
  for (const each of [reader, ...reporters])
    await each.command({
      query: `set max_query_size = ${ANY_LENGTH}, ${Object.entries(READING).map(([name, value]) => `${name} = ${value}`)}`,
    })
  const close = client.close.bind(client)
  return Object.assign(client, {
    query: readBy([reader]),
    reports: { query: readBy(reporters), atOnce: REPORTS_AT_ONCE },
    close: async () => {
      for (const each of [reader, ...reporters]) await each.close()
      await close()
    },
  })
}

/** Makes the client's commands go to all servers of the cluster. */
function translateFor(client: ClickHouseClient, cluster: string): void {
  const command = client.command.bind(client)
  client.command = async ({ query, ...others }) => {
    const [first = '', ...further] = onCluster(query, cluster)
    const result = await command({ query: first, ...others })
    for (const statement of further) await command({ query: statement, ...others })
    return result
  }
}

/** Rows of a SELECT; `params` are bound as `{name:Type}` in the statement. `signal` gives it up. */
export async function selectRows<Row>(
  clickhouse: Pick<ClickHouseClient, 'query'>,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
  signal?: AbortSignal,
): Promise<Row[]> {
  const result = await clickhouse.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    ...(signal && { abort_signal: signal }),
    // Counts as JSON numbers: they fit a double. UInt64 hashes are never selected.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return result.json<Row>()
}
