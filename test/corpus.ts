// Reads the cases of bad-inputs.json and sends them as they ask, byte for byte.

import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
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

const FILE = join(import.meta.dirname, '../../shared/vectors/bad-inputs.json')

/** The cases; none where the corpus does not lie beside the project. */
export const corpus: readonly CorpusCase[] = existsSync(FILE)
  ? JSON.parse(readFileSync(FILE, 'utf8')).cases
  : []

/** The host that every site of a case is of. */
export const SITE_HOST = 'shop.example'

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
    case 'pad_to': {
      const base = fills(textOf(of.base))
      const open = base.replace(/\}\s*$/, ',"padding":"')
      return one(`${open.padEnd(Number(of.bytes) - 2, 'x')}"}`)
    }
    case 'raw_header':
      return one(fills(textOf(of.body ?? body)), {
        [textOf(of.header ?? 'X-Padding')]: 'x'.repeat(Number(of.bytes ?? of.count)),
      })
    case 'each':
      return {
        bodies: (of.values as unknown[]).map((value) =>
          Buffer.from(fills(textOf(of.body ?? body)).replaceAll('{{VALUE}}', textOf(value))),
        ),
        headers: {},
      }
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
    // A connection of its own: the server may have closed one that was sent nonsense.
    const options = { method, headers: { ...headers }, agent: false }
    const outgoing = request(`${url}${path}`, options, (answer) => {
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
    write((data) => {
      socket.write(data)
      return !socket.destroyed
    })
  })
}

type Variables = Readonly<Record<string, string>>

/** Sends what a case says; an answer for each request. */
export async function sendCase(
  url: string,
  found: CorpusCase,
  variables: Variables,
): Promise<Answer[]> {
  const fills = (text: string) => fill(text, variables)
  const path = fills(found.path)
  const { raw, generator, repeat } = found
  if (raw) return [await sendRaw(url, (write) => write(fills(raw)))]
  if (generator?.kind === 'drip' || generator?.kind === 'stream')
    return [await sendRaw(url, (write) => trickle(write, path, generator))]
  const { bodies, headers: added } = bodiesOf(found, fills)
  const headers = Object.fromEntries(
    Object.entries({ ...found.headers, ...added }).map(([name, value]) => [name, fills(value)]),
  )
  const answers: Answer[] = []
  const post = async (body: Buffer) =>
    answers.push(await send(url, { method: found.method, path, headers, body }))
  if (repeat?.batch) {
    for (let sent = 0; sent < repeat.times; sent += repeat.batch) {
      const events = Array.from({ length: repeat.batch }, () => {
        const own = { ...variables, _UUID1: randomUUIDv7() }
        return JSON.parse(fill(found.body ?? '', own)).events[0]
      })
      const envelope = { siteId: variables.SITE, sentAt: Date.now(), events }
      await post(Buffer.from(JSON.stringify(envelope)))
    }
    return answers
  }
  for (let sent = 0; sent < (repeat?.times ?? 1); sent++)
    for (const body of bodies) await post(body)
  return answers
}

/** A body that comes too slowly, or never ends. */
function trickle(write: (data: string) => boolean, path: string, { kind, ...of }: Generator): void {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`
  if (kind === 'drip') {
    write(`${head}Content-Length: ${of.declared_length}\r\n\r\n`)
    const timer = setInterval(() => {
      if (!write('{')) clearInterval(timer)
    }, Number(of.interval_ms))
    return
  }
  const chunk = textOf(of.chunk).repeat(Number(of.chunk_bytes))
  write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
  for (let sent = 0; sent < Number(of.total_bytes); sent += chunk.length)
    if (!write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)) break
}
