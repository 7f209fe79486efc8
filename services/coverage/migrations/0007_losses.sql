-- From `day` on, so many enrolled partners are no longer in `cell` but in `next_cell` (0: enrolled nowhere), as recorded in
-- that second. The ledger has sums alone: where one leaves and another comes on one day it has nothing, and no loss.
-- Append-only; a stay without an end has no row.
create table losses (
    recorded bigint not null,
    day date not null,
    cell bigint not null,
    next_cell bigint not null,
    partners int not null
);
create index losses_by_day on losses (day);

-- Facts that were read before this table existed are not in it: until a rebuild read them anew, losses are not known.
create table losses_complete (complete boolean not null);
insert into losses_complete select not exists (select from enrolments);
