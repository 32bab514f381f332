import type { FastifyReply } from 'fastify'
import type { Streams } from '../streams.ts'

/** Answers with server-sent events, until the client or the server goes. */
export function openStream(streams: Streams, reply: FastifyReply) {
  reply.hijack()
  const stream = reply.raw
  const last: (() => void)[] = []
  stream.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no', // nginx would hold it back
  })
  stream.write('retry: 2000\n\n')
  // Proxies close a silent connection.
  const heartbeat = setInterval(() => stream.write(': still here\n\n'), 20_000)
  let isOver = false
  const end = () => {
    isOver = true
    clearInterval(heartbeat)
    for (const each of last.splice(0)) each()
    stream.end()
  }
  streams.add(stream, end)
  return {
    write(text: string): void {
      if (!isOver) stream.write(text)
    },
    end,
    isOver: () => isOver,
    /** Called once, when nothing can be written any more. */
    whenOver(then: () => void): void {
      if (isOver) then()
      else last.push(then)
    },
  }
}
