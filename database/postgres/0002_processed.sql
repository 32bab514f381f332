-- What the pipeline makes of the record.

create table user_sessions (
  site_id           text        not null,
  visitor_id        text        not null,
  session_id        text        not null,
  client_session_id text,
  visitor_basis     text        not null,
  started_at        timestamptz not null,
  last_at           timestamptz not null,
  first_event_id    uuid        not null,
  entry_event_id    uuid,
  entry_at          timestamptz,
  entry_page        text,
  exit_event_id     uuid,
  exit_at           timestamptz,
  exit_page         text,
  referrer          text,
  source            text        not null,
  medium            text        not null,
  campaign          text        not null,
  channel           text        not null,
  pageviews         integer     not null,
  events            integer     not null,
  is_bounce         boolean     generated always as (pageviews <= 1) stored,
  duration_s        double precision generated always as (extract(epoch from last_at - started_at)) stored,
  primary key (site_id, visitor_id, session_id)
);
comment on table user_sessions is 'One row per visit: aggregate of its events, with the attribution of its first one.';
comment on column user_sessions.session_id is 'Decided by the pipeline (pipeline/SPEC.md), stable when an event arrives late.';
comment on column user_sessions.client_session_id is 'What the client called it; null where it sent none.';
comment on column user_sessions.first_event_id is 'The event that attribution was read from: least (occurred_at, event_id).';
create index user_sessions_by_start on user_sessions (site_id, started_at);

create table pageviews (
  site_id     text        not null,
  visitor_id  text        not null,
  session_id  text        not null,
  event_id    uuid        not null,
  occurred_at timestamptz not null,
  url         text,
  host        text,
  path        text,
  title       text,
  referrer    text,
  primary key (site_id, visitor_id, event_id, occurred_at)
) partition by range (occurred_at);
comment on table pageviews is 'One row per page view.';
create table pageviews_undated partition of pageviews default;
create index pageviews_by_time on pageviews (site_id, occurred_at);

create table user_events (
  site_id     text        not null,
  visitor_id  text        not null,
  session_id  text        not null,
  event_id    uuid        not null,
  occurred_at timestamptz not null,
  event_type  text        not null,
  path        text,
  properties  jsonb       not null,
  primary key (site_id, visitor_id, event_id, occurred_at)
) partition by range (occurred_at);
comment on table user_events is 'One row per event that is not a page view.';
create table user_events_undated partition of user_events default;
create index user_events_by_time on user_events (site_id, occurred_at);

create table daily_site_metrics (
  site_id     text        not null,
  day         date        not null,
  visitors    bigint      not null,
  visits      bigint      not null,
  pageviews   bigint      not null,
  events      bigint      not null,
  bounces     bigint      not null,
  duration_s  double precision not null,
  computed_at timestamptz not null,
  primary key (site_id, day)
);
comment on table daily_site_metrics is 'One row per site and local day, recomputed whole when anything in the day changes.';
comment on column daily_site_metrics.events is 'All events of the day, page views included.';
comment on column daily_site_metrics.visits is 'Visits that started on the day; bounces and duration_s are theirs.';

create table changed_days (
  site_id text not null,
  day     date not null,
  primary key (site_id, day)
);
comment on table changed_days is 'Days whose daily_site_metrics row is to be recomputed.';

create table clickhouse_outbox (
  outbox_id  bigint      generated always as identity primary key,
  month      integer     not null,
  sites      text[]      not null,
  rows       integer     not null,
  payload    bytea       not null,
  created_at timestamptz not null default now()
);
comment on table clickhouse_outbox is
  'Blocks that ClickHouse is to have: written with the processed rows in one transaction, deleted once the block is there. A block is inserted whole or not at all and carries its outbox_id, so that after a fault ClickHouse itself tells whether it has it.';
comment on column clickhouse_outbox.month is 'YYYYMM of every row: a block lies in one partition, or it would not be atomic.';
comment on column clickhouse_outbox.payload is 'JSONEachRow, zstd.';

create table quarantine (
  site_id    text        not null,
  event_id   uuid        not null,
  reason     text        not null,
  detail     text        not null,
  event      jsonb       not null,
  created_at timestamptz not null default now(),
  primary key (site_id, event_id)
);
comment on table quarantine is 'Events that could not be processed, with the reason; they are still in events_log.';
