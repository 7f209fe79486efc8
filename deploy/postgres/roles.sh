#!/bin/bash
# Runs once, when the container's cluster is made: every service gets its role and its schema of the same name.
set -euo pipefail
for role in registration coverage notifications; do
    password="${role^^}_PASSWORD"
    psql -v ON_ERROR_STOP=1 -v role="$role" -v password="${!password}" -U postgres -d payung <<'SQL'
create role :"role" login password :'password';
alter role :"role" set search_path = :"role";
grant connect, temporary on database payung to :"role";
create schema :"role" authorization :"role";
SQL
done
# a role enters the database it is granted and no other
psql -v ON_ERROR_STOP=1 -U postgres -d payung -c 'revoke all on database payung, postgres, template1 from public'
