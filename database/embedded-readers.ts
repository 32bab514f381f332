import type { ClickHouseClient } from '@clickhouse/client'
import { asBound, quoted } from './literals.ts'

type Query = ClickHouseClient['query']
type Asked = Parameters<Query>[0]

/**
 * Reads from the embedded engine by way of some connections to it, each
 * statement by one that is free: a connection runs one at a time. And statements
 * with bound values the library runs one at a time in the whole process, since
 * what it binds is not a connection's own. A setting is: so values are set as
 * `param_…` first.
 */
export function readBy(readers: readonly ClickHouseClient[]): Query {
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
  // Without the signal: the engine cannot be stopped, and the reader is free when it has really ended.
  const read = async ({ query_params = {}, abort_signal, ...asked }: Asked) => {
    const reader = await take()
    try {
      const values = Object.entries(query_params)
      abort_signal?.throwIfAborted()
      if (values.length > 0)
        await reader.command({
          query: `set ${values.map(([name, value]) => `param_${name} = ${quoted(asBound(value))}`).join(', ')}`,
        })
      return await reader.query(asked)
    } finally {
      give(reader)
    }
  }
  const query = (asked: Asked) =>
    asked.abort_signal ? unlessAborted(read(asked), asked.abort_signal) : read(asked)
  return query as Query // whose type follows from the format
}

/** What is awaited, or a failure as soon as it is given up. */
function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  return Promise.race([awaited, promise]).finally(() => signal.removeEventListener('abort', giveUp))
}
