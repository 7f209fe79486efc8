-- What analysts read of reminders, visits and briefings: no partner, no agent.
create view reporting_outreach as
select (to_timestamp(recorded) at time zone 'Asia/Jakarta')::date as day, region, kind, template, channel, outcome,
    count(*)::bigint as acts
from outreach group by 1, 2, 3, 4, 5, 6;

create view reporting_briefings as
select held_on, region, agency, quota, present, cardinality(attendees) as attendees
from (select distinct on (key) * from briefings order by key, recorded desc, arrival desc) newest
where not withdrawn;

do $$
begin
    if exists (select from pg_roles where rolname = 'payung_analysts') then
        grant select on reporting_outreach, reporting_briefings to payung_analysts;
    end if;
end $$;
