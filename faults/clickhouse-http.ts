// A process of its own: the embedded ClickHouse of the folder that is named first, behind HTTP on the port that is named
// second, as a server speaks it to our client. Statements that are named further are run at its start.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createChdbConnection } from 'chdb/connection'
import { quoted } from '../database/literals.ts'

const [path = '', port = '', ...statements] = process.argv.slice(2)
const engine = createChdbConnection({ path })
for (const query of statements) await engine.command({ query })

// A server's, unless its configuration says otherwise.
const MAX_ADDRESS = 1_048_576
const MAX_VALUE = 131_072

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request)
  if ((request.url ?? '').length > MAX_ADDRESS) {
    response.writeHead(400).end() // a server says no more
    return
  }
  const { searchParams } = new URL(request.url ?? '/', 'http://engine')
  if ([...searchParams.values()].some((value) => Buffer.byteLength(value) > MAX_VALUE)) {
    response.writeHead(500, { 'x-clickhouse-exception-code': 1000 })
    response.end(
      'Poco::Exception. Code: 1000, e.code() = 0, HTML Form Exception: Field value too long',
    )
    return
  }
  const query = searchParams.get('query')
  const { query: _query, query_id: _id, ...others } = Object.fromEntries(searchParams)
  const isParameter = ([name]: [string, string]) => name.startsWith('param_')
  // As they are: what the library binds it would escape, and the client has.
  const values = Object.entries(others)
    .filter(isParameter)
    .map(([name, value]) => `${name} = ${quoted(value)}`)
  const set = values.length > 0 ? `set ${values.join(', ')}; ` : ''
  const { stream } = await engine.exec({
    query: `${set}${query ?? body}`,
    ...(query !== null && body !== '' && { values: Readable.from([Buffer.from(body)]) }),
    clickhouse_settings: Object.fromEntries(
      Object.entries(others).filter((each) => !isParameter(each)),
    ),
  })
  response.end(await text(stream))
}

// Longer than a server takes an address, in which parameters are: it is refused as there.
createServer({ maxHeaderSize: 2 * MAX_ADDRESS }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    const { code = 0, type = '', message } = error as { code?: string; type?: string } & Error // withClickHouseError throws these
    response.writeHead(500, { 'x-clickhouse-exception-code': code })
    response.end(`Code: ${code}. DB::Exception: ${message} (${type})`)
  })
}).listen(Number(port), '127.0.0.1', () => process.send?.({ kind: 'ready' }))

// Who has started it is gone, killed perhaps.
process.on('disconnect', () => process.exit())
