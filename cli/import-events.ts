import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { parseBody } from '../api/collect/body.ts'
import { type EventRow, insertEvents } from '../api/collect/event-row.ts'
import { normalise } from '../api/collect/normalise.ts'
import { Problem } from '../api/errors.ts'
import type { Derived } from '../contract/event.ts'
import { ensureMonths } from '../database/migrate.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { horizonsOf } from '../pipeline/retention.ts'

/** How far an import is. Lines are counted from 1. */
export interface ImportProgress {
  readonly importId: number
  readonly line: number
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
}

export interface ImportOptions {
  readonly pool: Pool
  readonly siteId: string
  /** A file, or `-` for the standard input, which cannot go on where it stopped. */
  readonly file: string
  readonly now: () => number
  /** Where lines go that are refused: `{"line", "code", "message", "text"}`, one a line. */
  readonly rejects: string
  readonly onProgress: (progress: ImportProgress) => void
}

const LINES = 2_000
const MAX_LINE = 65_536

/**
 * Brings events, one a line as `POST /collect` takes them, into the record:
 * of any age, and with what the collector would have found out in `derived`.
 * Lines and how far it is are committed together, so that the same file goes on
 * where it stopped, and twice is once.
 */
export async function importEvents(options: ImportOptions): Promise<ImportProgress> {
  const { pool, siteId, file, onProgress } = options
  const source = file === '-' ? `stdin ${options.now()}` : await sourceOf(file)
  const begun = await beginImport(pool, siteId, source)
  const rejects = createWriteStream(options.rejects, { flags: begun.line > 0 ? 'a' : 'w' })
  const input = file === '-' ? process.stdin : createReadStream(file)
  const horizons = await horizonsOf(pool, new Date(options.now()))
  const horizon = horizons.find((each) => each.site_id === siteId)?.events
  const sinceMs = horizon?.getTime() ?? Number.NEGATIVE_INFINITY
  let progress = begun
  let number = 0
  let chunk: { line: number; text: string }[] = []
  const flush = async () => {
    progress = await storeLines(options, progress, chunk, sinceMs, rejects)
    chunk = []
    onProgress(progress)
  }
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (number <= begun.line || text.trim() === '') continue
    chunk.push({ line: number, text })
    if (chunk.length >= LINES) await flush()
  }
  if (chunk.length > 0) await flush()
  await pool.query('update imports set finished_at = now() where import_id = $1', [
    progress.importId,
  ])
  await new Promise((resolve) => rejects.end(resolve))
  return progress
}

/** A file is known again by its name and how it begins. */
async function sourceOf(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1_048_576), 0, 1_048_576, 0)
    const digest = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')
    return `${basename(file)} ${digest}`
  } finally {
    await handle.close()
  }
}

async function beginImport(pool: Pool, siteId: string, source: string): Promise<ImportProgress> {
  const { rows } = await pool.query<ImportProgress>(
    `/* begin import */
     with going as (
       select * from imports where site_id = $1 and source = $2 and finished_at is null and undone_at is null
       order by import_id desc limit 1
     ), begun as (
       insert into imports (site_id, source) select $1, $2 where not exists (select from going)
       returning *
     )
     select import_id as "importId", line, accepted, duplicates, rejected from going
     union all select import_id, line, accepted, duplicates, rejected from begun`,
    [siteId, source],
  )
  if (!rows[0]) throw new Error('The import could not be begun.')
  return rows[0]
}

async function storeLines(
  { pool, siteId, now }: ImportOptions,
  before: ImportProgress,
  lines: readonly { readonly line: number; readonly text: string }[],
  sinceMs: number,
  rejects: WriteStream,
): Promise<ImportProgress> {
  const rows: EventRow[] = []
  const refused: string[] = []
  for (const { line, text } of lines) {
    try {
      const row = rowOf(text, line, siteId, now(), `${siteId} ${before.importId} ${line}`)
      if (row.occurredAtMs < sinceMs)
        throw new BadLine('past_retention', 'It is older than the site keeps events.')
      rows.push(row)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof BadLine)) throw error
      const { code, message } = error
      refused.push(`${JSON.stringify({ line, code, message, text: text.slice(0, 1_000) })}\n`)
    }
  }
  await ensureMonths(
    pool,
    rows.flatMap(({ idAtMs, occurredAtMs }) => [idAtMs || occurredAtMs, occurredAtMs]),
  )
  // Written before they are counted: a line may be told twice, and is never lost.
  for (const line of refused) rejects.write(line)
  return inTransaction(pool, async (connection) => {
    const [accepted = 0] = rows.length > 0 ? await insertEvents(connection, [rows]) : []
    if (rows.length > 0)
      await connection.query(
        `insert into import_batches (import_id, batch_id)
         values ($1, currval(pg_get_serial_sequence('events_batches', 'batch_id')))`,
        [before.importId],
      )
    const { rows: after } = await connection.query<ImportProgress>(
      `/* import progress */ update imports
       set line = $2, accepted = accepted + $3, duplicates = duplicates + $4, rejected = rejected + $5
       where import_id = $1 and line = $6
       returning import_id as "importId", line, accepted, duplicates, rejected`,
      [
        before.importId,
        lines.at(-1)?.line ?? before.line,
        accepted,
        rows.length - accepted,
        refused.length,
        before.line,
      ],
    )
    if (!after[0]) throw new Error('The same file is being imported by somebody else.')
    return after[0]
  })
}

