-- The record: what collectors were given, and what they need to accept it.

create table sites (
  site_id    text        primary key,
  name       text        not null,
  timezone   text        not null default 'UTC',
  created_at timestamptz not null default now()
);
comment on table sites is 'One row per tracked site. site_id is the public id in the script tag.';
comment on column sites.timezone is 'IANA zone that decides where the site''s days begin.';

create table events_batches (
  batch_id    bigint      generated always as identity primary key,
  received_at timestamptz not null default now(),
  events      integer     not null
);
comment on table events_batches is
  'Work list of the pipeline: one row per group commit that is not yet processed. Written with the events in one statement; a claim deletes the row in the transaction that writes the results, so a batch that commits late is never skipped.';

create table events_log (
  site_id       text        not null,
  event_id      uuid        not null,
  id_at         timestamptz not null,
  batch_id      bigint      not null,
  event_type    text        not null,
  visitor_id    text        not null,
  visitor_basis text        not null,
  session_id    text,
  occurred_at   timestamptz not null,
  received_at   timestamptz not null,
  host          text,
  path          text,
  event         jsonb       not null,
  primary key (site_id, event_id, id_at)
) partition by range (id_at);
comment on table events_log is 'The record: every accepted event once. Everything else can be rebuilt from it.';
comment on column events_log.id_at is
  'Time inside a UUIDv7 event_id, 1970-01-01 for any other id. A function of the id, so that a retry meets the first try in the same partition whenever it comes.';
comment on column events_log.visitor_basis is 'persistent_id: sent by the client; session_id: only a session id was sent; daily_hash: derived with the salt of the day.';
comment on column events_log.session_id is 'As the client sent it; the pipeline decides the visit.';
comment on column events_log.occurred_at is 'Client time, corrected by sentAt against the server''s clock.';
comment on column events_log.event is 'The rest of the event after redaction: url, referrer, title, eventData, context.';

create table events_log_undated partition of events_log default;
comment on table events_log_undated is 'Ids that carry no usable time (not UUIDv7, or a month that has no partition yet).';

create index events_log_by_batch   on events_log (batch_id);
create index events_log_by_time    on events_log (site_id, occurred_at);
create index events_log_by_visitor on events_log (site_id, visitor_id, occurred_at);

-- Makes the monthly partitions of a table from one month to another. Rows that
-- wait in the default partition move over, which keeps the unique key whole.
create function ensure_month_partitions(parent text, key_column text, first_month date, last_month date)
returns void language plpgsql as $$
declare
  from_month date := date_trunc('month', first_month);
  to_month   date;
  child      text;
begin
  while from_month <= last_month loop
    to_month := from_month + interval '1 month';
    child := format('%s_%s', parent, to_char(from_month, 'YYYY_MM'));
    if to_regclass(child) is null then
      execute format('lock table %I in share row exclusive mode', parent);
      execute format('create table %I (like %I including defaults including constraints)', child, parent);
      execute format(
        'with moved as (delete from %I where %I >= %L and %I < %L returning *) insert into %I select * from moved',
        parent || '_undated', key_column, from_month || ' 00:00+00', key_column, to_month || ' 00:00+00', child);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)',
        parent, child, from_month || ' 00:00+00', to_month || ' 00:00+00');
    end if;
    from_month := to_month;
  end loop;
end $$;

create table visitor_salts (
  day  date  primary key,
  salt bytea not null
);
comment on table visitor_salts is
  'Random salt of each UTC day for visitors without an id; deleted after 48 h, after which the hashes can be linked to nobody.';
