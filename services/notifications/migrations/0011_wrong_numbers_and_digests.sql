-- Phones, by the keyed hash in `contacts`, that somebody found not to be the partner's own; others may have them rightly.
create table wrong_numbers (
    partner_id uuid not null,
    key uuid not null,
    at timestamptz not null,
    primary key (partner_id, key)
);

alter table agents add column told_on date;
comment on column agents.told_on is 'the day of its last digest';
