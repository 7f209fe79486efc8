-- The trace of the newest fact about a partner, while spans are recorded: the messages that follow belong to it.
create table traces (
    partner_id uuid primary key,
    traceparent text not null,
    noted_at timestamptz not null default now()
);
create index traces_noted_at on traces (noted_at);
