-- The events of the topic `reference` that an agency was heard of by: they have no version, their id tells a repeat.
create table statements (
    event_id text primary key
);
