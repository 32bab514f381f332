import type { Pool } from '../database/postgres.ts'

/** What a table takes now, and what it will if sites go on as in the last two days. */
export interface Forecast {
  readonly table: string
  readonly bytes: number
  /** As PostgreSQL's statistics have it. */
  readonly rows: number
  readonly bytesIn: { readonly month: number; readonly year: number }
}

const GROWING = ['events_log', 'pageviews', 'user_events', 'user_sessions', 'form_submissions']
const COUNTED_DAYS = 2 // event_counts keeps no more

/**
 * Bytes of each growing table with its indexes, and what they will be in 30 and
 * 365 days without any deletion: each grows as the record does. Reads no table whole.
 */
export async function forecast(pool: Pool): Promise<readonly Forecast[]> {
  const { rows: sizes } = await pool.query<{ table: string; bytes: number; rows: number }>(
    `/* forecast */
     select t.name as table, sum(pg_total_relation_size(c.oid))::bigint as bytes,
            sum(greatest(c.reltuples, 0))::bigint as rows
     from unnest($1::text[]) with ordinality as t(name, place),
          lateral (select t.name::regclass::oid as oid
                   union select relid from pg_partition_tree(t.name::regclass)) as parts,
          pg_class c
     where c.oid = parts.oid and c.relkind = 'r'
     group by t.name, t.place order by t.place`,
    [GROWING],
  )
  const { rows: counts } = await pool.query<{ recent: number; all: number }>(
    `/* growth */ select (select coalesce(sum(events), 0)::bigint from event_counts) as recent,
                         (select coalesce(sum(events), 0)::bigint from event_totals) as all`,
  )
  const { recent = 0, all = 0 } = counts[0] ?? {}
  const growthADay = all > 0 ? recent / COUNTED_DAYS / all : 0
  return sizes.map((size) => ({
    ...size,
    bytesIn: {
      month: size.bytes * (1 + 30 * growthADay),
      year: size.bytes * (1 + 365 * growthADay),
    },
  }))
}
