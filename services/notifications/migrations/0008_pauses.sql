-- What is paused: the newest row counts. Beside the policies, so that a policy to come never ends a pause.
create table pauses (
    id bigint generated always as identity primary key,
    recorded_at timestamptz not null,
    body jsonb not null
);
