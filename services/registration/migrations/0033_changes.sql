-- What became of the partners that an agency lists, for its systems. Written under the writer's lock alone, so that numbers
-- become visible in their order: who has read up to one has missed nothing before it. No personal data; `refs` only where
-- the rows that held them are gone.
create table change (
    number bigint generated always as identity primary key,
    agency text not null,
    partner_id uuid not null,
    what text not null check (what in
        ('registered', 'changed', 'lapsed', 'reinstated', 'merged', 'split', 'delisted', 'erased')),
    since date,
    other uuid,
    refs text[],
    recorded_at timestamptz not null
);
create index change_agency on change (agency, number);
create index change_refs on change (partner_id) where refs is not null;

-- Up to this number changes are deleted, their time being over.
create table change_horizon (
    only_row boolean primary key default true check (only_row),
    number bigint not null
);
insert into change_horizon (number) values (0);

-- Where an agency's changes are sent. `position`: delivered up to this number; `delivering_to`: the last number of the
-- delivery under way, which is the same however often it is tried. `sealed`: address and secret.
create table webhook (
    webhook_id uuid primary key,
    agency text not null references agency,
    key_id text,
    events text[] not null,
    sealed bytea not null,
    state text not null default 'active' check (state in ('active', 'paused')),
    reason text,
    position bigint not null,
    delivering_to bigint,
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    failing_since timestamptz,
    last_error text,
    last_delivered_at timestamptz,
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null default now()
);
create index webhook_agency on webhook (agency, webhook_id);
create index webhook_due on webhook (next_attempt_at) where state = 'active';
