import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { testPostgres } from '../test/databases.ts'
import { DISTRIBUTED } from './citus.ts'
import { migratePostgres } from './migrate.ts'
import type { Pool } from './postgres.ts'

/** Every other table, and why it need not be distributed. */
const ON_COORDINATOR: Readonly<Record<string, readonly string[]>> = {
  'a row per site, person or key': [
    ...['sites', 'api_keys', 'user', 'session', 'account', 'verification', 'site_groups'],
    ...['goals', 'segments', 'annotations', 'event_totals'],
  ],
  'a row per site and day at most, or bounded within the day': [
    ...['daily_site_metrics', 'changed_days', 'reconciliations', 'anonymous_counts'],
    ...['event_counts', 'dictionary', 'dictionary_sizes'],
  ],
  'a work list: rows are locked, and leave when they are done': [
    ...['events_batches', 'clickhouse_outbox'],
  ],
  'of the installation': [
    ...['migrations', 'readiness', 'visitor_salts', 'imports', 'import_batches', 'rebuilds'],
  ],
}

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

const tables = async () =>
  (
    await pool.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       order by 1`,
    )
  ).rows.map(({ name }) => name)

const found = async (query: string) =>
  (await pool.query<{ found: string }>(query, [DISTRIBUTED])).rows.map((row) => row.found)

describe('the schema can be distributed by site', () => {
  it('each table is distributed, or stays on the coordinator for a reason', async () => {
    const known = [...DISTRIBUTED, ...Object.values(ON_COORDINATOR).flat()]
    expect(await tables(), 'distribute a new table, or say why not').toEqual(known.sort())
  })

  it('a distributed table has a primary key, and each key of it has the site', async () => {
    expect(
      await found(
        `select t as found from unnest($1::text[]) t
         where not exists (select from pg_index where indrelid = t::regclass and indisprimary)`,
      ),
    ).toEqual([])
    expect(
      await found(
        `select i.indexrelid::regclass::text as found from unnest($1::text[]) t
         join pg_index i on i.indrelid = t::regclass and i.indisunique
         join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'site_id'
         where a.attnum <> all(i.indkey) or not a.attnotnull`,
      ),
      'a unique key can only be kept within a site',
    ).toEqual([])
  })

  it('it has no trigger, rule, identity, and one level of partitions', async () => {
    expect(
      await found(
        `with parts as (
           select relid from unnest($1::text[]) t, lateral
             (select t::regclass as relid union select p.relid from pg_partition_tree(t::regclass) p) each
         )
         select format('trigger %s', tgname) as found from pg_trigger join parts on tgrelid = relid where not tgisinternal
         union all
         select format('rule %s', rulename) from pg_rewrite join parts on ev_class = relid
         union all
         select format('%s of %s', attname, relid) from pg_attribute join parts on attrelid = relid where attidentity <> ''
         union all
         select format('default of %s: %s', relid, pg_get_expr(adbin, adrelid)) from pg_attrdef
         join parts on adrelid = relid where pg_get_expr(adbin, adrelid) like 'nextval%'
         union all
         select format('partitions of %s', p.relid) from unnest($1::text[]) t, pg_partition_tree(t::regclass) p
         where p.level > 1`,
      ),
    ).toEqual([])
  })

  it('no foreign key leaves or enters it', async () => {
    expect(
      await found(
        `select conname as found from pg_constraint
         where contype = 'f' and (conrelid = any($1::regclass[]) or confrelid = any($1::regclass[]))`,
      ),
      'a table of the coordinator would not notice that what it refers to is gone',
    ).toEqual([])
  })
})

const ROOT = resolve(import.meta.dirname, '..')
const statements = globSync('{api,pipeline,cli}/**/*.ts', { cwd: ROOT })
  .filter((path) => !/\.(test|fixture)\.ts$/.test(path))
  .flatMap((path) =>
    // A statement is a template or a text that names one of the tables where a table stands.
    [...readFileSync(resolve(ROOT, path), 'utf8').matchAll(/`[^`]*`|'[^'\n]*'/g)]
      .map(([text]) => ({ path, text }))
      .filter(({ text }) =>
        new RegExp(
          `\\b(from|join|into|update|using) (${DISTRIBUTED.join('|')}|\\$\\{table\\})\\b`,
        ).test(text),
      ),
  )

describe('no statement over a distributed table', () => {
  it('is overlooked', () => {
    expect(statements.length).toBeGreaterThan(20)
  })

  it.each([
    ['names a row by its place', /\bctid\b|\btableoid\b/],
    ['locks rows', /for update|for share/],
    ['has grouping sets', /grouping sets|rollup \(|cube \(/],
    ['is recursive', /with recursive/],
    ['reads a setting, which its nodes do not have', /current_setting|set_config/],
    [
      'moves a row to another site',
      new RegExp(`update (${DISTRIBUTED.join('|')})\\b[^;]*\\bset ([^;]*, )?site_id = `),
    ],
    [
      'takes a day or hour in the zone of a node',
      /_at::date|date_trunc\('[^']*', \w+_at\)|to_char\(\w+_at/,
    ],
    ['writes a value that is not given', /do update set[^;]*\b(now|random|clock_timestamp)\(\)/],
  ])('%s', (_what, pattern) => {
    expect(statements.filter(({ text }) => pattern.test(text))).toEqual([])
  })
})

describe.skipIf(!process.env.TEST_CITUS_URL)('on a cluster (TEST_CITUS_URL names it)', () => {
  it('a migration distributes the tables by site, together, and once', async () => {
    const distributed = async () =>
      (
        await pool.query(
          `select table_name::text as name, distribution_column as by, colocation_id as place
           from citus_tables join pg_class on oid = table_name
           where citus_table_type = 'distributed' and not relispartition order by 1`,
        )
      ).rows
    const before = await distributed()
    const place = before[0]?.place
    expect(before).toEqual([...DISTRIBUTED].sort().map((name) => ({ name, by: 'site_id', place })))
    await migratePostgres(pool)
    expect(await distributed()).toEqual(before)
  })
})
