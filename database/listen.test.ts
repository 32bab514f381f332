import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testPostgres } from '../test/databases.ts'
import { listen } from './listen.ts'
import { openPostgres, type Pool } from './postgres.ts'

let pool: Pool
let port: number
let proxy: Server
/** How many of the next connections break when they begin to listen. */
let breaks = 0
let begun = 0
const open = new Set<Socket>()

// Before PostgreSQL, and breaks a connection in the middle of its `listen`.
beforeAll(async () => {
  const database = await testPostgres()
  pool = database.pool
  const target = new URL(database.url)
  proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
    }
    server.on('data', (data) => client.write(data))
    server.once('close', () => client.destroy())
    client.once('close', () => server.destroy())
    client.on('data', (data) => {
      if (!data.includes('listen ')) return void server.write(data)
      begun++
      if (breaks-- > 0) client.destroy()
      else server.write(data)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  port = Number((proxy.address() as { port: number }).port) // it listens on a port
})
afterAll(() => {
  for (const socket of open) socket.destroy()
  proxy.close()
})

it('listens on one connection, however often one broke when it began to', async () => {
  const url = new URL((pool.options as { connectionString?: string }).connectionString ?? '')
  url.port = `${port}`
  const through = openPostgres(url.href, { max: 8, statementTimeoutMs: 2_000, onError: () => {} })
  breaks = 3
  const heard: string[] = []
  const listening = listen(through, 'some_channel', {
    notification: (payload) => heard.push(payload),
    error: () => {},
    retryMs: 20,
  })
  await listening.ready.catch(() => {})
  await expect.poll(() => begun).toBe(4)
  await expect
    .poll(async () => {
      await pool.query(`notify some_channel, 'once'`)
      return heard.length
    })
    .toBeGreaterThan(0)
  // One that tries again would have done so by now: each heard it once, and each notification is heard once.
  await pool.query(`notify some_channel, 'again'`)
  await pool.query(`notify some_channel, 'last'`)
  await expect.poll(() => heard).toContain('last')
  expect(heard.filter((payload) => payload === 'again')).toEqual(['again'])
  expect(through.totalCount).toBe(1)
  listening.stop()
  await through.end()
})
