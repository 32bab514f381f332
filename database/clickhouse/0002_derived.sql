-- What the collector found out of the request: place, device, and whether it was a bot; and
-- whether the event engages its visit.
alter table events
  add column if not exists country         LowCardinality(String),
  add column if not exists region          LowCardinality(String),
  add column if not exists city            String codec(ZSTD(1)),
  add column if not exists browser         LowCardinality(String),
  add column if not exists browser_version LowCardinality(String),
  add column if not exists os              LowCardinality(String),
  add column if not exists os_version      LowCardinality(String),
  add column if not exists device          LowCardinality(String),
  add column if not exists is_bot          Bool,
  add column if not exists bot_name        LowCardinality(String),
  add column if not exists bot_kind        LowCardinality(String),
  add column if not exists is_engaging     Bool
