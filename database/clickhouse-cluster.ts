// On a cluster each table is two: `events_local`, replicated, on every shard,
// and `events`, which finds its rows on all of them. Statements are written for
// one server; those that define tables or delete rows are translated here.
// Reading and inserting meet `events`, and need no translation.
import type { ClickHouseSettings } from '@clickhouse/client'

/** With these a cluster answers as one server does. */
export const CLUSTER_SETTINGS: ClickHouseSettings = {
  // A subquery is of all shards. Without it, it is refused.
  distributed_product_mode: 'global',
  // An insert is answered when the shards have it, not when it waits to be sent.
  distributed_foreground_insert: 1,
  // What was answered is seen, whichever replica is asked.
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  select_sequential_consistency: '1',
  // A table is changed on all replicas before the next statement meets it.
  alter_sync: '2',
}

// A visitor's rows are on one shard.
const SHARDED_BY: Readonly<Record<string, string>> = { events: 'visitor' }

const CREATE =
  /^create (?<replaces>or replace )?table (?:if not exists )?(?<table>\w+) (?<columns>\(.*?\))\s*engine = MergeTree(?<rest>.*)$/s
const ALTER = /^alter table (?<table>\w+)(?<change>.*)$/s
const DELETE = /^delete from (?<table>\w+)(?<where>.*)$/s

/** A statement for one server, as those for a cluster. Throws for one that it does not know. */
export function onCluster(statement: string, cluster: string): string[] {
  const sql = statement.replaceAll(/--.*$/gm, '').trim()
  const on = `on cluster '${cluster}'`
  const { table = '', ...parts } =
    (CREATE.exec(sql) ?? ALTER.exec(sql) ?? DELETE.exec(sql))?.groups ?? {}
  if (parts.where !== undefined) return [`delete from ${table}_local ${on}${parts.where}`]
  const local =
    parts.change === undefined
      ? createLocal(table, on, parts)
      : [`alter table ${table}_local ${on}${parts.change}`]
  if (local.length === 0) throw new Error(`No form for a cluster of: ${sql.slice(0, 60)}`)
  return [
    ...local,
    // It has its columns from the other: made anew, whatever has changed.
    `create or replace table ${table} ${on} as ${table}_local
engine = Distributed('${cluster}', currentDatabase(), '${table}_local', ${SHARDED_BY[table] ?? 'rand()'})`,
  ]
}

function createLocal(table: string, on: string, parts: { [name: string]: string | undefined }) {
  const { replaces, columns, rest } = parts
  if (columns === undefined || rest === undefined) return []
  const settings = rest.replace('non_replicated_', 'replicated_')
  const create = `create table if not exists ${table}_local ${on} ${columns}\nengine = ReplicatedMergeTree${settings}`
  return replaces ? [`drop table if exists ${table}_local ${on} sync`, create] : [create]
}
