import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from '../../test/corpus.ts'
import { type Nginx, startNginx } from './nginx.ts'

/** nginx before a server that tells the headers that reached it. */
export async function withEcho(
  settings: Record<string, string>,
  work: (
    ask: (headers: object, path?: string) => Promise<IncomingHttpHeaders>,
    nginx: Nginx,
  ) => Promise<void>,
): Promise<void> {
  const server = createServer((request, reply) => reply.end(JSON.stringify(request.headers)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  const nginx = await startNginx({ COLLECTORS: address, APP: address, ...settings })
  try {
    await work(
      async (headers, path = '/pixel.gif') =>
        JSON.parse((await send(nginx.url, { method: 'GET', path, headers })).body),
      nginx,
    )
  } finally {
    await nginx.stop()
    server.closeAllConnections()
    server.close()
  }
}
