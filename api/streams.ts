import type { FastifyInstance } from 'fastify'

/** Answers that stay open for as long as somebody looks. */
export interface Streams {
  /** `end` is called once: when the client is gone, or the server closes, which would wait for it for ever. */
  add(stream: { once(event: 'close', listener: () => void): unknown }, end: () => void): void
}

export function openStreams(app: FastifyInstance): Streams {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const end of open) end()
  })
  return {
    add(stream, end) {
      const once = () => open.delete(once) && end()
      open.add(once)
      stream.once('close', once)
    },
  }
}
