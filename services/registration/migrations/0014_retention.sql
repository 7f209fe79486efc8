-- When the refused rows of an upload were deleted, by its agency or because their time was over.
alter table import add column refused_deleted_at timestamptz;
create index import_finished on import (finished_at) where refused_deleted_at is null;
create index quarantine_of_events on quarantine (recorded_at) where import_id is null;

-- One row an erasure, until it is known up to where the records that agencies wrote to Kafka are to be deleted.
create table intake_erasure (noted_at timestamptz not null default clock_timestamp());

-- The records of agencies' topics before these offsets are deleted once all of them are consumed.
create table intake_deletion (
    topic text not null,
    partition int not null,
    before_offset bigint not null,
    primary key (topic, partition)
);
