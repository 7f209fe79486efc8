-- What every service's schema holds for the exactly-once path.

-- Where each consumer stands. A batch moves next_offset by compare-and-swap in the transaction of its effects;
-- taking a partition over raises the epoch, which fences the former owner out.
create table consumer_offsets (
    topic text not null,
    partition int not null,
    next_offset bigint not null default 0,
    epoch bigint not null default 0,
    primary key (topic, partition)
) with (fillfactor = 50);

-- Events accepted but not yet acknowledged by Kafka. A row is removed only after the broker has it.
create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key text not null,
    type text not null,
    event_id text not null,
    time timestamptz not null,
    value bytea
);

-- API keys by hash: written by registration, filled from the topic `access` elsewhere.
create table keys (
    key_id text primary key,
    hash text not null unique,
    agency text,
    agent text,
    scopes text[] not null default '{}',
    regions text[] not null default '{}',
    revoked boolean not null default false,
    recorded_at timestamptz not null
);
