import type { Filter, Query } from '../../contract/query.ts'
import { type AnswerContext, intervalOf } from '../answer.ts'
import { dimensionOf } from '../dimensions.ts'
import { factsOf, filterCondition, population } from '../filter.ts'
import { NO_NAMES } from '../goal.ts'
import { parseQuery } from '../parse.ts'
import { parseFilters } from '../parse-filter.ts'
import { planQuery } from '../plan.ts'
import { GOAL } from '../plan-goals.ts'
import { QueryError } from '../query-error.ts'
import type { Interval } from '../range.ts'
import { type Reach, rowsFrom } from '../rows.ts'
import { type ScopedSql, type SiteScope, scopedSql } from '../scope.ts'

/** What every question is asked of: as `POST /query` has it. */
export interface Asked {
  readonly range: Query['range']
  readonly filters?: readonly Filter[]
  readonly timezone?: string
}

/** What a question is answered with. `run` and `tabsOf` are the only I/O, and are given. */
export interface QuestionContext extends AnswerContext {
  readonly scope: SiteScope
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
  range: { description: 'as in `/query`: a name such as 7d, two days or two instants' },
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
  /** Filters that stand elsewhere than in `filters`, such as those of a step, as one. */
  filter(value: readonly Filter[], part: string): Filter
  /** A new statement, over the question's interval or another. */
  begin(over?: Interval): Begun
}

/** What the text of a question's statement is made with. */
export interface Begun {
  readonly sql: ScopedSql
  /** That an event is a person's (a bot's, where the question names them) and the question's filters let it through. */
  readonly passes: string
  /** A further filter as a condition. */
  meets(filter: Filter): string
  /** A dimension's value of an event. */
  dimension(dimension: string): string
  /** `from … where …`, with what the conditions made so far need. */
  rows(reach: keyof ScopedSql & ('history' | Reach), ...conditions: readonly string[]): string
}

/** Reads range, zone, filters and breakdown as a query's are read. */
export async function open(
  { range, filters: asked = [], timezone: zone }: Asked,
  context: QuestionContext,
  breakdown?: string,
): Promise<Opened> {
  const query = parseQuery({
    ...{ metrics: ['visitors'], range, filters: asked },
    ...(zone !== undefined && { timezone: zone }),
  })
  const timezone = query.timezone ?? context.timezone
  const interval = await intervalOf(context.scope, query.range, timezone, context)
  const { nowMs, names = NO_NAMES } = context
  const resolved = (each: readonly Filter[]) =>
    planQuery({ ...query, filters: each }, { interval, timezone, nowMs, names }).filters
  const filters = resolved(query.filters ?? [])
  if (breakdown !== undefined && (breakdown === GOAL || !dimensionOf(breakdown)))
    throw new QueryError(
      'breakdown',
      `must be a dimension that GET /api/v1/dimensions lists, other than ${GOAL}.`,
    )
  return {
    interval,
    timezone,
    meta: {
      range: [interval.from.toInstant().toString(), interval.to.toInstant().toString()],
      timezone,
      freshness: context.freshness,
    },
    filter(value, part) {
      try {
        return ['and', resolved(parseFilters(value, part))]
      } catch (error) {
        // What a goal or segment is not, is said of `filters`.
        if (!(error instanceof QueryError) || error.part !== 'filters') throw error
        throw new QueryError(part, error.message.slice('filters: '.length))
      }
    },
    begin(over = interval) {
      const sql = scopedSql(context.scope, over, timezone)
      const facts = new Set(factsOf(breakdown ? [breakdown] : [], filters))
      return {
        sql,
        passes: `${population(breakdown ? [breakdown] : [], filters)} and ${filterCondition(['and', filters], sql)}`,
        meets(filter) {
          for (const fact of factsOf([], [filter])) facts.add(fact)
          return filterCondition(filter, sql)
        },
        dimension: (name) => dimensionOf(name)?.row(sql) ?? "''",
        rows: (reach, ...conditions) => rowsFrom(sql, sql[reach], facts, ...conditions),
      }
    },
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
