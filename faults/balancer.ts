import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http'

export interface Balancer {
  readonly url: string
  close(): Promise<void>
}

interface Target {
  readonly url: string
  downUntil: number
}

type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }

const DOWN_MS = 1_000

/**
 * A round-robin HTTP proxy before collectors. One that does not answer within
 * `timeoutMs`, breaks the connection or says that it is closing is left out for
 * a second, and the request goes to the next: its ids make that harmless.
 */
export async function startBalancer(urls: readonly string[], timeoutMs: number): Promise<Balancer> {
  const targets: Target[] = urls.map((url) => ({ url, downUntil: 0 }))
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const inOrder = (): Target[] => {
    turn++
    const rotated = targets.map((_, index) => targets[(turn + index) % targets.length] as Target) // within the array
    const isDown = (target: Target) => Number(target.downUntil > performance.now())
    return rotated.sort((a, b) => isDown(a) - isDown(b))
  }
  const server = createServer((incoming, reply) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => {})
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', async () => {
      for (const target of inOrder()) {
        const answer = await pass(target.url + (incoming.url ?? ''), Buffer.concat(chunks))
        const isClosing = answer?.status === 503 && answer.headers.connection === 'close'
        if (!answer || isClosing) target.downUntil = performance.now() + DOWN_MS
        if (!answer) continue
        const retryAfter = answer.headers['retry-after']
        reply.writeHead(answer.status, retryAfter ? { 'retry-after': retryAfter } : {})
        reply.end(answer.body)
        return
      }
      reply.writeHead(503, { 'retry-after': '1' }).end('no collector answers')
    })
  })
  const pass = (url: string, body: Buffer) =>
    new Promise<Answer | undefined>((resolve) => {
      const headers = { 'content-type': 'text/plain' }
      const passing = request(url, { method: 'POST', agent, headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', () => resolve(undefined))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 502,
            headers: response.headers,
            body: Buffer.concat(parts),
          }),
        )
      })
      passing.setTimeout(timeoutMs, () => passing.destroy(new Error('timeout')))
      passing.on('error', () => resolve(undefined))
      passing.end(body)
    })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
