-- How far this service knows that it published each partition, and in which topic. Kept with the deletion of what was
-- acknowledged.
create table published (
    topic text not null,
    partition int not null,
    topic_id text,
    next_offset bigint not null,
    primary key (topic, partition)
);

-- Whether the log of now is taken as it is, once: a database that was there before this release did not count.
create table adopts_log as select exists (select from migrations where applied_at < now()) as adopts;
