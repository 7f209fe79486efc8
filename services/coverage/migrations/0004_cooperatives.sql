-- Whose member a partner is by its newest fact, and through which cooperative it was enrolled (the channel, `wadah`).
alter table partners add column cooperative uuid;
alter table enrolments add column cooperative uuid, add column channel uuid;

-- As `ledger`: from `day` on so many more (or fewer) of a cooperative's members, or of those enrolled `through` it, are in
-- `cell`. Append-only, and a row for each second, cell and day, however many members.
create table cooperative_ledger (
    cooperative uuid not null,
    through boolean not null,
    recorded bigint not null,
    cell bigint not null,
    day date not null,
    partners int not null,
    workers int not null,
    management int not null,
    staff int not null,
    labour int not null
);
create index cooperative_ledger_by_cooperative on cooperative_ledger (cooperative, through, day);

-- Which id answers for a merged partner, since which second.
create table merges (
    partner_id uuid not null,
    version int not null,
    recorded bigint not null,
    merged_into uuid not null,
    primary key (partner_id, version)
);

-- Facts that were read before today's tables named no cooperative: until a rebuild read them anew, its figures would be
-- too low. A rebuild begins with empty tables, so what it makes is complete.
create table cooperatives_complete (complete boolean not null);
insert into cooperatives_complete select not exists (select from partners) and not exists (select from enrolments);
