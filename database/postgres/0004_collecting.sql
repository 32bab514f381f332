-- Who may send for a site, and what the collector keeps account of.

alter table sites
  add column status        text   not null default 'active' check (status in ('active', 'paused', 'deleted')),
  add column allowed_hosts text[] not null default '{}',
  add column exclude       jsonb  not null default '{}';
comment on column sites.status is 'Events are accepted for active sites only; a deleted site keeps its id, so that nobody else can take it.';
comment on column sites.allowed_hosts is
  'Hosts whose pages may send, "*.example.com" with all below it; empty: any. Of a browser the Origin header and the page''s address must both be on it.';
comment on column sites.exclude is
  'What is not counted: {"addresses": [address or CIDR], "countries": [ISO code], "hosts": [host], "paths": [path, * stands for anything]}.';

create function notify_sites_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('sites_changed', '');
  return null;
end $$;
create trigger sites_changed after insert or update or delete on sites
  for each statement execute function notify_sites_changed();

create table anonymous_counts (
  site_id   text    not null,
  day       date    not null,
  reason    text    not null,
  pageviews bigint  not null,
  events    bigint  not null,
  primary key (site_id, day, reason)
);
comment on table anonymous_counts is
  'Events that were not stored because the visitor has said no (Do Not Track, Global Privacy Control, consent): how many, per UTC day, and nothing else. Written by the collectors once a second.';
comment on column anonymous_counts.events is 'All of them, page views included.';

create table dictionary (
  site_id text not null,
  day     date not null,
  kind    text not null check (kind in ('name', 'property', 'path')),
  value   text not null,
  primary key (site_id, day, kind, value)
);
comment on table dictionary is
  'Names of custom events, property keys and hashes of paths that a site has used on a UTC day, bounded: what is beyond is stored as (other). Kept two days.';

create table dictionary_sizes (
  site_id text    not null,
  day     date    not null,
  kind    text    not null,
  n       integer not null,
  primary key (site_id, day, kind)
);
comment on table dictionary_sizes is 'How many values dictionary has of each kind. Its row is what collectors lock to look for room one after the other.';

create table event_counts (
  site_id text        not null,
  at      timestamptz not null,
  events  bigint      not null,
  primary key (site_id, at)
);
comment on table event_counts is
  'Events of the record by the ten seconds of their receipt, by the minute when that is two minutes past, by the hour when it is two hours. Written by the pipeline with the batch, kept two days.';

create table event_totals (
  site_id text   primary key,
  events  bigint not null
);
comment on table event_totals is 'Events of the record in all. Written by the pipeline with the batch, so that counting is no scan.';

insert into event_totals (site_id, events)
select site_id, count(*) from events_log e
where not exists (select from events_batches b where b.batch_id = e.batch_id)
group by site_id;

-- Without the time in it, equal visitors share an entry: 15 bytes an event instead of 100.
drop index events_log_by_visitor;
create index events_log_by_visitor on events_log (site_id, visitor_id);

-- Bots are stored and kept apart.

alter table user_sessions add column is_bot boolean not null default false;
alter table pageviews     add column is_bot boolean not null default false;
alter table user_events   add column is_bot boolean not null default false;
comment on column user_sessions.is_bot is 'One of its events is of a bot: the visit counts for nobody but the bots.';

-- A visit that did something is no bounce.

alter table user_sessions
  drop column is_bounce,
  add column is_engaged boolean not null default false;
alter table user_sessions
  add column is_bounce boolean generated always as (pageviews <= 1 and not is_engaged) stored;
comment on column user_sessions.is_engaged is
  'A page of the visit was visible for 10 s, or the visitor used a control, a download or a form. Two page views engage too, and are counted in pageviews.';
