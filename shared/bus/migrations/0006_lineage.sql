-- Which log a position counts in: the topic's identity, and the last applied record of the partition.
alter table consumer_offsets add column topic_id text, add column last_offset bigint, add column fingerprint bigint;

-- Topics on which the service stands still, over restarts, until somebody decides; `partition` and `next_offset` say
-- before which record.
create table halts (
    topic text primary key,
    cause text not null,
    reason text not null,
    partition int,
    next_offset bigint,
    since timestamptz not null default now()
);

-- Up to where bad records of a topic become dead letters however many there are, because somebody said so.
create table forgiven (
    topic text not null,
    partition int not null,
    before_offset bigint not null,
    primary key (topic, partition)
);
