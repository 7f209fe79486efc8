-- name: try_rebuild_lock()
-- Whether this session may rebuild: one at a time in the database. The lock ends with the session.
select pg_try_advisory_lock(hashtext('coverage/rebuild'));

-- name: create_schema()
-- Makes an empty schema beside the live one, owned by the same role; what an interrupted rebuild left is dropped.
drop schema if exists coverage_rebuild cascade;
do $make$ begin
    execute format('create schema coverage_rebuild authorization %s',
                   (select nspowner::regrole from pg_namespace where nspname = 'coverage'));
    grant usage on schema coverage_rebuild to coverage;
end $make$;

-- name: owner()
-- Whose the live schema is.
select nspowner::regrole::text from pg_namespace where nspname = 'coverage';

-- name: live_offsets(topics)
-- The next offset of each partition of these topics on the live side.
select topic, partition, next_offset from coverage.consumer_offsets where topic = any($1::text[]);

-- name: snapshot()
-- Copies the live side as of these offsets; called in one repeatable-read transaction with live_offsets.
create table coverage_rebuild.live_ledger as
    select cell, day, recorded, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
        sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
    from coverage.ledger group by cell, day, recorded;
create table coverage_rebuild.live_rollup as
    select day, cell, span, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
        sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
    from (select day, cell, span, partners, workers, management, staff, labour from coverage.rollup
          union all
          select day, cell, (recorded / 2592000)::int, partners, workers, management, staff, labour from coverage.ledger
          where batch in (select batch from coverage.pending_batches)) differences
    group by day, cell, span;
create table coverage_rebuild.live_current_totals as
    select cell, partners, workers, management, staff, labour from coverage.current_totals;
create table coverage_rebuild.live_totals_of_rollup as
    select cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
        sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
    from coverage.rollup where day <= (select day from coverage.current_day) group by cell;
create table coverage_rebuild.live_enrolments as
    select partner_id, version, timeline, first_start, cooperative, channel, source from coverage.enrolments;
create table coverage_rebuild.live_partners as
    select partner_id, version, timeline, region, lists, cooperative, source from coverage.partners;
create table coverage_rebuild.live_cooperatives as
    select cooperative, through, recorded, cell, day, sum(partners) as partners, sum(workers) as workers,
        sum(management) as management, sum(staff) as staff, sum(labour) as labour
    from coverage.cooperative_ledger group by cooperative, through, recorded, cell, day;
create table coverage_rebuild.live_movements as
    select recorded, source, partner_id, day, place, day_cause, cause, enrolled, sum(partners) as partners
    from coverage.movements group by recorded, source, partner_id, day, place, day_cause, cause, enrolled;
create table coverage_rebuild.live_movement_rollup as
    select place, enrolled, day, source, day_cause, cause, span, sum(partners) as partners
    from (select place, enrolled, day, source, day_cause, cause, span, partners from coverage.movement_rollup
          union all
          select place, enrolled, day, source, day_cause, cause, (recorded / 2592000)::int, partners
          from coverage.movements where batch in (select batch from coverage.pending_batches)) differences
    group by place, enrolled, day, source, day_cause, cause, span;
create table coverage_rebuild.live_current_sources as
    select place, enrolled, source, partners from coverage.current_sources
    union all
    select place, enrolled, source, -partners from coverage.movement_rollup
    where source <> 0 and day <= (select day from coverage.current_day);
create table coverage_rebuild.live_losses as
    select recorded, day, cell, next_cell, sum(partners) as partners
    from coverage.losses group by recorded, day, cell, next_cell;
create table coverage_rebuild.live_merges as table coverage.merges;
create table coverage_rebuild.live_claims as table coverage.claims;
create table coverage_rebuild.live_outreach as table coverage.outreach;
create table coverage_rebuild.live_briefings as
    select key, recorded, region, held_on, agency, quota, present, attendees, withdrawn from coverage.briefings;
create table coverage_rebuild.live_denominators as table coverage.denominators;
create table coverage_rebuild.live_targets as
    select region, measure, starts, until, source, value, list, agency, recorded, withdrawn from coverage.targets;

