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

create function stored_event(events_log) returns jsonb language sql immutable as $$
  select case
    when num_nonnulls($1.country, $1.browser, $1.os, $1.device) = 0 then $1.event
    else $1.event || jsonb_build_object('derived', jsonb_strip_nulls(jsonb_build_object(
           'country', $1.country, 'region', $1.region, 'city', $1.city,
           'browser', $1.browser, 'browserVersion', $1.browser_version,
           'os', $1.os, 'osVersion', $1.os_version, 'device', $1.device
         )) || coalesce($1.event -> 'derived', '{}'))
  end
$$;
comment on function stored_event is 'A row''s event as contract/event.ts has it, with the columns of what the request told as its member derived.';
comment on column events_log.event is
  'The rest of the event after redaction: url, referrer, title, eventData, context; of a bot derived. Read it through stored_event.';

create table readiness (
  is_one  boolean     primary key default true check (is_one),
  at      timestamptz not null
);
comment on table readiness is 'One row, which the collectors'' /readyz writes to see that a commit is possible.';
