-- registration's own tables. Nothing here holds a NIK, name or phone in clear: identifiers of people are keyed hashes
-- (`nik`, `name`), whatever must be shown again lies sealed (AES-GCM) in a `sealed` column.

create table agency (
    slug text primary key,
    name text not null,
    regions text[] not null,
    scopes text[] not null,
    created_at timestamptz not null default now()
);

-- Who may speak as a CloudEvents source: the agency that used it first.
create table source (
    source text primary key,
    agency text not null references agency
);

-- The acceptance clock: no fact is ever recorded earlier than the one before it.
create table clock (
    only_row boolean primary key default true check (only_row),
    last timestamptz not null
);
insert into clock (last) values ('epoch');

-- Every partner id ever given. `fact`, `enrollment_fact` are the last published facts without version and time;
-- `contact_digest` is a keyed hash of the last published contact.
create table partner (
    partner_id uuid primary key,
    first_recorded timestamptz not null,
    status text not null default 'active' check (status in ('active', 'merged', 'erased')),
    merged_into uuid,
    formed_by uuid,
    region text,
    listed_on date,
    version int not null default 0,
    fact bytea,
    enrollment_version int not null default 0,
    enrollment_fact bytea,
    contact_version int not null default 0,
    contact_digest uuid
);
create index partner_merged_into on partner (merged_into) where merged_into is not null;
create index partner_formed_by on partner (formed_by) where formed_by is not null;

-- One accepted row of a list (or partner.listed event): a piece of evidence that a partner exists.
create table evidence (
    key uuid primary key,
    sequence bigint generated always as identity,
    partner_id uuid not null,
    agency text not null,
    list text not null,
    ref text,
    content uuid not null,
    nib bigint,
    nik_koperasi text,
    nik uuid,
    name uuid not null,
    region text not null,
    kind text not null,
    scale text,
    occupation text,
    cooperative uuid,
    total int,
    management int,
    staff int,
    labour int,
    first_listed date not null,
    last_listed date not null,
    line int not null,
    import_id uuid,
    sealed bytea not null
);
create index evidence_nib on evidence (nib) where nib is not null;
create index evidence_nik_koperasi on evidence (nik_koperasi) where nik_koperasi is not null;
create index evidence_nik on evidence (nik) where nik is not null;
-- The lowest and highest NIK (NIB) of a name are each one look-up: they tell whether the name joins anybody.
create index evidence_name on evidence (name, nik);
create index evidence_name_nib on evidence (name, nib) where nib is not null;
create index evidence_partner on evidence (partner_id);
create index evidence_list on evidence (agency, list);
create index evidence_ref on evidence (agency, ref) where ref is not null;
create index evidence_cooperative on evidence (cooperative) where cooperative is not null;

-- One participant number with all its versions; the keys of the newest one are what its partner is looked up by.
-- `own_id` is the partner id it goes by while no list names it.
create table participant (
    participant_no text primary key,
    partner_id uuid not null,
    own_id uuid,
    found boolean not null,
    region text not null,
    nib bigint,
    nik_koperasi text,
    nik uuid,
    name uuid,
    anchor_row uuid,
    anchor_partner uuid,
    history bytea not null
);
create index participant_partner on participant (partner_id);
create index participant_nib on participant (nib) where nib is not null;
create index participant_nik_koperasi on participant (nik_koperasi) where nik_koperasi is not null;
create index participant_nik on participant (nik) where nik is not null;
create index participant_name on participant (name) where name is not null;
create index participant_anchor_partner on participant (anchor_partner) where anchor_partner is not null;
create index participant_anchor_row on participant (anchor_row) where anchor_row is not null;

-- The published periods of every partner, for counting by SQL.
create table period (
    partner_id uuid not null,
    start date not null,
    until date,
    primary key (partner_id, start)
);

create table claim (
    claim_id uuid primary key,
    agency text not null,
    claim_ref text not null,
    participant_no text,
    programme text not null,
    amount bigint not null,
    status text not null,
    occurred_on date not null,
    paid_on date,
    version int not null default 0,
    fact bytea,
    unique (agency, claim_ref)
);
create index claim_participant on claim (participant_no);

-- Targets, denominators, briefings, agreements by the key of their fact.
create table statement (
    key text primary key,
    type text not null,
    agency text not null,
    fields bytea not null,
    fact bytea
);

-- Who came to an agency's briefing of a day.
create table attendance (
    key uuid primary key,
    agency text not null,
    held_on date not null,
    statement text,
    partner_id uuid,
    nib bigint,
    nik_koperasi text,
    nik uuid,
    name uuid,
    anchor_row uuid,
    anchor_partner uuid
);
create index attendance_statement on attendance (statement);
create index attendance_partner on attendance (partner_id) where partner_id is not null;
create index attendance_nib on attendance (nib) where nib is not null;
create index attendance_nik_koperasi on attendance (nik_koperasi) where nik_koperasi is not null;
create index attendance_nik on attendance (nik) where nik is not null;
create index attendance_name on attendance (name) where name is not null;

-- Accepted events by the hash of agency, source and id.
create table event (
    key uuid primary key,
    content uuid not null,
    partner_id uuid
);

-- What was refused, as it was sent (sealed). `nib`, `nik`, `name` are there so that erasure finds it.
create table quarantine (
    id uuid primary key,
    agency text not null,
    import_id uuid,
    line int,
    event_key uuid unique,
    type text,
    code text not null,
    field text,
    detail text not null,
    nib bigint,
    nik uuid,
    name uuid,
    participant_no text,
    sealed bytea not null,
    recorded_at timestamptz not null
);
create index quarantine_agency on quarantine (agency, id);
create index quarantine_import on quarantine (import_id, line) where import_id is not null;
create index quarantine_nik on quarantine (nik) where nik is not null;
create index quarantine_nib on quarantine (nib) where nib is not null;
create index quarantine_name on quarantine (name) where name is not null;

create table import (
    import_id uuid primary key,
    agency text not null references agency,
    kind text not null,
    list text not null,
    list_date date not null,
    require_nik boolean not null,
    dry_run boolean not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'cancelled', 'failed')),
    detail text,
    header text[] not null default '{}',
    next_position int not null default 0,
    rows int not null default 0,
    skipped int not null default 0,
    accepted int not null default 0,
    created int not null default 0,
    unchanged int not null default 0,
    rejected int not null default 0,
    rejected_by jsonb not null default '{}',
    warnings jsonb not null default '{}',
    lease_until timestamptz,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create index import_waiting on import (created_at) where state in ('queued', 'running');
create index import_agency on import (agency, created_at);

-- The uploaded file, sealed, until it is worked off.
create table import_file (
    import_id uuid primary key references import,
    sealed bytea not null
);

-- Whole requests by their Idempotency-Key: in flight while `answer` is null.
create table request (
    agency text not null,
    idempotency_key text not null,
    body uuid not null,
    status int,
    answer bytea,
    created_at timestamptz not null default now(),
    primary key (agency, idempotency_key)
);

-- {"a": 1} and {"a": 2, "b": 1} → {"a": 3, "b": 1}
create function add_counts(held jsonb, more jsonb) returns jsonb language sql immutable as $$
    select coalesce(jsonb_object_agg(key, total), '{}') from (
        select key, sum(value::int) as total from (
            select * from jsonb_each_text(held) union all select * from jsonb_each_text(more)) each
         group by key) summed
$$;
