-- A keyed hash of what an entry missed: a participant, or the partner that its reference means. Once that has arrived the
-- (`missed_at` or later) the entry is due from `retry_at` on, and later again if whoever took it was killed. `retried_at`:
-- when it was sent again with another result than before.
alter table quarantine add column missed uuid, add column missed_at timestamptz, add column retry_at timestamptz,
    add column retried_at timestamptz;
create index quarantine_missed on quarantine (missed) where missed is not null;
create index quarantine_retry on quarantine (retry_at) where retry_at is not null;

-- What arrived that entries miss, until these are due.
create table arrived (
    missed uuid primary key,
    at timestamptz not null
);

-- Entries that were accepted when they were sent again: where they came from and what they were refused for before.
create table retried (
    id uuid primary key,
    agency text not null,
    import_id uuid,
    line int,
    type text,
    code text not null,
    by_itself boolean not null,
    retried_at timestamptz not null default clock_timestamp()
);
create index retried_agency on retried (agency, id);
create index retried_at on retried (retried_at);

alter table audit drop constraint audit_actor_check;
alter table audit add constraint audit_actor_check
    check (actor in ('agency', 'administrator', 'command line', 'service'));
