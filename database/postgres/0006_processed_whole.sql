-- The processed tables, complete. They are made of the record, so they are made again: the
-- pipeline finds every event on its work list, and what it counted with them is counted anew.

drop table user_sessions, pageviews, user_events, daily_site_metrics;
truncate changed_days, clickhouse_outbox, event_counts, event_totals, quarantine;

insert into events_batches (batch_id, received_at, events) overriding system value
select batch_id, min(received_at), count(*) from events_log
where batch_id not in (select batch_id from events_batches)
group by batch_id;

alter table sites add column rules jsonb not null default '{}';
comment on column sites.rules is
  'How the site''s visits are judged, where it is not as usual (pipeline/site-rules.ts): session timeout, when a visit is engaged, own hosts, channels, who is no bot. What is changed here holds for new visits; for old ones after a rebuild.';

create table user_sessions (
  site_id           text        not null,
  visitor_id        text        not null,
  session_id        text        not null,
  client_session_id text,
  is_mixed          boolean     not null,
  visitor_basis     text        not null,
  started_at        timestamptz not null,
  first_event_id    uuid        not null,
  last_at           timestamptz not null,
  last_event_id     uuid        not null,
  entry_event_id    uuid,
  entry_at          timestamptz,
  entry_page        text,
  exit_event_id     uuid,
  exit_at           timestamptz,
  exit_page         text,
  host              text,
  referrer          text,
  source            text        not null,
  medium            text        not null,
  campaign          text        not null,
  content           text        not null,
  term              text        not null,
  channel           text        not null,
  country           text,
  region            text,
  city              text,
  language          text,
  browser           text,
  browser_version   text,
  os                text,
  os_version        text,
  device            text,
  viewport_class    text,
  bot_name          text,
  bot_kind          text,
  pageviews         integer     not null,
  events            integer     not null,
  engaged_ms        bigint      not null,
  has_bot_event     boolean     not null,
  is_bot            boolean     not null,
  is_engaged        boolean     not null,
  is_bounce         boolean     generated always as (pageviews <= 1 and not is_engaged) stored,
  duration_s        double precision generated always as (extract(epoch from last_at - started_at)) stored,
  primary key (site_id, visitor_id, session_id)
);
comment on table user_sessions is 'One row per visit: what its events add up to, and what its first page view said of source, place and device.';
comment on column user_sessions.session_id is
  'What the client called it; with the id of its first event behind, where another visit of the name came before or there is no name (pipeline/SPEC.md, S9).';
comment on column user_sessions.client_session_id is 'What the client called it; null where it sent none.';
comment on column user_sessions.is_mixed is 'An event without a session id joined a visit that has one: the order of the visitor''s events mattered.';
comment on column user_sessions.host is 'Of the page the visit began on.';
comment on column user_sessions.engaged_ms is 'Visible time with a move of the visitor in the last 30 s, last page included.';
comment on column user_sessions.has_bot_event is 'The collector took one of its events for a bot''s.';
comment on column user_sessions.is_bot is 'It has an event of a bot, or behaves like one: the visit counts for nobody but the bots.';
comment on column user_sessions.is_engaged is
  'A page of the visit was visible for 10 s (site rule), or the visitor used a control, a download or a form. Two page views engage too, and are counted in pageviews.';
create index user_sessions_by_start on user_sessions (site_id, started_at);

create table pageviews (
  site_id        text        not null,
  visitor_id     text        not null,
  session_id     text        not null,
  event_id       uuid        not null,
  occurred_at    timestamptz not null,
  view_id        text,
  url            text,
  host           text,
  path           text,
  title          text,
  referrer       text,
  previous_page  text,
  next_page      text,
  engagement_at  timestamptz,
  engagement_id  uuid,
  visible_ms     integer     not null,
  engaged_ms     integer     not null,
  scroll_depth   smallint,
  fits_window    boolean,
  attention_ms   integer[],
  ttfb_ms        integer,
  dom_ready_ms   integer,
  load_ms        integer,
  is_bot         boolean     not null,
  primary key (site_id, visitor_id, event_id, occurred_at)
) partition by range (occurred_at);
comment on table pageviews is 'One row per page view, with what its newest engagement event said.';
comment on column pageviews.view_id is 'What the client calls the view: engagement and clicks name it.';
comment on column pageviews.previous_page is 'Path of the page view before in the visit; next_page of the one after.';
comment on column pageviews.engagement_at is 'Time of the engagement event that the figures beside it come from; engagement_id is its id.';
comment on column pageviews.scroll_depth is '0-100 %, the greatest; says nothing where the page fits the window.';
comment on column pageviews.attention_ms is 'Engaged ms of each 5 % band of the page, top first.';
create table pageviews_undated partition of pageviews default;
create index pageviews_by_time on pageviews (site_id, occurred_at);

create table user_events (
  site_id     text        not null,
  visitor_id  text        not null,
  session_id  text        not null,
  event_id    uuid        not null,
  occurred_at timestamptz not null,
  event_type  text        not null,
  view_id     text,
  path        text,
  properties  jsonb       not null,
  is_bot      boolean     not null,
  primary key (site_id, visitor_id, event_id, occurred_at)
) partition by range (occurred_at);
comment on table user_events is 'One row per event that is not a page view.';
create table user_events_undated partition of user_events default;
create index user_events_by_time on user_events (site_id, occurred_at);

