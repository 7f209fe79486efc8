-- Events that Kafka refused for good, with the reason. They keep their place: released, they are published by it.
create table outbox_set_aside (
    id bigint primary key,
    topic text not null,
    key text not null,
    type text not null,
    event_id text not null,
    time timestamptz not null,
    value bytea,
    reason text not null,
    set_aside_at timestamptz not null default now()
);

-- The topic `access` has a relay of its own, which must not search all that the other one has to publish.
create index outbox_access on outbox (id) where topic = 'access';
