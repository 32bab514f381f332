// What a POST costs that does nothing: the yardstick of the collector. With a
// second argument it answers so many milliseconds later, together all that came
// meanwhile, as a commit makes the collector do.
import Fastify, { type FastifyReply } from 'fastify'

const [, , port, gatherMs] = process.argv
const app = Fastify()
app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
  done(null, JSON.parse(body as string)) // it is parsed as a string
})
const answer = (reply: FastifyReply) =>
  reply.code(202).send({ accepted: 1, duplicates: 0, rejected: [] })
let group: FastifyReply[] = []
app.post('/collect', (_request, reply) => {
  if (gatherMs === undefined) return answer(reply)
  if (group.push(reply) > 1) return
  setTimeout(() => {
    const answered = group
    group = []
    for (const each of answered) answer(each)
  }, Number(gatherMs))
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.stdout.write('ready\n')
