-- The figures: what is known of each partner, the ledger of every change, and its folded sums.

-- The newest timeline of each partner: its stays as bytes (cells.py), nothing personal.
create table enrolments (
    partner_id uuid primary key,
    version int not null,
    recorded bigint not null,                 -- seconds since 1970
    timeline bytea not null,
    first_start date                          -- for targets: its first start, listed by then or not
) with (fillfactor = 60);

create table partners (
    partner_id uuid primary key,
    version int not null,
    recorded bigint not null,
    timeline bytea not null,
    region text not null,
    lists text[] not null                     -- agency/list; empty when merged, erased or delisted
) with (fillfactor = 70);
create index partners_by_region on partners (region) where lists <> '{}';

-- From `day` on, so many more (or fewer) in `cell`, as recorded in that second. Append-only.
create table ledger (
    batch bigint not null,
    recorded bigint not null,
    cell bigint not null,
    day date not null,
    partners int not null,
    workers int not null,
    management int not null,
    staff int not null,
    labour int not null
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
create index ledger_by_batch on ledger using brin (batch) with (pages_per_range = 32, autosummarize = on);
create index ledger_by_recorded on ledger using brin (recorded) with (pages_per_range = 32, autosummarize = on);

-- The batches whose rows are in the ledger alone. A batch adds itself, the folder takes it away.
create sequence batches;
create table unfolded (
    batch bigint primary key,
    rows int not null
) with (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Which places (province << 7 | regency) each recent batch changed, for those who listen to the stream.
create table changes (
    batch bigint primary key,
    at timestamptz not null default now(),
    places int[] not null
);

-- The ledger summed by span = the 30 days in which it was recorded (recorded / 2592000).
create table folded (
    day date not null,
    cell bigint not null,
    span int not null,
    partners bigint not null,
    workers bigint not null,
    management bigint not null,
    staff bigint not null,
    labour bigint not null,
    primary key (day, cell, span)
) with (fillfactor = 90);

-- `folded` summed over all spans and all days up to and including the standing day.
create table standing (
    cell bigint primary key,
    partners bigint not null,
    workers bigint not null,
    management bigint not null,
    staff bigint not null,
    labour bigint not null
) with (fillfactor = 60);
create table standing_day (day date not null);
insert into standing_day values ('1900-01-01');

-- One row for each version of a claim, so that an earlier knowledge can be told.
create table claims (
    claim_id uuid not null,
    version int not null,
    recorded bigint not null,
    region text not null,
    programme text not null,
    segment text not null,
    status text not null,
    amount bigint not null,
    occurred_on date not null,
    tenure_months int not null,
    primary key (claim_id, version)
);
create index claims_by_region on claims (region);

-- What the figures are held against.
create table denominators (
    region text not null,
    measure text not null,
    as_of date not null,
    source text not null,
    value double precision not null,
    status text not null,
    agency text not null,
    recorded bigint not null,
    primary key (region, measure, as_of, source, recorded)
);
create table targets (
    region text not null,
    measure text not null,
    starts date not null,
    until date not null,
    source text not null,
    value bigint not null,
    list text,
    agency text not null,
    recorded bigint not null,
    primary key (region, measure, starts, until, source, recorded)
);

-- When each agency was last heard of; one row for each partition, so that consumers never wait for each other.
create table heard (
    agency text not null,
    topic text not null,
    partition int not null,
    last bigint not null,                     -- recorded_at of its newest event, seconds since 1970
    day date not null,                        -- that event's day in Jakarta
    events bigint not null,                   -- its events on that day
    primary key (agency, topic, partition)
) with (fillfactor = 60);
