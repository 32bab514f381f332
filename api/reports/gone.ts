import type { FastifyReply } from 'fastify'

/** A signal that the client has closed its connection before it had its answer. */
export function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (reply.raw.destroyed) controller.abort()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}