-- name: compare_ledger()
-- Where the sums of the two ledgers differ, for each cell, day and second.
select cell, day, recorded, l as live, r as rebuilt from (
    select cell, day, recorded,
        array[coalesce(a.partners, 0), coalesce(a.workers, 0), coalesce(a.management, 0), coalesce(a.staff, 0),
            coalesce(a.labour, 0)] as l,
        array[coalesce(b.partners, 0), coalesce(b.workers, 0), coalesce(b.management, 0), coalesce(b.staff, 0),
            coalesce(b.labour, 0)] as r
    from coverage_rebuild.live_ledger a full join (
        select cell, day, recorded, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
            sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
        from coverage_rebuild.ledger group by cell, day, recorded
    ) b using (cell, day, recorded)
) both_sides where l <> r order by recorded, cell, day;

-- name: compare_rollup()
-- Where the rollup that answers are read from differs from the rebuilt ledger, for each cell, day and span; `recorded` is
-- the span's first second.
select cell, day, span::bigint * 2592000 as recorded, l as live, r as rebuilt from (
    select cell, day, span,
        array[coalesce(a.partners, 0), coalesce(a.workers, 0), coalesce(a.management, 0), coalesce(a.staff, 0),
            coalesce(a.labour, 0)] as l,
        array[coalesce(b.partners, 0), coalesce(b.workers, 0), coalesce(b.management, 0), coalesce(b.staff, 0),
            coalesce(b.labour, 0)] as r
    from coverage_rebuild.live_rollup a full join (
        select cell, day, (recorded / 2592000)::int as span, sum(partners)::bigint as partners,
            sum(workers)::bigint as workers, sum(management)::bigint as management, sum(staff)::bigint as staff,
            sum(labour)::bigint as labour
        from coverage_rebuild.ledger group by 1, 2, 3
    ) b using (cell, day, span)
) both_sides where l <> r order by span, cell, day;

-- name: compare_current_totals()
-- Where the current totals differ from the rollup that they are the sums of.
select cell, null::date as day, null::bigint as recorded, l as live, r as rebuilt from (
    select cell,
        array[coalesce(a.partners, 0), coalesce(a.workers, 0), coalesce(a.management, 0), coalesce(a.staff, 0),
            coalesce(a.labour, 0)] as l,
        array[coalesce(b.partners, 0), coalesce(b.workers, 0), coalesce(b.management, 0), coalesce(b.staff, 0),
            coalesce(b.labour, 0)] as r
    from coverage_rebuild.live_current_totals a full join coverage_rebuild.live_totals_of_rollup b using (cell)
) both_sides where l <> r order by cell;

-- name: compare_other_tables()
-- For each of the other tables, how many rows only one side has.
select 'enrolments' as table_name, count(*) from (
    (table coverage_rebuild.live_enrolments
     except select partner_id, version, timeline, first_start, cooperative, channel, source from coverage_rebuild.enrolments)
    union all
    (select partner_id, version, timeline, first_start, cooperative, channel, source from coverage_rebuild.enrolments
     except table coverage_rebuild.live_enrolments)) x
union all
select 'partners', count(*) from (
    (table coverage_rebuild.live_partners
     except select partner_id, version, timeline, region, lists, cooperative, source from coverage_rebuild.partners)
    union all
    (select partner_id, version, timeline, region, lists, cooperative, source from coverage_rebuild.partners
     except table coverage_rebuild.live_partners)) x
union all
select 'cooperative_ledger', count(*) from (
    select cooperative, through, recorded, cell, day from (
        select * from coverage_rebuild.live_cooperatives
        union all
        select cooperative, through, recorded, cell, day, -sum(partners), -sum(workers), -sum(management), -sum(staff),
            -sum(labour)
        from coverage_rebuild.cooperative_ledger group by cooperative, through, recorded, cell, day
    ) both_sides group by cooperative, through, recorded, cell, day
    having sum(partners) <> 0 or sum(workers) <> 0 or sum(management) <> 0 or sum(staff) <> 0 or sum(labour) <> 0) x
union all
select 'movements', count(*) from (
    select from (
        select recorded, source, partner_id, day, place, day_cause, cause, enrolled, partners
        from coverage_rebuild.live_movements
        union all
        select recorded, source, partner_id, day, place, day_cause, cause, enrolled, -partners
        from coverage_rebuild.movements
    ) both_sides group by recorded, source, partner_id, day, place, day_cause, cause, enrolled
    having sum(partners) <> 0) x
