-- What a site gives names to: goals, segments, notes on the time line, and the group it is in.

create table goals (
  site_id    text        not null,
  name       text        not null,
  definition jsonb       not null,
  value      numeric     not null default 0 check (value >= 0),
  currency   text        check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now(),
  primary key (site_id, name)
);
comment on table goals is 'What visitors are wanted to do. Reports read the record by it, so that it counts from the beginning.';
comment on column goals.definition is 'As reports/goal.ts has it: kind, and what that kind needs.';
comment on column goals.value is 'What reaching it once is worth, where the event does not say.';

create table segments (
  site_id    text        not null,
  name       text        not null,
  segment_id bigint      generated always as identity,
  filters    jsonb       not null,
  created_at timestamptz not null default now(),
  primary key (site_id, name),
  unique (site_id, segment_id)
);
comment on table segments is 'Filters under a name, as contract/query.ts has them.';
comment on column segments.segment_id is 'What the Plausible-compatible API calls it by.';

create table annotations (
  site_id       text        not null,
  annotation_id uuid        not null default gen_random_uuid(),
  at            timestamptz not null,
  text          text        not null,
  created_at    timestamptz not null default now(),
  primary key (site_id, annotation_id)
);
comment on table annotations is 'Notes on the time line: a release, a campaign.';
create index annotations_by_time on annotations (site_id, at);

create table site_groups (
  site_id text primary key,
  name    text not null
);
comment on table site_groups is 'The group that a site is in, for reports over all of its sites. A site is in one at most.';
create index site_groups_by_name on site_groups (name);
