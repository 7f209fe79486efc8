-- name: lock_migrations()
-- Held until the transaction ends: instances of a service that start together migrate one after the other.
select pg_advisory_xact_lock(hashtext(current_schema() || '/migrations'));

-- name: has_migrations_table()
-- Whether this schema was ever migrated.
select to_regclass(format('%I.migrations', current_schema())) is not null;

-- name: create_migrations_table()
-- Where the applied migrations are noted.
create table migrations (name text primary key, applied_at timestamptz not null default now());

-- name: applied_migrations()
-- The names of all applied migrations.
select name from migrations;

-- name: note_migration(name)
-- Notes a migration as applied, in the transaction that applies it.
insert into migrations (name) values ($1);
