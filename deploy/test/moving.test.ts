import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { until } from '../../faults/wait.ts'
import { send } from '../../test/corpus.ts'
import { startNginx } from './nginx.ts'

const listen = (host: string, port: number) =>
  new Promise<Server>((resolve) => {
    const server = createServer((_request, reply) => reply.end(host))
    server.listen(port, host, () => resolve(server))
  })

it('a name that comes to have other addresses is followed without a restart', async () => {
  const first = await listen('127.0.0.1', 0)
  const { port } = first.address() as AddressInfo // it listens on a port
  const second = await listen('127.0.0.2', port)
  const folder = mkdtempSync(join(tmpdir(), 'footfall-names-'))
  // The system's resolver, as far as nginx's entrypoint can tell: what Docker's answers changes with each container.
  const answer = (...addresses: string[]) =>
    writeFileSync(join(folder, 'answer'), addresses.map((each) => `${each} STREAM name\n`).join(''))
  writeFileSync(join(folder, 'getent'), `#!/bin/sh\ncat ${folder}/answer\n`, { mode: 0o755 })
  answer()
  const nginx = await startNginx({
    PATH: `${folder}:${process.env.PATH}`,
    COLLECTORS: `collector:${port}`,
    ...{ RATE_COLLECT: '1000', RATE_DASHBOARD: '1000' }, // it is asked until it knows
  })
  const ask = async () =>
    (await send(nginx.url, { method: 'GET', path: '/js/tracking.js', headers: {} })).body
  /** Waits until those answer and no other. */
  const answerOnly = (...hosts: string[]) =>
    until(`only ${hosts} answer`, async () => {
      const seen = new Set<string>()
      for (let asked = 0; asked < 6; asked++) seen.add(await ask())
      return `${[...seen].sort()}` === `${hosts}`
    })
  try {
    expect(await ask()).toContain('unavailable') // nobody has the name yet: nginx runs all the same
    answer('127.0.0.1')
    await answerOnly('127.0.0.1')
    answer('127.0.0.1', '127.0.0.2')
    await answerOnly('127.0.0.1', '127.0.0.2')
    answer('127.0.0.2')
    await answerOnly('127.0.0.2')
  } finally {
    await nginx.stop()
    for (const server of [first, second]) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true })
  }
})
