-- A target may be withdrawn; an earlier time of knowledge still has it.
alter table targets add column is_withdrawn boolean not null default false;
drop index targets_once;
create unique index targets_once
    on targets (region, measure, starts, until, source, recorded, agency, md5(coalesce(list, '')), is_withdrawn);