create table form_submissions (
  site_id         text        not null,
  visitor_id      text        not null,
  attempt         text        not null,
  session_id      text        not null,
  form            text        not null,
  version         text,
  path            text,
  first_at        timestamptz not null,
  last_at         timestamptz not null,
  started_at      timestamptz,
  submitted_at    timestamptz,
  succeeded_at    timestamptz,
  success_rule    text,
  submits         integer     not null,
  failures        integer     not null,
  hesitation_ms   integer,
  time_ms         integer,
  is_autofill     boolean     not null,
  drop_field      text,
  drop_field_focused text,
  fields          jsonb,
  snapshot_at     timestamptz,
  is_bot          boolean     not null,
  outcome         text generated always as (
    case when succeeded_at is not null then 'success'
         when submitted_at is not null then 'submitted'
         when started_at   is not null then 'started'
         else 'touched' end) stored,
  primary key (site_id, visitor_id, attempt)
);
comment on table form_submissions is
  'One row per try at a form by a visitor, from the first focus to success, to the last submit, or to where it was left.';
comment on column form_submissions.started_at is 'The first input.';
comment on column form_submissions.submitted_at is 'The last attempt to submit; submits counts them.';
comment on column form_submissions.time_ms is 'From the first input to success, or to the last that is known; hidden time excluded.';
comment on column form_submissions.drop_field is 'Last field with input; drop_field_focused: last that had the focus. Of an abandoned attempt, where it was left.';
comment on column form_submissions.fields is
  'One entry a field, as of snapshot_at: order, focuses, timeMs, hesitationMs, changes, refills, corrections, pastes, autofills, failures, lengthBucket, isBlank; zero is left out. Never a value.';
comment on column form_submissions.outcome is 'success, submitted, started or touched. Abandoned is an attempt that was started and has no success when its visit is over.';
create index form_submissions_by_time on form_submissions (site_id, first_at);

create table daily_site_metrics (
  site_id     text        not null,
  day         date        not null,
  visitors    bigint      not null,
  visits      bigint      not null,
  pageviews   bigint      not null,
  events      bigint      not null,
  bounces     bigint      not null,
  duration_s  double precision not null,
  engaged_ms  bigint      not null,
  bot_events  bigint      not null,
  computed_at timestamptz not null,
  primary key (site_id, day)
);
comment on table daily_site_metrics is 'One row per site and local day, recomputed whole when anything in the day changes. Outlives what it was made of.';
comment on column daily_site_metrics.events is 'All events of the day, page views included, bots not.';
comment on column daily_site_metrics.visits is 'Visits that started on the day; bounces, duration_s and engaged_ms are theirs.';
comment on column daily_site_metrics.bot_events is 'Events of bots, in no other column.';

alter table clickhouse_outbox
  add column replaced uuid[] not null default '{}';
comment on column clickhouse_outbox.replaced is
  'Events that ClickHouse may have from earlier blocks and that this one brings anew, or takes away.';
comment on column clickhouse_outbox.payload is 'JSONCompactEachRow, zstd.';

create table imports (
  import_id   bigint      generated always as identity primary key,
  site_id     text        not null,
  source      text        not null,
  line        bigint      not null default 0,
  accepted    bigint      not null default 0,
  duplicates  bigint      not null default 0,
  rejected    bigint      not null default 0,
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  undone_at   timestamptz
);
comment on table imports is 'One row per file of events that was, or is being, brought in. Kept.';
comment on column imports.source is 'Name and SHA-256 of the file''s first megabyte: the same file goes on where it stopped.';
comment on column imports.line is 'Lines of the file that are in the record, or rejected: written with them in one transaction.';

create table import_batches (
  import_id bigint not null,
  batch_id  bigint not null,
  primary key (import_id, batch_id)
);
comment on table import_batches is 'Which of the record''s batches an import brought: what an undo takes out.';

create table rebuilds (
  rebuild_id  bigint      generated always as identity primary key,
  site_id     text        not null,
  from_at     timestamptz not null,
  to_at       timestamptz not null,
  visitor_id  text        not null default '',
  visitors    bigint      not null default 0,
  events      bigint      not null default 0,
  started_at  timestamptz not null default now(),
  finished_at timestamptz
);
comment on table rebuilds is 'One row per rebuild of a site''s processed tables from the record. Kept.';
comment on column rebuilds.visitor_id is 'The last visitor that is done; they are gone through in order.';

alter table sites
  add column retention    jsonb       not null default '{}',
  add column record_since timestamptz not null default '-infinity';
comment on column sites.retention is
  'Days that data is kept: {"events": n, "daily": n}. events: the record and all that is made of it; daily: daily_site_metrics. Absent or 0: for ever.';
comment on column sites.record_since is 'First instant of the first local day that retention has left; days before it are not computed again.';

create table reconciliations (
  site_id    text        not null,
  day        date        not null,
  due_at     timestamptz not null default now(),
  checked_at timestamptz,
  record     bigint,
  processed  bigint,
  daily      bigint,
  clickhouse bigint,
  mismatch   bigint      generated always as (
    abs(record - processed) + abs(record - daily) + abs(record - clickhouse)) stored,
  primary key (site_id, day)
);
comment on table reconciliations is
  'Events of a site''s local day as the record, the processed tables, daily_site_metrics and ClickHouse count them. A difference is a fault.';
comment on column reconciliations.due_at is 'When it changed last; it is looked at again when that is after checked_at.';
comment on column reconciliations.record is 'Without what waits for the pipeline and what is in quarantine.';
create index reconciliations_due on reconciliations (due_at) where checked_at is null or checked_at < due_at;
create index reconciliations_wrong on reconciliations (site_id, day) where mismatch > 0;
