// What a POST costs that does nothing: the yardstick of the collector.
import Fastify from 'fastify'

const app = Fastify()
app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
  done(null, JSON.parse(body as string)) // it is parsed as a string
})
app.post('/collect', (_request, reply) =>
  reply.code(202).send({ accepted: 1, duplicates: 0, rejected: [] }),
)
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
process.stdout.write('ready\n')
