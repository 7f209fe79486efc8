-- Two targets that differ in their list or agency alone are two, also where they were recorded in one second.
alter table targets drop constraint targets_pkey;
create unique index targets_once
    on targets (region, measure, starts, until, source, recorded, agency, md5(coalesce(list, '')));