class BadLine extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Throws a BadLine, or a Problem of the collector's, that says what is wrong with the line. */
function rowOf(
  text: string,
  number: number,
  siteId: string,
  nowMs: number,
  name: string,
): EventRow {
  if (text.length > MAX_LINE) throw new BadLine('too_large', `A line may have ${MAX_LINE} bytes.`)
  const { derived, ...line } = objectOf(parseBody(Buffer.from(text), undefined))
  if (line.siteId !== undefined && line.siteId !== siteId)
    throw new BadLine('site_mismatch', `siteId must be ${siteId} or absent.`)
  if (line.timestamp === undefined)
    throw new BadLine('invalid_timestamp', 'timestamp is required: when did it happen?')
  const atMs =
    typeof line.timestamp === 'number' ? line.timestamp : Date.parse(String(line.timestamp))
  // Of any age: to the normaliser it comes in the moment it happened.
  const receivedAtMs = Number.isNaN(atMs) ? nowMs : Math.min(atMs, nowMs)
  const { events, refused } = normalise({ ...line, siteId }, receivedAtMs, () =>
    idFrom(name, receivedAtMs, number),
  )
  const [refusal] = refused
  if (refusal) throw new BadLine(refusal.code, refusal.message)
  const event = events[0]?.event
  if (!event) throw new BadLine('invalid_event', 'The line has no event.')
  if (event.consent !== 'granted')
    throw new BadLine('consent', 'What a visitor has not consented to is not stored.')
  return {
    siteId,
    eventId: event.eventId,
    idAtMs: event.idAtMs,
    eventType: event.eventType,
    // Somebody of whom nothing is known is a visitor of their own.
    visitorId: event.visitor?.id ?? event.eventId,
    visitorBasis: event.visitor?.basis ?? 'daily_hash',
    sessionId: event.sessionId ?? null,
    occurredAtMs: event.occurredAtMs,
    receivedAtMs: nowMs,
    host: event.host ?? null,
    path: event.path ?? null,
    derived: derivedOf(derived),
    event: event.stored,
  }
}

type Fields = { readonly [key: string]: unknown }

function objectOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new BadLine('invalid_event', 'A line must be one event, a JSON object.')
}

const DERIVED = [
  'country',
  'region',
  'city',
  'browser',
  'browserVersion',
  'os',
  'osVersion',
  'device',
  'botName',
  'botKind',
] as const

function derivedOf(value: unknown): Derived {
  if (value === undefined || value === null) return {}
  const given = objectOf(value)
  const derived: Record<string, string> = {}
  for (const name of DERIVED) {
    const member = given[name]
    if (member === undefined || member === null || member === '') continue
    if (typeof member !== 'string' || member.length > 120)
      throw new BadLine(
        'invalid_event',
        `derived.${name} must be a string of at most 120 characters.`,
      )
    derived[name] = member.replaceAll('\0', '').toWellFormed()
  }
  if (given.isBot !== undefined && typeof given.isBot !== 'boolean')
    throw new BadLine('invalid_event', 'derived.isBot must be true or false.')
  return { ...derived, ...(given.isBot === true && { isBot: true, botReason: 'import' }) }
}

/**
 * A UUIDv7 of the time and the line, whose rest is a function of the name: the
 * same line has the same id, and of events of one moment the order is the file's.
 */
function idFrom(name: string, atMs: number, line: number): string {
  const time = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0')
  const order = (line % 2 ** 32).toString(16).padStart(8, '0')
  const rest = createHash('sha256').update(name).digest('hex').slice(0, 10)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order.slice(0, 3)}-8${order.slice(3, 6)}-${order.slice(6)}${rest}`
}
