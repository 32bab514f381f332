import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { CLUSTER_SETTINGS, onCluster } from './clickhouse-cluster.ts'
import { readBy } from './embedded-readers.ts'

export type ClickHouse = ClickHouseClient
type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

export type ClickHousePlace =
  | { readonly url: string; readonly cluster?: string | undefined }
  | { readonly path: string }

// As many statements as the embedded engine answers at once.
const READERS = 2

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
        // Who goes away wants no answer.
        cancel_http_readonly_queries_on_client_close: 1,
        ...(where.cluster !== undefined && CLUSTER_SETTINGS),
      },
    })
    return where.cluster === undefined ? client : inCluster(client, where.cluster)
  }
  // Loaded only here: the engine is a library of several hundred megabytes.
  const { createChdbConnection } = await import('chdb/connection')
  const connect = () => {
    const connection = createChdbConnection({ path: where.path })
    // The same interface, declared in two packages of which one lags in a setting's type.
    return createClient({ connection: connection as unknown as ClientConnection })
  }
  const client = connect()
  readBy(client, Array.from({ length: READERS }, connect))
  return client
}

/** The client, whose commands go to all servers of the cluster. */
function inCluster(client: ClickHouse, cluster: string): ClickHouse {
  const command = client.command.bind(client)
  client.command = async ({ query, ...others }) => {
    const [first = '', ...further] = onCluster(query, cluster)
    const result = await command({ query: first, ...others })
    for (const statement of further) await command({ query: statement, ...others })
    return result
  }
  return client
}

/** Rows of a SELECT; `params` are bound as `{name:Type}` in the statement. `signal` gives it up. */
export async function selectRows<Row>(
  clickhouse: ClickHouse,
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
