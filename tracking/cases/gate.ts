import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the way to the collector does with a request for events. */
export type Behaviour =
  | 'pass'
  | 'hang'
  | 'reset'
  /** The collector gets it, the browser does not hear of it. */
  | 'lose_answer'
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }

export interface Attempt {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly atMs: number
  /** What the collector said, where it was asked. */
  answer?: string
}

/** A server between browsers and the collector that keeps what is sent, and fails when it is told to. */
export class Gate {
  readonly attempts: Attempt[] = []
  behave: (attempt: Attempt) => Behaviour = () => 'pass'
  /** What was asked of the library's files, and what becomes of it. */
  readonly scriptUrls: string[] = []
  serve: (url: string) => Behaviour | Promise<Behaviour> = () => 'pass'
  readonly #collectorPort: number
  readonly #server: Server

  constructor(collectorPort: number) {
    this.#collectorPort = collectorPort
    this.#server = createServer((incoming, outgoing) => this.#take(incoming, outgoing))
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo // it listens on a port
    return `http://127.0.0.1:${port}`
  }

  /** The digest of the script that a page may ask for. */
  async integrity(): Promise<string> {
    const script = await (await fetch(`${this.url}/js/tracking.js`)).arrayBuffer()
    const digest = await crypto.subtle.digest('SHA-384', script)
    return `sha384-${Buffer.from(digest).toString('base64')}`
  }

  /** What was sent for a site, preflights included. */
  attemptsOf(site: string): Attempt[] {
    return this.attempts.filter(
      ({ body, method }) => method === 'OPTIONS' || body.includes(`"${site}"`),
    )
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk) => chunks.push(chunk))
    incoming.on('error', () => {})
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks)
      const { method = '', url = '', headers } = incoming
      let behaviour: Behaviour = 'pass'
      let attempt: Attempt | undefined
      if (!url.startsWith('/js/')) {
        attempt = { method, url, headers, body: body.toString(), atMs: Date.now() }
        this.attempts.push(attempt)
        behaviour = this.behave(attempt)
      } else {
        this.scriptUrls.push(url)
        // What is reset on a kept connection browsers repeat by themselves: a post must not be on the features' one.
        outgoing.shouldKeepAlive = false
        behaviour = await this.serve(url)
      }
      if (behaviour === 'hang') return
      if (behaviour === 'reset') return void incoming.socket.destroy()
      if (typeof behaviour === 'object') {
        outgoing.writeHead(behaviour.status, {
          'access-control-allow-origin': '*',
          ...behaviour.headers,
        })
        return void outgoing.end(behaviour.body)
      }
      this.#pass(incoming, body, outgoing, behaviour === 'lose_answer', attempt)
    })
  }

  #pass(
    incoming: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
    loses: boolean,
    attempt?: Attempt,
  ): void {
    const { method, headers } = incoming
    // A first-party proxy may call the collector what it likes.
    const path = incoming.url
      ?.replace(/^\/shop-news$/, '/collect')
      .replace(/^\/js\/shop\b/, '/js/tracking')
    const onward = request(
      { host: '127.0.0.1', port: this.#collectorPort, path, method, headers },
      (answer) => {
        if (loses) return void incoming.socket.destroy()
        const { connection: _, ...headers } = answer.headers
        outgoing.writeHead(answer.statusCode ?? 502, headers)
        answer.pipe(outgoing)
        answer.on('data', (chunk) => {
          if (attempt) attempt.answer = `${attempt.answer ?? ''}${chunk}`
        })
      },
    )
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
  }
}
