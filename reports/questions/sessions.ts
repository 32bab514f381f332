import { QueryError } from '../query-error.ts'
import type { Interval } from '../range.ts'
import { type ScopedSql, scopedSql } from '../scope.ts'
import {
  ASKED,
  type Asked,
  instantOf,
  limitOf,
  open,
  POINT,
  type Question,
  type QuestionContext,
  SESSION_ID,
} from './question.ts'

interface SessionsBody extends Asked {
  readonly limit?: number
  readonly before?: string
}

/** The visits of a range, newest first. What a visit is, and when it is a bounce: pipeline/SPEC.md. */
export const sessions: Question<SessionsBody> = {
  name: 'sessions',
  summary: 'Visits, newest first',
  definition:
    'The visits that began in the range and have an event that passes the filters, each with all of its events. `is_engaged`, `is_bounce`, `duration_s`: as in `/query`. `engaged_s`: visible with a move of the visitor in the last 30 s. `before` is the `id` of the last row of the page before.',
  members: { ...ASKED, limit: limitOf(1_000, 100), before: { type: 'string' } },
  required: ['range'],
  async answer({ before, limit = 100, ...asked }, context) {
    const opened = await open(asked, context)
    const { sql, passes, rows } = opened.begin()
    const older = before === undefined ? '1' : `${KEY} < ${boundKey(sql, before)}`
    const found = await context.run(
      sql.statement(`select ${SESSION_ID} as id
${rows('eventsOfVisits', passes, older)}
group by session, session_started_at
order by ${KEY} desc
limit ${limit}`),
    )
    const ids = found.map((row) => String(row.id))
    return { rows: await sessionsById(ids, context), meta: opened.meta }
  },
}

const KEY = '(toUnixTimestamp64Milli(session_started_at), session)'

/** Some visits by id, in the order of the ids. */
export async function sessionsById(
  ids: readonly string[],
  context: QuestionContext,
): Promise<readonly SessionRow[]> {
  if (ids.length === 0) return []
  const keys = ids.map((id) => parseSessionId(id, 'id'))
  const starts = keys.map(({ startedMs }) => startedMs)
  const over = intervalOf(Math.min(...starts), Math.max(...starts))
  const sql = scopedSql(context.scope, over, context.timezone)
  const numbers = sql.bind(
    'Array(String)',
    keys.map(({ session }) => session),
  )
  const rows = await context.run(
    sql.statement(`${ROWS}
${sql.eventsOfVisits(`has(arrayMap(id -> toUInt64(id), ${numbers}), session)`)}
group by session`),
  )
  const byId = new Map(rows.map((row) => [row.id, sessionRow(row)]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Parts of a visit's name in answers. */
export function parseSessionId(id: string, part: string): { startedMs: number; session: string } {
  const [, startedMs, session] = /^(\d{1,14})-(\d{1,20})$/.exec(id) ?? []
  if (startedMs === undefined || session === undefined || BigInt(session) >= 2n ** 64n)
    throw new QueryError(part, 'must be the `id` of a row of `/sessions`.')
  return { startedMs: Number(startedMs), session }
}

function boundKey(sql: ScopedSql, before: string): string {
  const { startedMs, session } = parseSessionId(before, 'before')
  return `(${sql.bind('Int64', startedMs)}, ${sql.bind('UInt64', session)})`
}

/** From one instant to another, both inclusive. */
export function intervalOf(firstMs: number, lastMs: number): Interval {
  const at = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('UTC')
  return { from: at(firstMs), to: at(lastMs + 1) }
}

// Of a visit all rows say the same.
const SAME = [
  ...['source', 'medium', 'campaign', 'channel', 'referrer', 'entry_page', 'country', 'region'],
  ...['city', 'language', 'browser', 'os', 'device'],
]

const ROWS = `select any(${SESSION_ID}) as id, any(toString(visitor)) as of_visitor,
  toString(min(occurred_at)) as first_at, toString(max(occurred_at)) as last_at,
  ${SAME.map((name) => `any(${name}) as ${name}_`).join(', ')},
  argMaxIf(path, ${POINT}, event_type = 'pageview') as exit_page,
  countIf(event_type = 'pageview') as pageviews, count() as events,
  sum(engaged_ms) as engaged_ms_, max(is_engaging) as is_engaged,
  dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms`

export type SessionRow = ReturnType<typeof sessionRow>

function sessionRow(row: Record<string, unknown>) {
  const text = (name: string) => String(row[name] ?? '') || null
  const pageviews = Number(row.pageviews)
  const isEngaged = Boolean(row.is_engaged)
  return {
    id: String(row.id),
    visitor: String(row.of_visitor),
    started_at: instantOf(row.first_at),
    last_at: instantOf(row.last_at),
    duration_s: Number(row.duration_ms) / 1_000,
    pageviews,
    events: Number(row.events),
    engaged_s: Number(row.engaged_ms_) / 1_000,
    is_engaged: isEngaged,
    is_bounce: pageviews <= 1 && !isEngaged,
    exit_page: text('exit_page'),
    ...Object.fromEntries(SAME.map((name) => [name, text(`${name}_`)])),
  }
}
