-- One wide row per event. Append-only; blocks arrive from clickhouse_outbox.
create table if not exists events (
  site_id            LowCardinality(String),
  occurred_at        DateTime64(3, 'UTC') codec(Delta, ZSTD(1)),
  visitor            UInt64,
  visitor_basis      LowCardinality(String),
  session            UInt64,
  session_started_at DateTime64(3, 'UTC') codec(Delta, ZSTD(1)),
  event_id           UUID,
  event_type         LowCardinality(String),
  host               String codec(ZSTD(1)),
  path               String codec(ZSTD(1)),
  source             String codec(ZSTD(1)),
  medium             String codec(ZSTD(1)),
  campaign           String codec(ZSTD(1)),
  channel            LowCardinality(String),
  entry_page         String codec(ZSTD(1)),
  properties         Map(LowCardinality(String), String) codec(ZSTD(1)),
  outbox_id          UInt64 codec(Delta, ZSTD(1)),
  index by_outbox outbox_id type minmax granularity 1
)
engine = MergeTree
partition by toYYYYMM(occurred_at)
order by (site_id, toDate(occurred_at), visitor, session, occurred_at)
settings non_replicated_deduplication_window = 1000
