import { createServer, type Socket, connect as tcpConnect } from 'node:net'

/** What becomes of a connection after a chunk of its client was passed on. */
export type Fate = 'pass' | 'cut' | 'cut at the answer'

export interface TcpProxy {
  readonly port: number
  /** One way, for each chunk. */
  delayMs: number
  /** Share of chunks that are late by a retransmission, which is what a lost packet looks like above TCP. */
  lossShare: number
  /** Asked about each chunk that goes to the server, once it was passed on. */
  decide: (chunk: Buffer, connection: number) => Fate
  close(): Promise<void>
}

const RETRANSMISSION_MS = 200

/** A TCP proxy on loopback before `targetPort`, which can be slow, lossy, and cut. */
export async function startTcpProxy(targetPort: number, random: () => number): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = tcpConnect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const connection = connections++
    let cutAtAnswer = false
    const cut = () => {
      client.resetAndDestroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => {
        open.delete(socket)
        client.destroy()
        target.destroy()
      })
      socket.on('error', () => {}) // closed comes next
    }
    const toTarget = inOrder(proxy, random)
    const toClient = inOrder(proxy, random)
    client.on('data', (chunk: Buffer) =>
      toTarget(() => {
        if (target.destroyed) return
        target.write(chunk)
        const fate = proxy.decide(chunk, connection)
        if (fate === 'cut at the answer') cutAtAnswer = true
        if (fate === 'cut') {
          // What was written still arrives; nothing comes back.
          target.end()
          client.resetAndDestroy()
        }
      }),
    )
    target.on('data', (chunk) =>
      toClient(() => {
        if (cutAtAnswer) cut()
        else if (!client.destroyed) client.write(chunk)
      }),
    )
    client.on('end', () => toTarget(() => target.end()))
    target.on('end', () => toClient(() => client.end()))
  })
  const proxy: TcpProxy = {
    port: 0,
    delayMs: 0,
    lossShare: 0,
    decide: () => 'pass',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return Object.assign(proxy, { port: typeof address === 'object' ? (address?.port ?? 0) : 0 })
}

/** Runs steps after the proxy's delay, each after the one before it, as TCP delivers. */
function inOrder(
  proxy: { readonly delayMs: number; readonly lossShare: number },
  random: () => number,
): (step: () => void) => void {
  let lastAt = 0
  let waiting = 0
  return (step) => {
    const lostMs = random() < proxy.lossShare ? RETRANSMISSION_MS : 0
    lastAt = Math.max(lastAt, performance.now() + proxy.delayMs + lostMs)
    const ms = lastAt - performance.now()
    if (ms <= 0 && waiting === 0) return step()
    waiting++
    setTimeout(() => {
      waiting--
      step()
    }, ms)
  }
}
