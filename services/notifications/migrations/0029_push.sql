-- Browsers on agents' phones that take notifications. Personal data of agents: goes with the sign-in.
create table push_subscriptions (
    endpoint text primary key,
    agent_id uuid not null,
    p256dh bytea not null,
    auth bytea not null,
    at timestamptz not null
);
create index on push_subscriptions (agent_id);
comment on column push_subscriptions.endpoint is 'where the browser''s push service takes messages for it';
comment on column push_subscriptions.p256dh is 'its public key; auth: its secret; messages are encrypted with both';
