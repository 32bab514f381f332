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
  if ('url' in where) return createClient({ url: where.url, application: 'footfall' })
  // Loaded only here: the engine is a library of several hundred megabytes.
  const { createChdbConnection } = await import('chdb/connection')
  const connection = createChdbConnection({ path: where.path })
  // The same interface, declared in two packages of which one lags in a setting's type.
  return createClient({ connection: connection as unknown as ClientConnection })
}

/** Rows of a SELECT; `params` are bound as `{name:Type}` in the statement. */
export async function selectRows<Row>(
  clickhouse: ClickHouse,
  query: string,
  params: Record<string, unknown> = {},
  settings: { readonly max_execution_time?: number } = {},
): Promise<Row[]> {
  const result = await clickhouse.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    // Counts as JSON numbers: they fit a double. UInt64 hashes are never selected.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, ...settings },
  })
  return result.json<Row>()
}