union all
select 'movement_rollup', count(*) from (
    select from (
        select place, enrolled, day, source, day_cause, cause, span, partners from coverage_rebuild.live_movement_rollup
        union all
        select place, enrolled, day, source, day_cause, cause, (recorded / 2592000)::int, -partners
        from coverage_rebuild.movements
    ) both_sides group by place, enrolled, day, source, day_cause, cause, span having sum(partners) <> 0) x
union all
select 'current_sources', count(*) from (
    select from coverage_rebuild.live_current_sources group by place, enrolled, source having sum(partners) <> 0) x
union all
select 'losses', count(*) from (
    select recorded, day, cell, next_cell from (
        select * from coverage_rebuild.live_losses
        union all
        select recorded, day, cell, next_cell, -sum(partners)
        from coverage_rebuild.losses group by recorded, day, cell, next_cell
    ) both_sides group by recorded, day, cell, next_cell having sum(partners) <> 0) x
union all
select 'merges', count(*) from (
    (table coverage_rebuild.live_merges except table coverage_rebuild.merges)
    union all (table coverage_rebuild.merges except table coverage_rebuild.live_merges)) x
union all
select 'claims', count(*) from (
    (table coverage_rebuild.live_claims except table coverage_rebuild.claims)
    union all (table coverage_rebuild.claims except table coverage_rebuild.live_claims)) x
union all
select 'outreach', count(*) from (
    (table coverage_rebuild.live_outreach except table coverage_rebuild.outreach)
    union all (table coverage_rebuild.outreach except table coverage_rebuild.live_outreach)) x
union all
select 'briefings', count(*) from (
    (table coverage_rebuild.live_briefings
     except select key, recorded, region, held_on, agency, quota, present, attendees, withdrawn
     from coverage_rebuild.briefings)
    union all
    (select key, recorded, region, held_on, agency, quota, present, attendees, withdrawn from coverage_rebuild.briefings
     except table coverage_rebuild.live_briefings)) x
union all
select 'denominators', count(*) from (
    (table coverage_rebuild.live_denominators except table coverage_rebuild.denominators)
    union all (table coverage_rebuild.denominators except table coverage_rebuild.live_denominators)) x
union all
select 'targets', count(*) from (
    (table coverage_rebuild.live_targets
     except select region, measure, starts, until, source, value, list, agency, recorded, withdrawn from coverage_rebuild.targets)
    union all
    (select region, measure, starts, until, source, value, list, agency, recorded, withdrawn from coverage_rebuild.targets
     except table coverage_rebuild.live_targets)) x;

-- name: block_live_batches()
-- Lets no batch begin on the live side until the swap is done; those under way finish first.
lock table coverage.consumer_offsets in exclusive mode;

-- name: store_positions(topic, partition, next_offset)
-- Sets the rebuilt side's offsets to $3, under an epoch that fences every live consumer out: it reads its offsets again.
insert into coverage_rebuild.consumer_offsets (topic, partition, next_offset, epoch)
select n.topic, n.partition, n.next_offset, 1 + coalesce(
    (select epoch from coverage.consumer_offsets o where o.topic = n.topic and o.partition = n.partition), 0)
from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, next_offset);

-- name: swap_schemas()
-- In the transaction that blocks live batches: from its commit on, every question and every batch uses the rebuilt side.
-- Its batches are numbered on from the live ones, whose numbers the clients of the stream know; one change that names
-- every place makes the stream report that all of them may have changed. Alerts and their rules are taken over.
select setval('coverage_rebuild.batches',
    greatest(nextval('coverage.batches'), (select last_value from coverage_rebuild.batches)));
truncate coverage_rebuild.changes;
insert into coverage_rebuild.changes (batch, places)
    select nextval('coverage_rebuild.batches'), array(select distinct (cell >> 17)::int from coverage_rebuild.ledger);
lock table coverage.alert_rules, coverage.alerts in share row exclusive mode;
insert into coverage_rebuild.alert_rules table coverage.alert_rules;
insert into coverage_rebuild.alerts table coverage.alerts;
drop schema if exists coverage_former cascade;
alter schema coverage rename to coverage_former;
alter schema coverage_rebuild rename to coverage;

-- name: drop_schemas()
-- Removes what a rebuild leaves: the schema that was replaced, or the one that did not replace it.
drop schema if exists coverage_former cascade;
drop schema if exists coverage_rebuild cascade;
