-- One process calculates all due times again; another takes over when it no longer says that it goes on.
alter table applied_policy add column taken_by uuid, add column taken_until timestamptz;
comment on column applied_policy.taken_by is 'the process that calculates all due times again; null: none does';
