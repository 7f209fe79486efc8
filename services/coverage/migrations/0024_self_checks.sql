-- What the nightly comparison of the figures with the partners' newest timelines found (self_check.py).
create table self_checks (
    day date primary key,                     -- the night's day in Jakarta
    checked_at timestamptz not null,
    differences int not null
);
