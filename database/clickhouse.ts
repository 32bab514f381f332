import { type ClickHouseClient, createClient } from '@clickhouse/client'

export type ClickHouse = ClickHouseClient
type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

/**
 * ClickHouse at `url`, or the embedded engine on `path`. The embedded engine
 * owns its directory: one process at a time may open it.
 */
export async function openClickHouse(
  where: { url: string } | { path: string },
): Promise<ClickHouse> {
  if ('url' in where)
    return createClient({
      url: where.url,
      application: 'footfall',
      // Who goes away wants no answer.
      clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
    })
  // Loaded only here: the engine is a library of several hundred megabytes.
  const { createChdbConnection } = await import('chdb/connection')
  const connection = createChdbConnection({ path: where.path })
  // The same interface, declared in two packages of which one lags in a setting's type.
  return createClient({ connection: connection as unknown as ClientConnection })
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
