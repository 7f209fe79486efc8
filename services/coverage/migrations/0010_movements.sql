-- What moves the figures, partner by partner, for the questions which sources make a figure and what changed it.

-- Where a partner's figure comes from (sources.py); 0: stored by a version that did not know sources.
alter table partners add column source bigint not null default 0;
alter table enrolments add column source bigint not null default 0;
create table sources (
    source bigint primary key,
    names text[] not null                     -- a listing's lists; an enrolment's agency and month of first start
);

-- By what was recorded in that second, from `day` on, the partner counts once more (or less) in `place`. Append-only.
create table movements (
    batch bigint not null,
    recorded bigint not null,
    source bigint not null,                   -- 0: says nothing about sources; so do the causes
    partner_id uuid not null,
    day date not null,
    place int not null,                       -- province << 7 | regency
    day_cause smallint not null,              -- causes.py
    cause smallint not null,
    partners smallint not null,
    enrolled boolean not null
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
create index movements_by_batch on movements using brin (batch, recorded, place)
    with (pages_per_range = 32, autosummarize = on);

-- Summed by span = the 30 days in which they were recorded (recorded / 2592000).
create table movement_rollup (
    place int not null,
    enrolled boolean not null,
    day date not null,
    source bigint not null,
    day_cause smallint not null,
    cause smallint not null,
    span int not null,
    partners bigint not null,
    primary key (place, enrolled, day, source, day_cause, cause, span)
) with (fillfactor = 90);

-- `movement_rollup` summed by source over all spans and all days up to and including the current day.
create table current_sources (
    place int not null,
    enrolled boolean not null,
    source bigint not null,
    partners bigint not null,
    primary key (place, enrolled, source)
) with (fillfactor = 60);

-- The movements of the days (after_day, until_day] that were recorded in (after_second, until_second], in the places low
-- to high of these provinces (null: all). Whole spans are read from the rollup; the movements themselves add what was
-- recorded in the last span and what is not rolled up yet, and take away what the first span holds too much.
create function movements_between(
    after_day date, until_day date, after_second bigint, until_second bigint, low int, high int, provinces int[]
) returns table (
    place int, enrolled boolean, day date, source bigint, day_cause smallint, cause smallint, partners bigint
) language sql stable as $$
    select m.place, m.enrolled, m.day, m.source, m.day_cause, m.cause, m.partners
    from (
        select place, enrolled, day, source, day_cause, cause, partners from movement_rollup
        where span >= after_second / 2592000 and span < until_second / 2592000
            and day > after_day and day <= until_day and place between low and high
        union all
        select place, enrolled, day, source, day_cause, cause, partners from movements
        where recorded between until_second / 2592000 * 2592000 and until_second
            and day > after_day and day <= until_day and place between low and high
        union all
        select place, enrolled, day, source, day_cause, cause, -partners from movements
        where recorded between after_second / 2592000 * 2592000 and after_second
            and day > after_day and day <= until_day and place between low and high
        union all
        select place, enrolled, day, source, day_cause, cause, partners from movements
        where batch between (select min(batch) from pending_batches) and (select max(batch) from pending_batches)
            and batch in (select batch from pending_batches)
            and recorded >= after_second / 2592000 * 2592000 and recorded < until_second / 2592000 * 2592000
            and day > after_day and day <= until_day and place between low and high
    ) m (place, enrolled, day, source, day_cause, cause, partners)
    where provinces is null or m.place >> 7 = any(provinces)
$$;

-- Facts that were read before left no movements: until a rebuild read them anew, the answers would be wrong. A rebuild
-- begins with empty tables, so what it makes is complete.
create table movements_complete (complete boolean not null);
insert into movements_complete select not exists (select from partners) and not exists (select from enrolments);
