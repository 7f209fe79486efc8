-- What analysts read (docs/analysts.md): views with names and texts instead of packed cells. They are part of the schema, so
-- a rebuild makes them anew; whoever is a member of the role `payung_analysts` may read them and nothing else.

create function reporting_region(cell bigint) returns text language sql immutable as $$
    select lpad((cell >> 24)::text, 2, '0') || '.' || lpad((cell >> 17 & 127)::text, 2, '0')
$$;

-- Differences from day to day by all that is known now: the sum up to a day is that day's figure.
create view reporting_changes as
select day, reporting_region(cell) as region, lpad((cell >> 24)::text, 2, '0') as province,
    case when cell & 65536 <> 0 then 'enrolled' else 'listed' end as side,
    (array['cooperative', 'business', 'individual'])[cell >> 13 & 3] as kind,
    (array['unknown', 'micro', 'small', 'medium', 'large'])[1 + (cell >> 10 & 7)] as scale,
    (array['none', 'farmer', 'fisher', 'home_industry', 'driver', 'trader', 'other'])[1 + (cell >> 7 & 7)] as occupation,
    (array['PU', 'BPU'])[cell >> 5 & 3] as segment,
    array(select name from unnest(array['JKK', 'JKM', 'JHT', 'JP', 'JKP']) with ordinality p (name, number)
          where cell & (1 << (number - 1)::int) <> 0 order by number) as programmes,
    sum(partners)::bigint as partners, sum(workers)::bigint as workers, sum(management)::bigint as management,
    sum(staff)::bigint as staff, sum(labour)::bigint as labour
from (
    select day, cell, partners, workers, management, staff, labour from rollup
    union all
    select day, cell, partners, workers, management, staff, labour from ledger
    where batch in (select batch from pending_batches)
) differences
group by day, cell
having sum(partners) <> 0 or sum(workers) <> 0;

-- Today's figures by regency, as `GET /v1/coverage?level=regency` has them.
create view reporting_today as
select region, province,
    coalesce(sum(partners) filter (where side = 'listed'), 0)::bigint as listed,
    coalesce(sum(partners) filter (where side = 'enrolled'), 0)::bigint as enrolled,
    coalesce(sum(workers) filter (where side = 'listed'), 0)::bigint as listed_workers,
    coalesce(sum(workers) filter (where side = 'enrolled'), 0)::bigint as enrolled_workers
from reporting_changes where day <= (now() at time zone 'Asia/Jakarta')::date
group by region, province;

-- Why the figures of partners moved, day by day (causes.py).
create view reporting_causes as
select day, reporting_region(place::bigint << 17) as region,
    case when enrolled then 'enrolled' else 'listed' end as side,
    case when day_cause between 11 and 13 then 'moved_in' when day_cause between 14 and 16 then 'moved_out'
        else (array['listed', 'delisted', 'joined', 'reinstated', 'lapsed'])[day_cause] end as cause,
    sum(partners)::bigint as partners
from (
    select day, place, enrolled, day_cause, partners from movement_rollup
    union all
    select day, place, enrolled, day_cause, partners from movements where batch in (select batch from pending_batches)
) moved (day, place, enrolled, day_cause, partners)
where day_cause <> 0
group by day, place, enrolled, 4
having sum(partners) <> 0;

-- The newest version of each claim that was not withdrawn; it names nobody.
create view reporting_claims as
select region, programme, segment, status, amount, occurred_on, tenure_months
from (select distinct on (claim_id) * from claims order by claim_id, version desc) newest
where status <> 'withdrawn';

-- When each agency was last seen.
create view reporting_agencies as
select agency, to_timestamp(max(last)) as last_event from last_seen group by agency;

do $$
begin
    if exists (select from pg_roles where rolname = 'payung_analysts') then
        execute format('grant usage on schema %I to payung_analysts', current_schema());
        grant select on reporting_changes, reporting_today, reporting_causes, reporting_claims, reporting_agencies
            to payung_analysts;
    end if;
end $$;
