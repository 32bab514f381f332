// A process of its own: the embedded ClickHouse of the folder that is named first, behind HTTP on the port that is named
// second, as a server speaks it to our client. Statements that are named further are run at its start.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createChdbConnection } from 'chdb/connection'

const [path = '', port = '', ...statements] = process.argv.slice(2)
const engine = createChdbConnection({ path })
for (const query of statements) await engine.command({ query })

const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }
const unescaped = (text: string) =>
  text.replaceAll(/\\(.)/gs, (_, letter: string) => CONTROLS[letter] ?? letter)

/** A parameter as it was before our client wrote it into the address: the engine's writes it once more. */
function parameter(query: string, name: string, text: string): unknown {
  if (!query.includes(`{${name}:Array(`)) return unescaped(text)
  const quoted = /'((?:[^'\\]|\\.)*)'/gs
  return JSON.parse(text.replaceAll(quoted, (_, each: string) => JSON.stringify(unescaped(each))))
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request)
  const { searchParams } = new URL(request.url ?? '/', 'http://engine')
  const inAddress = searchParams.get('query')
  const query = inAddress ?? body
  const { query: _query, query_id: _id, ...others } = Object.fromEntries(searchParams)
  const isParameter = ([name]: [string, string]) => name.startsWith('param_')
  const { stream } = await engine.exec({
    query,
    ...(inAddress !== null && body !== '' && { values: Readable.from([Buffer.from(body)]) }),
    query_params: Object.fromEntries(
      Object.entries(others)
        .filter(isParameter)
        .map(([key, value]) => {
          const name = key.slice('param_'.length)
          return [name, parameter(query, name, value)]
        }),
    ),
    clickhouse_settings: Object.fromEntries(
      Object.entries(others).filter((each) => !isParameter(each)),
    ),
  })
  response.end(await text(stream))
}

// As long as a server takes an address, in which parameters are.
createServer({ maxHeaderSize: 1_048_576 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    const { code = 0, type = '', message } = error as { code?: string; type?: string } & Error // withClickHouseError throws these
    response.writeHead(500, { 'x-clickhouse-exception-code': code })
    response.end(`Code: ${code}. DB::Exception: ${message} (${type})`)
  })
}).listen(Number(port), '127.0.0.1', () => process.send?.({ kind: 'ready' }))

// Who has started it is gone, killed perhaps.
process.on('disconnect', () => process.exit())
