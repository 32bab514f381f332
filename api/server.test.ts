import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createServer } from './server.ts'

const app = createServer({ log: false, trustProxy: [], receiveWithinMs: 300 })
app.post('/', async () => ({}))
let port: number
beforeAll(async () => {
  port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
})
afterAll(() => app.close())

it.each([
  ['says nothing', ''],
  ['stops in its head', 'POST / HTTP/1.1\r\nHost: localhost\r\n'],
  [
    'stops in its body',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  ],
])(
  'closes a connection that %s',
  async (_what, text) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(text)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    await new Promise((resolve) => socket.once('close', resolve))
    expect(answer).toContain('408')
  },
  10_000,
)
