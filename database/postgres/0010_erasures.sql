-- Who has been erased, so that nothing of them comes back.
create table erasures (
  site_id      text        not null,
  visitor_hash bytea       not null,
  erased_to    timestamptz not null,
  events       bigint      not null default 0,
  finished_at  timestamptz,
  primary key (site_id, visitor_hash)
);
comment on table erasures is 'One row per visitor who was erased: what comes late, is imported or restored is taken out again. Kept.';
comment on column erasures.visitor_hash is 'SHA-256 of the site''s id, a newline and the visitor''s id: it names nobody.';
comment on column erasures.erased_to is 'Events that occurred, or came, until then are not kept; later ones are new.';
comment on column erasures.events is 'Events that were taken out of the record.';
