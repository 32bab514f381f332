#!/bin/sh
# Runs once, when the database is made: Footfall owns its database and is no
# superuser; monitoring reads statistics and nothing else.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
  --set=footfall="$(cat /secrets/footfall)" --set=monitor="$(cat /secrets/monitor)" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role footfall login password :'footfall';
create role monitor login password :'monitor' in role pg_monitor;
create database footfall owner footfall;
revoke connect on database footfall from public;
grant connect on database footfall to monitor;
\connect footfall
create extension pg_stat_statements;
SQL
