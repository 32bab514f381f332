// The load comes from one thread that writes requests to sockets as they are
// and looks only for the status: a client library would cost more than what is
// measured.
import { connect, type Socket } from 'node:net'

// What was sent is answered: an answer that is cut off would look like a loss.
const LAST_ANSWERS_MS = 30_000
const REOPENS_MS = 5

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly latenciesMs: readonly number[]
  readonly statuses: ReadonlyMap<number, number>
}

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** The body of the next request. */
  readonly body: () => string
  readonly userAgent?: () => string
  /** Requests a second, sent when they are due whether or not others were answered; absent: as fast as answers come. */
  readonly perSecond?: number
}

const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

export async function load(options: LoadOptions): Promise<LoadResult> {
  const { port, connections, seconds, body, userAgent = () => USER_AGENT, perSecond } = options
  const latenciesMs: number[] = []
  const statuses = new Map<number, number>()
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  const isOver = () => performance.now() >= endsAt
  const idle: Connection[] = []
  const due: number[] = []

  const next = (connection: Connection, sentAt = performance.now()) => {
    const text = body()
    connection.send(
      `POST /collect HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\nAccept-Language: en\r\nUser-Agent: ${userAgent()}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      (status) => {
        latenciesMs.push(performance.now() - sentAt)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (perSecond !== undefined) {
          const waited = due.shift()
          if (waited === undefined) idle.push(connection)
          else next(connection, waited)
        } else if (!isOver()) next(connection)
      },
    )
  }
  const all = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)))
  if (perSecond === undefined) for (const connection of all) next(connection)
  else {
    idle.push(...all)
    let sent = 0
    while (!isOver()) {
      const wanted = ((performance.now() - startedAt) / 1_000) * perSecond
      for (; sent < wanted; sent++) {
        // What waits for a connection waits from when it was due: else a slow server would hide its slowness.
        const connection = idle.pop()
        if (connection) next(connection)
        else due.push(performance.now())
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  while (performance.now() < endsAt) await new Promise((resolve) => setTimeout(resolve, 20))
  await Promise.race([
    Promise.all(all.map((connection) => connection.answered())),
    new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS)),
  ])
  for (const connection of all) connection.close()
  return {
    requests: latenciesMs.length,
    seconds: (performance.now() - startedAt) / 1_000,
    latenciesMs,
    statuses,
  }
}

/** One request at a time on a socket that stays open; one that the other side closes is opened again. */
class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #request = ''
  #onAnswer: ((status: number) => void) | undefined
  #text = ''
  #isWanted = true
  #whenAnswered: (() => void)[] = []

  private constructor(port: number) {
    this.#port = port
  }

  static async open(port: number): Promise<Connection> {
    const connection = new Connection(port)
    await connection.#connect()
    return connection
  }

  send(request: string, onAnswer: (status: number) => void): void {
    this.#request = request
    this.#onAnswer = onAnswer
    this.#socket?.write(request)
  }

  async answered(): Promise<void> {
    if (this.#onAnswer) await new Promise<void>((resolve) => this.#whenAnswered.push(resolve))
  }

  close(): void {
    this.#isWanted = false
    this.#socket?.destroy()
  }

  #connect(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => {
        socket.setNoDelay(true)
        this.#socket = socket
        // What was sent as the other side closed is sent again: its ids make that harmless.
        if (this.#onAnswer) socket.write(this.#request)
        resolve()
      })
      socket.on('data', (chunk) => this.#read(chunk.toString('latin1')))
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#socket = undefined
        this.#text = ''
        if (this.#isWanted) setTimeout(() => void this.#connect().then(resolve), REOPENS_MS)
      })
    })
  }

  #read(text: string): void {
    this.#text += text
    const head = this.#text.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#text)?.[1] ?? 0)
    if (this.#text.length < head + 4 + length) return
    const status = Number(this.#text.slice(9, 12))
    // nginx ends a connection after a thousand requests: what is sent next waits for another.
    if (/\r\nconnection: close/i.test(this.#text.slice(0, head))) {
      this.#socket?.destroy()
      this.#socket = undefined
    }
    this.#text = ''
    const onAnswer = this.#onAnswer
    this.#onAnswer = undefined
    onAnswer?.(status)
    if (!this.#onAnswer) for (const resolve of this.#whenAnswered.splice(0)) resolve()
  }
}
