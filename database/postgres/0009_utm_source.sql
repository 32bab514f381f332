-- The source as the link wrote it, which `source` has by its name.
alter table user_sessions add column utm_source text;
comment on column user_sessions.utm_source is
  'The tag of the link as it was written; `source` has it by its name. Null: from before it was kept; a rebuild fills it.';
