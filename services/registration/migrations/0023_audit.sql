-- Who did what and when: one entry an act, in the transaction of the act; ids and counts only, nothing personal.
-- Each entry holds a hash of itself and of the one before, so that none can be changed or taken out unnoticed.
create table audit (
    number bigint primary key,
    at timestamptz not null,
    actor text not null check (actor in ('agency', 'administrator', 'command line')),
    key_id text,
    agency text,
    action text not null,
    subjects jsonb not null,
    hash text not null
);
comment on column audit.agency is 'The agency that acted, or whom the administrator''s act is about; null: none alone.';
create index audit_agency on audit (agency, number);

create function audit_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is only added to';
end $$;
create trigger audit_stays before update or delete or truncate on audit execute function audit_stays();
