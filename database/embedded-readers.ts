import type { ClickHouseClient } from '@clickhouse/client'

/**
 * Makes the embedded engine's client read by way of others on the same
 * directory, each statement by one that is free: a connection runs one at a
 * time. And statements with bound values the library runs one at a time in the
 * whole process, since what it binds is not a connection's own. A setting is:
 * so values are set as `param_…` first.
 */
export function readBy(client: ClickHouseClient, readers: readonly ClickHouseClient[]): void {
  const free = [...readers]
  const waiting: ((reader: ClickHouseClient) => void)[] = []
  const take = () => {
    const reader = free.pop()
    return reader
      ? Promise.resolve(reader)
      : new Promise<ClickHouseClient>((resolve) => waiting.push(resolve))
  }
  const give = (reader: ClickHouseClient) => {
    const next = waiting.shift()
    if (next) next(reader)
    else free.push(reader)
  }
  const query = async ({
    query_params = {},
    ...asked
  }: Parameters<ClickHouseClient['query']>[0]) => {
    const reader = await take()
    try {
      const values = Object.entries(query_params)
      asked.abort_signal?.throwIfAborted()
      if (values.length > 0)
        await reader.command({
          query: `set ${values.map(([name, value]) => `param_${name} = ${quoted(asText(value))}`).join(', ')}`,
        })
      return await reader.query(asked)
    } finally {
      give(reader)
    }
  }
  client.query = query as typeof client.query // whose type follows from the format
  const close = client.close.bind(client)
  client.close = async () => {
    for (const reader of readers) await reader.close()
    await close()
  }
}

const escaped = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\0', '\\0')

const quoted = (text: string) => `'${escaped(text)}'`

/** A value as ClickHouse reads it where it stands for itself. */
function asText(value: unknown): string {
  return typeof value === 'string' ? escaped(value) : inside(value)
}

/** The same, in a list. */
function inside(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inside).join(',')}]`
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
  }
  throw new TypeError(`A ${typeof value} cannot be bound to a statement.`)
}
