import type { Filter } from '../../contract/query.ts'
import type { ScopedSql } from '../scope.ts'
import {
  ASKED,
  IS_ACT,
  instantOf,
  limitOf,
  open,
  POINT,
  type Question,
  type QuestionContext,
  SESSION_ID,
} from './question.ts'

interface RealtimeBody {
  readonly filters?: readonly Filter[]
  readonly limit?: number
}

const MINUTES = 30
const CURRENT_MINUTES = 5
const MINUTE_MS = 60_000

/** Now: who is there, and what the last half hour was. */
export const realtime: Question<RealtimeBody> = {
  name: 'realtime',
  summary: 'Current visitors, and the last 30 minutes by minute',
  definition:
    '`current_visitors`: visitors with an event in the last 5 minutes. `pages`: the path of their last event on a page; `sources` and `places`: of their visits. Rows: the last 30 minutes, the one that goes on included. `events`: the last that visitors did; `/realtime/events` streams them.',
  members: { filters: ASKED.filters, limit: limitOf(100, 10) },
  async answer({ filters = [], limit = 10 }, context) {
    const opened = await openNow(filters, context)
    const isCurrent = (sql: ScopedSql) =>
      `toUnixTimestamp64Milli(occurred_at) > ${sql.bind('Int64', context.nowMs - CURRENT_MINUTES * MINUTE_MS)}`
    const top = async (columns: readonly string[]) => {
      const { sql, passes, rows } = opened.begin()
      const names = columns.map((name) => `last_${name}`)
      const found = await context.run(
        sql.statement(`select ${names.join(', ')}, count() as visitors
from (
  select visitor, ${columns.map((name) => `argMaxIf(${name}, ${POINT}, path != '') as last_${name}`).join(', ')}
  ${rows('events', passes, isCurrent(sql))}
  group by visitor
)
group by ${names.join(', ')}
order by visitors desc, ${names.join(', ')}
limit ${limit}`),
      )
      return found.map((row) => ({
        ...Object.fromEntries(columns.map((name) => [name, String(row[`last_${name}`])])),
        visitors: Number(row.visitors),
      }))
    }
    const currently = () => {
      const { sql, passes, rows } = opened.begin()
      return context.run(
        sql.statement(
          `select uniqExact(visitor) as visitors ${rows('events', passes, isCurrent(sql))}`,
        ),
      )
    }
    const byMinute = async () => {
      const { sql, passes, rows } = opened.begin()
      const found = await context.run(
        sql.statement(`select intDiv(toUnixTimestamp64Milli(occurred_at) - {from:Int64}, ${MINUTE_MS}) as minute,
  uniqExact(visitor) as visitors, countIf(event_type = 'pageview') as pageviews, count() as events
${rows('events', passes)}
group by minute`),
      )
      const byNumber = new Map(found.map((row) => [Number(row.minute), row]))
      return Array.from({ length: MINUTES }, (_, minute) => {
        const { visitors = 0, pageviews = 0, events = 0 } = byNumber.get(minute) ?? {}
        return {
          minute: opened.interval.from.add({ minutes: minute }).toInstant().toString(),
          visitors: Number(visitors),
          pageviews: Number(pageviews),
          events: Number(events),
        }
      })
    }
    const [minutes, [now], pages, sources, places, events] = await Promise.all([
      byMinute(),
      currently(),
      top(['path']),
      top(['source', 'channel']),
      top(['country', 'region', 'city']),
      lastEvents(filters, context, limit),
    ])
    return {
      rows: minutes,
      current_visitors: Number(now?.visitors ?? 0),
      pages,
      sources,
      places,
      events,
      meta: opened.meta,
    }
  },
}

/** The last things that visitors did, newest first. */
export async function lastEvents(
  filters: readonly Filter[],
  context: QuestionContext,
  limit: number,
) {
  const { sql, passes, rows } = (await openNow(filters, context)).begin()
  const found = await context.run(
    sql.statement(`select toString(event_id) as id, toString(occurred_at) as at, event_type as type, path as page,
  title, source, country, city, device, browser, ${SESSION_ID} as of_session
${rows('events', passes, IS_ACT)}
order by ${POINT} desc
limit ${limit}`),
  )
  // Not `as session`: filters ask the column of that name.
  return found.map(({ of_session, ...row }) => ({
    ...{ ...row, id: String(row.id), at: instantOf(row.at), session: of_session },
  }))
}

/** The half hour that ends with this minute; a client's clock may be a minute ahead. */
function openNow(filters: readonly Filter[], context: QuestionContext) {
  const minute = Math.floor(context.nowMs / MINUTE_MS) * MINUTE_MS
  const instant = (ms: number) => new Date(ms).toISOString()
  return open(
    { filters, range: [instant(minute - (MINUTES - 1) * MINUTE_MS), instant(minute + MINUTE_MS)] },
    context,
  )
}
