-- How messages ended, beside those that left; and how many partners stand where, counted every now and then.
create table unsent_counts (
    day date not null,
    channel text not null,
    result text not null,
    reason text not null,
    messages bigint not null
);
comment on table unsent_counts is 'as sent_counts: messages that did not leave; reason: the code that says why';
comment on column unsent_counts.result is 'delayed: tried again later; failed: for good';

create table reason_counts (
    reason text not null,
    partners bigint not null
);
comment on table reason_counts is 'why partners get a message, or none; all listed or formerly listed ones';

create table due_counts (
    due_from timestamptz not null,
    channel text not null,
    messages bigint not null
);
comment on table due_counts is 'the next message of each partner, by the hour from which it is due; what was due before is of one time';

create table counted (
    single boolean primary key default true check (single),
    at timestamptz not null
);
comment on table counted is 'one row: when both were last counted';
