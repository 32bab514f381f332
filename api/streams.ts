import type { FastifyInstance, FastifyReply } from 'fastify'

/** An answer of server-sent events, which stays open for as long as somebody looks. */
export interface Stream {
  /** Nothing, when it is over. */
  write(text: string): void
  end(): void
  /** Called once, when nothing can be written any more. */
  whenOver(then: () => void): void
}

/**
 * What opens the streams of an app. They end when the client is gone, or the
 * server closes, which would wait for them for ever.
 */
export function openStreams(app: FastifyInstance): (reply: FastifyReply) => Stream {
  const open = new Set<Stream>()
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end()
  })
  return (reply) => {
    reply.hijack()
    const { raw } = reply
    const last: (() => void)[] = []
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no', // nginx would hold it back
    })
    raw.write('retry: 2000\n\n')
    // Proxies close a silent connection.
    const heartbeat = setInterval(() => raw.write(': still here\n\n'), 20_000)
    const stream: Stream = {
      write(text) {
        if (open.has(stream)) raw.write(text)
      },
      end() {
        if (!open.delete(stream)) return
        clearInterval(heartbeat)
        for (const each of last.splice(0)) each()
        raw.end()
      },
      whenOver(then) {
        if (open.has(stream)) last.push(then)
        else then()
      },
    }
    open.add(stream)
    raw.once('close', stream.end)
    return stream
  }
}
