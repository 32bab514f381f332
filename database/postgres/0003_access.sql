-- Who may read and send. The first four tables are Better Auth's core schema.

create table "user" (
  "id"            text        primary key,
  "name"          text        not null,
  "email"         text        not null unique,
  "emailVerified" boolean     not null,
  "image"         text,
  "createdAt"     timestamptz not null default now(),
  "updatedAt"     timestamptz not null default now()
);
create table "session" (
  "id"        text        primary key,
  "expiresAt" timestamptz not null,
  "token"     text        not null unique,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null,
  "ipAddress" text,
  "userAgent" text,
  "userId"    text        not null references "user" ("id") on delete cascade
);
create index session_by_user on "session" ("userId");
create table "account" (
  "id"                    text        primary key,
  "accountId"             text        not null,
  "providerId"            text        not null,
  "userId"                text        not null references "user" ("id") on delete cascade,
  "accessToken"           text,
  "refreshToken"          text,
  "idToken"               text,
  "accessTokenExpiresAt"  timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  "scope"                 text,
  "password"              text,
  "createdAt"             timestamptz not null default now(),
  "updatedAt"             timestamptz not null
);
create index account_by_user on "account" ("userId");
create table "verification" (
  "id"         text        primary key,
  "identifier" text        not null,
  "value"      text        not null,
  "expiresAt"  timestamptz not null,
  "createdAt"  timestamptz not null default now(),
  "updatedAt"  timestamptz not null default now()
);
create index verification_by_identifier on "verification" ("identifier");

create table api_keys (
  key_hash   bytea       primary key,
  prefix     text        not null,
  scope      text        not null check (scope in ('read', 'collect', 'admin')),
  site_id    text,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
comment on table api_keys is 'API keys. The key itself (256 random bits) is shown once and never kept.';
comment on column api_keys.key_hash is 'SHA-256 of the key.';
comment on column api_keys.prefix is 'First characters, to tell keys apart in a list.';
comment on column api_keys.site_id is 'The one site it opens; null: all of them.';
