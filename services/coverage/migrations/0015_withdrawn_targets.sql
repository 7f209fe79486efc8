-- A target may be withdrawn, and one that is stated again holds again: of what was recorded in one second the last to come.
alter table targets add column withdrawn boolean not null default false;
alter table targets add column arrival bigint generated always as identity;
drop index targets_once;
create unique index targets_once
    on targets (region, measure, starts, until, source, recorded, agency, md5(coalesce(list, '')), value, withdrawn);
