-- What no rule can decide and a person has to: one row for each question, kept when it is closed.
-- `subject` names what it is about, `sides` what is known of each side: ids and codes only, nothing personal.
create table cases (
    id uuid primary key,
    kind text not null,
    subject text not null,
    sides jsonb not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    decision text,
    decided_by text,
    decided_at timestamptz,
    unique (kind, subject)
);
create index cases_open on cases (opened_at, id) where closed_at is null;
