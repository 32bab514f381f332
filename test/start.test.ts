import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommand, startProduct } from './product.ts'

const folders: string[] = []
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'footfall-start-'))
  folders.push(path)
  return path
}
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))))

describe('footfall start', () => {
  it('names all bad variables at once and ends', async () => {
    const { code, stderr } = await runCommand(['start'], {
      PORT: 'eighty',
      ENVIRONMENT: 'staging',
      DATABASE_URL: 'mysql://x',
    })
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      'PORT must be a number from 1 to 65535.',
      'ENVIRONMENT must be development or production.',
      'DATABASE_URL must be a postgres:// address.',
    ])
  })

  it('says in one line that the port is in use', async () => {
    const server = createServer()
    const port = await new Promise<number>(
      (resolve) =>
        server.listen(0, 'localhost', () => resolve((server.address() as { port: number }).port)), // TCP
    )
    const { code, stderr } = await runCommand(['start'], {
      PORT: String(port),
      DATA_DIR: await folder(),
    })
    server.close()
    expect([code, stderr]).toEqual([
      2,
      `Port ${port} is in use: stop what listens there, or set PORT.\n`,
    ])
  })

  it('refuses a data folder of another version, and one that is not its own', async () => {
    const other = await folder()
    await writeFile(join(other, 'footfall.json'), '{"format":99}')
    const newer = await runCommand(['start'], { DATA_DIR: other })
    expect([newer.code, newer.stderr]).toEqual([
      2,
      expect.stringMatching(/^DATA_DIR .* has format 99; .*\n$/),
    ])
    const strange = await folder()
    await writeFile(join(strange, 'thesis.txt'), 'x')
    const refused = await runCommand(['start'], { DATA_DIR: strange })
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/^DATA_DIR .* is not empty .*\n$/),
    ])
  })

  it('runs twice side by side, refuses a third on the same folder, and stops cleanly', async () => {
    const [one, two] = await Promise.all([
      startProduct({ dataDir: await folder() }),
      startProduct({ dataDir: await folder() }),
    ])
    const third = await runCommand(['start'], { DATA_DIR: one.dataDir, PORT: '1' })
    expect([third.code, third.stderr]).toEqual([
      2,
      expect.stringMatching(/is in use by process \d+/),
    ])
    await fetch(`${one.url}/collect`, {
      method: 'POST',
      body: '{"eventType":"x","siteId":"only-one"}',
    })
    const count = async (url: string) => (await (await fetch(`${url}/events/count`)).json()).count
    expect([await count(one.url), await count(two.url)]).toEqual([1, 0])
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0])
    await expect(fetch(`${one.url}/livez`)).rejects.toThrow()
  })

  it('recovers after kill -9 of the supervisor, with what was acknowledged', async () => {
    const dataDir = await folder()
    const first = await startProduct({ dataDir })
    const sent = await fetch(`${first.url}/collect`, {
      method: 'POST',
      body: '{"eventType":"x","siteId":"kept"}',
    })
    expect(sent.status).toBe(202)
    const gone = new Promise((resolve) => first.process.once('exit', resolve))
    first.process.kill('SIGKILL')
    await gone
    const second = await startProduct({ dataDir })
    expect((await (await fetch(`${second.url}/events/count`)).json()).count).toBe(1)
    expect((await (await fetch(`${second.url}/health`)).json()).status).toBe('ok')
    await second.stop()
  })
})

describe('footfall', () => {
  it('has --help for each command', async () => {
    const { stdout } = await runCommand(['--help'], {})
    for (const name of [
      ...['start', 'collect', 'serve', 'migrate', 'doctor', 'backup', 'restore'],
      ...['key', 'sign-in-link', 'site'],
    ]) {
      expect(stdout).toContain(`  ${name}`)
      const help = await runCommand([name, '--help'], {})
      expect([help.code, help.stdout]).toEqual([
        0,
        expect.stringContaining(`Usage: footfall ${name}`),
      ])
    }
  })

  it('says what is wrong with a command line', async () => {
    expect(await runCommand(['fly'], {})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"fly"'),
    })
    expect(await runCommand(['key', 'create', '--scope', 'all'], {})).toMatchObject({
      code: 2,
      stderr: '--scope must be read, collect, admin.\n',
    })
  })
})
