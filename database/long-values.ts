import type { ClickHouseClient } from '@clickhouse/client'
import { ANY_LENGTH, asBound, asLiteral } from './literals.ts'

// The client puts bound values into the address. There a server takes 128 KiB of each and a megabyte in all, which no
// request can raise, and a proxy before it less.
const MOST_IN_ADDRESS = 16_384

interface Asked {
  readonly query: string
  readonly query_params?: Readonly<Record<string, unknown>>
  readonly clickhouse_settings?: object
}

/** Makes a server's client write into the statement what is too long for the address. */
export function writeLongValues(client: ClickHouseClient): void {
  const query = client.query.bind(client)
  client.query = ((asked) => query(withoutLong(asked))) as typeof client.query // whose type follows from the format
  const command = client.command.bind(client)
  client.command = (asked) => command(withoutLong(asked))
}

function withoutLong<Statement extends Asked>(asked: Statement): Statement {
  const { query_params = {} } = asked
  const long = longOf(query_params)
  if (long.size === 0) return asked
  return {
    ...asked,
    query: asked.query.replaceAll(/\{(\w+):([^{}]+)\}/g, (bound, name: string, type: string) =>
      long.has(name) ? asLiteral(query_params[name], type) : bound,
    ),
    query_params: Object.fromEntries(
      Object.entries(query_params).filter(([name]) => !long.has(name)),
    ),
    clickhouse_settings: { ...asked.clickhouse_settings, max_query_size: ANY_LENGTH },
  }
}

/** The names of the values that are written: the shortest stay in the address while there is room. */
function longOf(values: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  let room = MOST_IN_ADDRESS
  const long = new Set<string>()
  const bySize = Object.entries(values)
    .map(([name, value]) => [name, 3 * Buffer.byteLength(asBound(value))] as const) // a byte is up to %XX there
    .sort(([, one], [, other]) => one - other)
  for (const [name, size] of bySize) {
    room -= size
    if (room < 0) long.add(name)
  }
  return long
}
