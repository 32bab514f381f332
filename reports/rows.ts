import type { Fact } from './dimensions.ts'
import { isFirst, type ScopedSql } from './scope.ts'

/** Which rows of the site a part of a statement reads. */
export type Reach = 'events' | 'eventsOfVisits' | 'eventsOfViews' | 'eventsAround'

/** `from … where …`: rows of `events` that meet the conditions, with the columns of the facts beside them. */
export function rowsFrom(
  sql: ScopedSql,
  reach: Reach | ((...conditions: readonly string[]) => string),
  facts: ReadonlySet<Fact>,
  ...conditions: readonly string[]
): string {
  const from = typeof reach === 'string' ? sql[reach] : reach
  if (facts.size === 0) return from(...conditions)
  const joins = [...facts].sort().map((fact) => {
    const { key, select } = FACTS[fact]
    return `any left join (${select(sql)}) as of_${fact} using (${key})`
  })
  const where = conditions.length > 0 ? `\nwhere ${conditions.join('\n  and ')}` : ''
  return `from (select * ${from()}) as e\n${joins.join('\n')}${where}`
}

const FACTS: Record<Fact, { key: string; select: (sql: ScopedSql) => string }> = {
  exit: {
    key: 'session',
    select: (sql) =>
      `select session, argMaxIf(path, (occurred_at, toUInt128(event_id)), event_type = 'pageview') as exit_page ${sql.eventsAround()} group by session`,
  },
  hosts: {
    key: 'session',
    select: (sql) =>
      `select session, argMinIf(host, (occurred_at, toUInt128(event_id)), event_type = 'pageview') as entry_host, argMaxIf(host, (occurred_at, toUInt128(event_id)), event_type = 'pageview') as exit_host ${sql.eventsAround()} group by session`,
  },
  first: {
    key: 'visitor',
    select: (sql) =>
      `select visitor, min(session_started_at) as first_started_at ${sql.history(isFirst('stretch'), 'not is_bot')} group by visitor`,
  },
  view: {
    key: 'view',
    select: (sql) =>
      `select view, max(scroll_depth) as view_scroll_depth, sum(engaged_ms) as view_engaged_ms ${sql.eventsAround('view != 0')} group by view`,
  },
}
