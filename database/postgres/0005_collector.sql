-- What the collector found out of a request stands in columns: as members of
-- event their names took more room than their values, 110 bytes an event.

alter table events_log
  add column country         text,
  add column region          text,
  add column city            text,
  add column browser         text,
  add column browser_version text,
  add column os              text,
  add column os_version      text,
  add column device          text;
comment on column events_log.country is 'ISO 3166-1, two letters. This and the next seven: what the request told. Rows of before 0005 have them in event.';

comment on column events_log.event is
  'The rest of the event after redaction: url, referrer, title, eventData, context; of a bot derived. contract/event.ts puts both together.';

create table readiness (
  is_one  boolean     primary key default true check (is_one),
  at      timestamptz not null
);
comment on table readiness is 'One row, which the collectors'' /readyz writes to see that a commit is possible.';
