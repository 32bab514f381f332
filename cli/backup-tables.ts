import type { Connection } from '../database/postgres.ts'

/** Made again from the record by the pipeline: a restore puts the whole record on its work list. */
const REBUILT = [
  'events_batches',
  'user_sessions',
  'pageviews',
  'user_events',
  'form_submissions',
  'changed_days',
  'clickhouse_outbox',
  'quarantine',
  'rebuilds',
  'reconciliations',
  'event_counts',
  'event_totals',
]

/** Not to outlive the day: a salt in a backup would, and a sign-in would open a copy of the database. */
const LEFT_OUT = ['visitor_salts', 'session', 'verification']

/** Of the installation, not of its data. */
const OWN = ['migrations', 'readiness']

export interface KeptTable {
  readonly name: string
  /** Columns that can be written, in the table's order. */
  readonly columns: readonly string[]
}

/**
 * The tables that a backup holds, referenced ones first: all but those above,
 * so that a new table is kept until somebody says that it need not be.
 */
export async function keptTables(connection: Connection): Promise<KeptTable[]> {
  const { rows } = await connection.query<{
    name: string
    columns: string[]
    references: string[]
  }>(
    `/* kept tables */
     select c.relname as name,
            array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                  order by a.attnum) as columns,
            array(select f.confrelid::regclass::text from pg_constraint f
                  where f.conrelid = c.oid and f.contype = 'f') as references
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all($1)
     order by c.relname`,
    [[...REBUILT, ...LEFT_OUT, ...OWN]],
  )
  const ordered: KeptTable[] = []
  const add = ({ name, columns, references }: (typeof rows)[number]) => {
    if (ordered.some((table) => table.name === name)) return
    for (const other of rows)
      if (other.name !== name && references.some((each) => each.replaceAll('"', '') === other.name))
        add(other)
    ordered.push({ name, columns })
  }
  for (const row of rows) add(row)
  return ordered
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

export interface Digest {
  readonly rows: number
  /** The same for the same rows in whatever order they lie. */
  readonly digest: string
}

/** What a table holds, as two numbers to compare. */
export async function digestOf(connection: Connection, table: KeptTable): Promise<Digest> {
  const row = `(${table.columns.map((column) => `t.${quoted(column)}`).join(', ')})`
  const { rows } = await connection.query<{ rows: number; digest: string }>(
    `/* digest */ select count(*) as rows,
       coalesce(sum(('x' || left(md5(row ${row}::text), 15))::bit(60)::bigint), 0)::text as digest
     from ${quoted(table.name)} t`,
  )
  return rows[0] ?? { rows: 0, digest: '0' }
}
