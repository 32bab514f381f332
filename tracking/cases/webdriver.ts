import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Program, start } from './program.ts'

// The little of https://www.w3.org/TR/webdriver2/ that the cases need.

const STARTS_MS = 10_000
/** A command may be a script that takes its time. */
const COMMAND_MS = 30_000
const CLOSES_MS = 5_000

/** One browser with a profile of its own, whose commands go one after the other. */
export class Session {
  browserVersion = ''
  firstWindow = ''
  readonly #driver: Program
  readonly #url: string
  #path = ''
  #last: Promise<unknown> = Promise.resolve()
  #window = ''

  private constructor(driver: Program, url: string) {
    this.#driver = driver
    this.#url = url
  }

  /** A driver has one session at a time, so each session gets a driver, to be ended with it. */
  static async open(driver: string, display: string, capabilities: object): Promise<Session> {
    const port = await freePort()
    const program = start(driver, ['--host=127.0.0.1', `--port=${port}`], { DISPLAY: display })
    const session = new Session(program, `http://127.0.0.1:${port}`)
    try {
      await session.#begin(capabilities)
      return session
    } catch (error) {
      await program.end()
      throw error
    }
  }

  async #begin(alwaysMatch: object): Promise<void> {
    const end = Date.now() + STARTS_MS
    for (;;) {
      try {
        await this.#send('GET', '/status')
        break
      } catch (error) {
        if (Date.now() > end) throw error
        await pause(25)
      }
    }
    const { sessionId, capabilities } = await this.#send<{
      sessionId: string
      capabilities: { browserVersion: string }
    }>('POST', '/session', { capabilities: { alwaysMatch } })
    this.browserVersion = capabilities.browserVersion
    this.#path = `/session/${sessionId}`
    // The driver times a script by the page's own setTimeout, which some cases hurry: we do.
    await this.#send('POST', `${this.#path}/timeouts`, { script: null })
    this.firstWindow = await this.#send('GET', `${this.#path}/window`)
  }

  /** A command to what a window shows. */
  command<Answer = unknown>(
    window: string,
    method: 'POST' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Answer> {
    const answer = this.#last.then(async () => {
      if (window !== this.#window) {
        await this.#send('POST', `${this.#path}/window`, { handle: window })
        this.#window = window
      }
      return this.#send<Answer>(method, this.#path + path, body)
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  async close(): Promise<void> {
    await this.#send('DELETE', this.#path, undefined, CLOSES_MS).catch(() => {})
    await this.#driver.end()
  }

  async #send<Answer>(
    method: string,
    path: string,
    body?: object,
    waitsMs = COMMAND_MS,
  ): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
      signal: AbortSignal.timeout(waitsMs),
    })
    const { value } = (await response.json()) as {
      value: Answer & { error?: string; message?: string }
    }
    if (!response.ok)
      throw new Error(`${method} ${path}: ${value.error} ${value.message ?? response.status}`)
    return value
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
