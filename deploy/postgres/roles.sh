#!/bin/bash
# Runs when the container's cluster is made, and may be run again: every service gets its role, which reads and writes
# rows, and its schema, which belongs to a role that nobody signs in as; `migrator` may become these owners.
set -euo pipefail
ask() { psql -v ON_ERROR_STOP=1 -U postgres -d payung "$@"; }
login() {
    ask -v role="$1" -v password="$2" <<'SQL'
select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" password :'password';
grant connect, temporary on database payung to :"role";
SQL
}
login migrator "$MIGRATOR_PASSWORD"
for role in registration coverage notifications; do
    password="${role^^}_PASSWORD"
    login "$role" "${!password}"
    ask -v role="$role" -v owner="${role}_owner" <<'SQL'
select format('create role %I nologin', :'owner') where not exists (select from pg_roles where rolname = :'owner') \gexec
grant :"owner" to migrator;
alter role :"role" set search_path = :"role";
create schema if not exists :"role" authorization :"owner";
reassign owned by :"role" to :"owner";
grant usage on schema :"role" to :"role";
SQL
done
# a role enters the database it is granted and no other
ask -c 'revoke all on database payung, postgres, template1 from public'
