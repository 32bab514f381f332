// Reads the cases of bad-inputs.json and sends them as they ask, byte for byte.
import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'

export type Generator = { readonly kind: string } & Readonly<Record<string, unknown>>

export interface CorpusCase {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly raw?: string
  readonly generator?: Generator
  readonly repeat?: { times: number; unique_ids?: boolean; batch?: number }
  readonly expect: {
    readonly status: readonly number[]
    readonly stored: Readonly<Record<string, unknown>> & { readonly events: number | number[] }
    readonly asserts?: readonly string[]
  }
}

export interface Answer {
  /** 0: the connection was closed without one. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly afterMs: number
}

/** `{{NAME}}` by the variables; `UUIDn` and `NOW_MS±n` by themselves; unknown names stay. */
export function fill(text: string, variables: Readonly<Record<string, string>>): string {
  const uuids = new Map<string, string>()
  const nowMs = Date.now()
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    if (name in variables) return variables[name] ?? whole
    if (/^UUID\d+$/.test(name)) {
      const known = variables[`_${name}`] ?? uuids.get(name) ?? randomUUIDv7()
      uuids.set(name, known)
      return known
    }
    if (name === 'UUIDn') return randomUUIDv7()
    if (name === 'NOW_MS') return `${nowMs}`
    const [, sign, by] = /^NOW_MS_(PLUS|MINUS)_(\d+)$/.exec(name) ?? []
    if (by) return `${sign === 'PLUS' ? nowMs + Number(by) : nowMs - Number(by)}`
    if (name === 'RANDOM') return randomBytes(6).toString('hex')
    return whole
  })
}

type Fill = (text: string) => string

const textOf = (value: unknown) => String(value)

/** The inserted part of a template. */
function insertOf({ kind, ...of }: Generator): string {
  const count = Number(of.count)
  switch (kind) {
    case 'nest':
      return textOf(of.open).repeat(count) + textOf(of.mid ?? '') + textOf(of.close).repeat(count)
    case 'repeat':
      return textOf(of.text).repeat(count)
    case 'keys':
      return Array.from({ length: count }, (_, at) => `"${of.prefix}${at}":${of.value}`).join()
    case 'random_alnum':
      return randomBytes(count).toString('hex').slice(0, count)
    default:
      throw new Error(`an unknown insert: ${kind}`)
  }
}

/** The bodies that a case sends, one after the other, and headers that it adds. */
export function bodiesOf(found: CorpusCase, fills: Fill): { bodies: Buffer[]; headers: object } {
  const { generator: given, body = '' } = found
  if (!given) return { bodies: [Buffer.from(fills(body))], headers: {} }
  const { kind, ...of } = given
  const one = (value: string | Buffer, headers = {}) => ({
    bodies: [Buffer.from(value as string)],
    headers,
  })
  switch (kind) {
    case 'concat':
      return one(
        Buffer.concat(
          (of.parts as { text?: string; hex?: string }[]).map(({ text, hex }) =>
            hex === undefined ? Buffer.from(fills(text ?? '')) : Buffer.from(hex, 'hex'),
          ),
        ),
      )
    case 'template':
      return one(fills(textOf(of.text)).replace('@@', () => insertOf(of.insert as Generator)))
    case 'batch': {
      const events = Array.from({ length: Number(of.count) }, () => fills(textOf(of.event)))
      return one(fills(textOf(of.envelope ?? of.text)).replace('@@', () => events.join()))
    }
    case 'encode':
      return one(Buffer.from(fills(textOf(of.text)), textOf(of.encoding) as BufferEncoding))
    case 'gzip':
      return one(gzipSync(fills(textOf(of.base))))
    case 'gzip_zeros':
      return one(gzipSync(Buffer.alloc(Number(of.bytes))))
    case 'sequence':
      return {
        bodies: (of.bodies as string[]).map((each) => Buffer.from(fills(each))),
        headers: {},
      }
    case 'header_body': {
      const value = textOf(of.repeat).repeat(Number(of.count)).trim()
      return one(fills(textOf(of.body)), { [textOf(of.header)]: value })
    }
    default:
      throw new Error(`an unknown generator: ${kind}`)
  }
}

/** Sends a request as it is; never rejects. */
export function send(
  url: string,
  { method, path, headers, body }: { method: string; path: string; headers: object; body?: Buffer },
): Promise<Answer> {
  const sentAt = performance.now()
  return new Promise((resolve) => {
    const lost = () =>
      resolve({ status: 0, headers: {}, body: '', afterMs: performance.now() - sentAt })
    const outgoing = request(`${url}${path}`, { method, headers: { ...headers } }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('error', lost)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: text,
          afterMs: performance.now() - sentAt,
        }),
      )
    })
    outgoing.on('error', lost)
    outgoing.end(body)
  })
}

/** Sends bytes, or drips them, and reads what comes until the other side closes. */
export function sendRaw(url: string, write: (socketWrite: (data: string) => boolean) => void) {
  const { hostname, port } = new URL(url)
  const sentAt = performance.now()
  return new Promise<Answer>((resolve) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    const end = () => {
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0)
      socket.destroy()
      resolve({ status, headers: {}, body: text, afterMs: performance.now() - sentAt })
    }
    socket.on('data', (chunk) => {
      text += chunk
      // Of a refusal the first line tells; the connection may stay open.
      if (text.includes('\r\n\r\n')) end()
    })
    socket.on('error', end)
    socket.on('close', end)
    write((data) => !socket.destroyed && socket.write(data))
  })
}
