import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { onCluster } from './clickhouse-cluster.ts'

const translated = (sql: string) => onCluster(sql, 'footfall')

describe('statements on a cluster', () => {
  it('makes a replicated table on each shard, and one that finds all of its rows', () => {
    expect(
      translated(`-- One row per event.
create table if not exists events (
  site_id LowCardinality(String), -- whose
  visitor UInt64
)
engine = MergeTree
partition by toYYYYMM(occurred_at)
settings non_replicated_deduplication_window = 1000`),
    ).toEqual([
      `create table if not exists events_local on cluster 'footfall' (
  site_id LowCardinality(String), 
  visitor UInt64
)
engine = ReplicatedMergeTree
partition by toYYYYMM(occurred_at)
settings replicated_deduplication_window = 1000`,
      `create or replace table events on cluster 'footfall' as events_local
engine = Distributed('footfall', currentDatabase(), 'events_local', visitor)`,
    ])
  })

  it('replaces a table by way of dropping it on all shards', () => {
    expect(
      translated(
        'create or replace table events (visitor UInt64) engine = MergeTree order by visitor',
      ),
    ).toEqual([
      "drop table if exists events_local on cluster 'footfall' sync",
      "create table if not exists events_local on cluster 'footfall' (visitor UInt64)\nengine = ReplicatedMergeTree order by visitor",
      expect.stringContaining('create or replace table events on'),
    ])
  })

  it('changes the table of the shards, and makes the other anew', () => {
    expect(translated('alter table events\n  add column if not exists country String')).toEqual([
      "alter table events_local on cluster 'footfall'\n  add column if not exists country String",
      expect.stringContaining('create or replace table events on'),
    ])
  })

  it('deletes where the rows are', () => {
    expect(translated('delete from events where site_id = {site:String}')).toEqual([
      "delete from events_local on cluster 'footfall' where site_id = {site:String}",
    ])
  })

  it('refuses what it does not know, rather than to do it on one server of many', () => {
    expect(() => translated('truncate table events')).toThrow(/No form for a cluster/)
    expect(() => translated('create table x (n Int8) engine = Memory')).toThrow(/No form/)
  })

  it('knows each migration', async () => {
    const folder = join(import.meta.dirname, 'clickhouse')
    const files = await readdir(folder)
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) {
      const statements = translated(await readFile(join(folder, file), 'utf8'))
      expect(statements.length, file).toBeGreaterThan(1)
      for (const each of statements)
        expect(each, file).not.toMatch(/MergeTree(?<!ReplicatedMergeTree)/)
    }
  })
})
