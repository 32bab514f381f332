import type { Filter, Query } from '../../contract/query.ts'
import type { Run } from '../answer.ts'
import { filterCondition, population } from '../filter.ts'
import { parseQuery } from '../parse.ts'
import { QueryError } from '../query-error.ts'
import { type Interval, resolveRange } from '../range.ts'
import { type ScopedSql, type SiteScope, scopedSql } from '../scope.ts'

/** What every question is asked of: as `POST /query` has it. */
export interface Asked {
  readonly range: Query['range']
  readonly filters?: readonly Filter[]
  readonly timezone?: string
}

/** What a question is answered with. `run` and `tabsOf` are the only I/O, and are given. */
export interface QuestionContext {
  readonly scope: SiteScope
  /** The site's own zone. */
  readonly timezone: string
  readonly nowMs: number
  readonly freshness: string
  readonly run: Run
  /** The browser tab of each of the site's events that says so, by event id. */
  readonly tabsOf: (eventIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

export interface Answer {
  /** The list that the question is for. CSV has it: a column for each member that is no list. */
  readonly rows: readonly object[]
  readonly meta: object
}

/**
 * One question of the reporting API beside the query. It is asked at
 * `/api/v1/sites/{site}/{name}`; `members` (JSON Schema) checks what is asked,
 * documents it, and reads it from an address.
 */
export interface Question<Body = never> {
  readonly name: string
  readonly summary: string
  /** What the numbers mean, exactly. */
  readonly definition: string
  readonly members: Readonly<Record<string, object>>
  readonly required?: readonly string[]
  /** `body` has passed the schema of `members`. Throws a QueryError for what a schema cannot tell. */
  answer(body: Body, context: QuestionContext): Promise<Answer>
}

/** The members that every question about a range has. */
export const ASKED = {
  range: { description: 'as in `/query`: a name such as 7d, or two days' },
  filters: { type: 'array', items: { type: 'array' }, description: 'as in `/query`' },
  timezone: { type: 'string', description: 'IANA zone; the site’s own when absent' },
} as const

export const FILTERS = { type: 'array', items: { type: 'array' }, minItems: 1, maxItems: 20 }
export const limitOf = (most: number, usual: number) => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  default: usual,
})

/** A question that is understood: its interval, and statements over the events that its filters let through. */
export interface Opened {
  readonly interval: Interval
  readonly timezone: string
  readonly meta: { readonly range: readonly [string, string] } & Record<string, unknown>
  /** A new statement, over the question's interval or another, with the condition of the question's filters. */
  begin(over?: Interval): { readonly sql: ScopedSql; readonly passes: string }
}

/** Reads range, zone and filters with the query's own parser. `names` are further dimensions that it is about. */
export function open(
  { range, filters: asked = [], timezone: zone }: Asked,
  context: QuestionContext,
  names: readonly string[] = [],
): Opened {
  const query = parseQuery({
    metrics: ['visitors'],
    range,
    filters: asked,
    ...(zone && { timezone: zone }),
  })
  const timezone = query.timezone ?? context.timezone
  const filters = query.filters ?? []
  const interval = resolveRange(query.range, timezone, context.nowMs)
  return {
    interval,
    timezone,
    meta: {
      range: [interval.from.toInstant().toString(), interval.to.toInstant().toString()],
      timezone,
      freshness: context.freshness,
    },
    begin(over = interval) {
      const sql = scopedSql(context.scope, over, timezone)
      return {
        sql,
        passes: `${population(names, filters)} and ${filterCondition(['and', filters], sql)}`,
      }
    },
  }
}

/** An interval with what is around it that may belong to it: a visit lasts 24 hours at most. */
export const widened = ({ from, to }: Interval): Interval => ({
  from: from.subtract({ hours: 25 }),
  to: to.add({ hours: 25 }),
})

/** Filters that stand elsewhere in a question than in `filters`, such as those of a step. */
export function parseFilters(value: unknown, part: string): Filter {
  try {
    const { filters = [] } = parseQuery({ metrics: ['visitors'], range: 'day', filters: value })
    return ['and', filters]
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    const [before, what] = [error.part, error.message.slice(error.part.length + 2)]
    throw new QueryError(`${part}${before.slice('filters'.length)}`, what)
  }
}

/** The name of a visit in answers: what finds it again. */
export const SESSION_ID =
  "concat(toString(toUnixTimestamp64Milli(session_started_at)), '-', toString(session))"

/** Order of a visitor's events: by time, then by id (pipeline/SPEC.md). ClickHouse itself orders UUIDs by their second half. */
export const POINT = '(toUnixTimestamp64Milli(occurred_at), toUInt128(event_id))'

/** ClickHouse prints a time with a space and without a zone. */
export const instantOf = (value: unknown) => `${String(value).replace(' ', 'T')}Z`

/** What the page records by itself, or judges of a click that is an event already: nobody has done it. */
const MEASUREMENTS = [
  'engagement',
  'scroll',
  'rage_click',
  'dead_click',
  'form_load',
  'form_view',
  'form_abandon',
  'page_visibility',
  'web_vital',
  'js_error',
  'identify',
]

/** Whether a visitor has done something with an event. */
export const IS_ACT = `event_type not in (${MEASUREMENTS.map((name) => `'${name}'`).join(', ')})`
