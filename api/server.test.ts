import { Agent, request } from 'node:http'
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

it('answers what comes while it is stopped with 503 and Retry-After', async () => {
  const stopping = createServer({ log: false, trustProxy: [] })
  stopping.get('/', async () => ({}))
  const requestsInFlight = Promise.withResolvers<void>()
  const isStopping = Promise.withResolvers<void>()
  stopping.addHook('preClose', async () => {
    isStopping.resolve()
    await requestsInFlight.promise
  })
  const url = await stopping.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  expect(await get(url, agent)).toMatchObject({ status: 200 })
  const stopped = stopping.close()
  await isStopping.promise
  const { status, headers, body } = await get(url, agent)
  expect(status).toBe(503)
  expect(headers).toMatchObject({ 'retry-after': '1', connection: 'close' })
  expect(JSON.parse(body)).toMatchObject({ status: 503, code: 'unavailable' })
  requestsInFlight.resolve()
  await stopped
})

it('does not wait for a client that stops in the middle of a request', async () => {
  const stopping = createServer({ log: false, trustProxy: [], closeWithinMs: 100 })
  const hasBegun = Promise.withResolvers<void>()
  stopping.addHook('onRequest', async () => hasBegun.resolve())
  stopping.post('/', async () => ({}))
  const socket = connect(Number(new URL(await stopping.listen({ port: 0 })).port), '127.0.0.1')
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  await hasBegun.promise
  await stopping.close() // else the test's own time limit is met
  await closed
})

/** A request on the agent's connection. */
function get(url: string, agent: Agent) {
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    request(url, { agent }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      )
    })
      .on('error', reject)
      .end()
  })
}
