-- name: store_enrolments(partner_id, version, recorded, timeline, first_start, cooperative, channel, source)
-- Keeps the newest timeline of each partner and returns the one before it, with the source and the cooperatives of that
-- time; `first_start` counts from 2000 on. A version that is not newer changes nothing and is not returned. Sorted, so
-- that two batches never wait for each other in a circle. The arrays are read side by side as columns, which costs half
-- as much as a join of them.
insert into enrolments as e (partner_id, version, recorded, timeline, first_start, cooperative, channel, source)
select unnest($1::uuid[]), unnest($2::int[]), unnest($3::bigint[]), unnest($4::bytea[]),
    date '2000-01-01' + unnest($5::int[]), unnest($6::uuid[]), unnest($7::uuid[]), unnest($8::bigint[])
order by 1
on conflict (partner_id) do update set version = excluded.version, recorded = greatest(e.recorded, excluded.recorded),
    timeline = excluded.timeline, first_start = excluded.first_start, cooperative = excluded.cooperative,
    channel = excluded.channel, source = excluded.source
where e.version < excluded.version
returning partner_id::text, coalesce(old.version, 0), coalesce(old.recorded, 0), coalesce(old.timeline, ''),
    coalesce(old.source, 0), old.cooperative::text, old.channel::text;

-- name: store_partners(partner_id, version, recorded, timeline, region, lists, cooperative, source)
-- The same for partner facts, the lists as the texts of arrays; also returns the lists before it, which show the agencies that contributed the change.
insert into partners as p (partner_id, version, recorded, timeline, region, lists, cooperative, source)
select unnest($1::uuid[]), unnest($2::int[]), unnest($3::bigint[]), unnest($4::bytea[]), unnest($5::text[]),
    unnest($6::text[])::text[], unnest($7::uuid[]), unnest($8::bigint[])
order by 1
on conflict (partner_id) do update set version = excluded.version, recorded = greatest(p.recorded, excluded.recorded),
    timeline = excluded.timeline, region = excluded.region, lists = excluded.lists, cooperative = excluded.cooperative,
    source = excluded.source
where p.version < excluded.version
returning partner_id::text, coalesce(old.version, 0), coalesce(old.recorded, 0), coalesce(old.timeline, ''),
    coalesce(old.source, 0), coalesce(old.lists, '{}'), old.cooperative::text;

-- name: add_merges(partner_id, version, recorded, merged_into)
-- Which id answers for these merged partners since that second; delivered again it changes nothing.
insert into merges (partner_id, version, recorded, merged_into)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::uuid[]) on conflict do nothing;

-- name: open_batch(rows, places, source, names)
-- Announces a batch of the ledger and returns its number; the batch is seen together with its rows or not at all. Keeps
-- the names of its sources, as the texts of arrays, that are not kept yet.
with named as (
    insert into sources (source, names)
    select a.source, a.names::text[] from unnest($3::bigint[], $4::text[]) a (source, names) order by 1 on conflict do nothing
),
announced as (insert into pending_batches (batch, rows) values (nextval('batches'), $1) returning batch)
insert into changes (batch, places) select batch, $2::int[] from announced returning batch;

-- name: record_last_seen(topic, partition, agency, last, day, events, day_agency, days)
-- Keeps the newest second of each agency's events in this partition, and how many events it had on that second's day; and
-- on which days, counted from 1970 on, these agencies sent something.
with days as (
    insert into agency_days (agency, day)
    select unnest($7::text[]), date '1970-01-01' + unnest($8::int[]) order by 1, 2 on conflict do nothing
)
insert into last_seen as s (agency, topic, partition, last, day, events)
select a.agency, $1, $2, a.last, date '1970-01-01' + a.day, a.events
from unnest($3::text[], $4::bigint[], $5::int[], $6::bigint[]) a (agency, last, day, events) order by 1
on conflict (agency, topic, partition) do update set last = greatest(s.last, excluded.last),
    day = greatest(s.day, excluded.day),
    events = case when s.day = excluded.day then s.events + excluded.events
                  when s.day < excluded.day then excluded.events else s.events end;

-- name: first_seen(event_id)
-- Keeps the ids of events that are not kept yet, and returns those.
insert into statements (event_id) select * from unnest($1::text[]) on conflict do nothing returning event_id;

-- name: add_claims(claim_id, version, recorded, region, programme, segment, status, amount, occurred_on, tenure_months)
-- Keeps versions of claims that are not kept yet, and returns those.
insert into claims (claim_id, version, recorded, region, programme, segment, status, amount, occurred_on, tenure_months)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
    $9::date[], $10::int[])
on conflict do nothing
returning claim_id, version, recorded;

-- name: add_denominator(region, measure, as_of, source, value, status, agency, recorded)
-- Adds a denominator beside the earlier ones; the same one delivered again changes nothing.
insert into denominators (region, measure, as_of, source, value, status, agency, recorded)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing;

-- name: add_target(region, measure, starts, until, source, value, list, agency, recorded, withdrawn)
-- Adds a target, or that it was withdrawn, beside the earlier ones; what is recorded in one second again came last.
insert into targets (region, measure, starts, until, source, value, list, agency, recorded, withdrawn)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (region, measure, starts, until, source, recorded, agency, md5(coalesce(list, '')), value, withdrawn)
do update set arrival = default;

-- name: add_briefing(key, recorded, region, held_on, agency, quota, present, attendees, withdrawn)
-- Adds a briefing, or that it was withdrawn, beside the earlier ones; what is recorded in one second again came last.
insert into briefings (key, recorded, region, held_on, agency, quota, present, attendees, withdrawn)
values ($1, $2, $3, $4, $5, $6, $7, $8::uuid[], $9)
on conflict (key, recorded, withdrawn) do update set arrival = default, region = excluded.region,
    held_on = excluded.held_on, agency = excluded.agency, quota = excluded.quota, present = excluded.present,
    attendees = excluded.attendees;

-- name: add_outreach(event_id, partner_id, recorded, region, kind, template, channel, agent, outcome, causation)
-- Keeps the acts that are not kept yet.
insert into outreach (event_id, partner_id, recorded, region, kind, template, channel, agent, outcome, causation)
select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[]) on conflict do nothing;

-- name: try_rollup_lock()
-- Whether this transaction may roll up: one at a time in this schema. The lock ends with the transaction.
select pg_try_advisory_xact_lock(hashtext(current_schema() || '/rollup'));

-- name: current_day()
-- The day that the current totals are of.
select day from current_day;

-- name: advance_current_totals(day)
-- Adds to the current totals what begins or ends after the current day, up to day $1, which is later.
insert into current_totals as c (cell, partners, workers, management, staff, labour)
select cell, sum(partners), sum(workers), sum(management), sum(staff), sum(labour)
from rollup where day > (select day from current_day) and day <= $1
group by 1 order by 1
on conflict (cell) do update set partners = c.partners + excluded.partners, workers = c.workers + excluded.workers,
    management = c.management + excluded.management, staff = c.staff + excluded.staff,
    labour = c.labour + excluded.labour;

-- name: set_current_day(day)
-- Declares the current totals to be of day $1; only in the transaction that advanced them to it.
update current_day set day = $1;

-- name: batches_to_roll_up(max_rows)
-- The oldest pending batches of up to $1 rows together, at least one.
select batch from (
    select batch, sum(rows) over (order by batch) - rows as before from pending_batches
) pending where before < $1 order by batch;

-- name: pending_counts()
-- How many batches, and rows of the ledger, are not rolled up yet.
select count(*), coalesce(sum(rows), 0)::bigint from pending_batches;

-- name: roll_up(batches, first, last)
-- Adds the rows of these batches, which lie between the batches $2 and $3, to the sums of their spans.
insert into rollup as r (day, cell, span, partners, workers, management, staff, labour)
select day, cell, (recorded / 2592000)::int, sum(partners), sum(workers), sum(management), sum(staff), sum(labour)
from ledger where batch between $2 and $3 and batch = any($1::bigint[])
group by 1, 2, 3
having sum(partners) <> 0 or sum(workers) <> 0 or sum(management) <> 0 or sum(staff) <> 0 or sum(labour) <> 0
order by 1, 2, 3
on conflict (day, cell, span) do update set partners = r.partners + excluded.partners,
    workers = r.workers + excluded.workers, management = r.management + excluded.management,
    staff = r.staff + excluded.staff, labour = r.labour + excluded.labour;

-- name: roll_up_movements(batches, first, last)
-- The same for the movements of these batches.
insert into movement_rollup as r (place, enrolled, day, source, day_cause, cause, span, partners)
select place, enrolled, day, source, day_cause, cause, (recorded / 2592000)::int, sum(partners)
from movements where batch between $2 and $3 and batch = any($1::bigint[])
group by 1, 2, 3, 4, 5, 6, 7
having sum(partners) <> 0
order by 1, 2, 3, 4, 5, 6, 7
on conflict (place, enrolled, day, source, day_cause, cause, span) do update set partners = r.partners + excluded.partners;

-- name: advance_current_sources(day)
-- As `advance_current_totals`, of sources.
insert into current_sources as c (place, enrolled, source, partners)
select place, enrolled, source, sum(partners) from movement_rollup
where source <> 0 and day > (select day from current_day) and day <= $1
group by 1, 2, 3 order by 1, 2, 3
on conflict (place, enrolled, source) do update set partners = c.partners + excluded.partners;

-- name: add_to_current_sources(batches, first, last)
-- As `add_to_current_totals`, of sources.
insert into current_sources as c (place, enrolled, source, partners)
select place, enrolled, source, sum(partners) from movements
where source <> 0 and batch between $2 and $3 and batch = any($1::bigint[]) and day <= (select day from current_day)
group by 1, 2, 3 having sum(partners) <> 0 order by 1, 2, 3
on conflict (place, enrolled, source) do update set partners = c.partners + excluded.partners;

-- name: add_to_current_totals(batches, first, last)
-- Adds to the current totals what these batches, which lie between $2 and $3, change up to the current day.
insert into current_totals as c (cell, partners, workers, management, staff, labour)
select cell, sum(partners), sum(workers), sum(management), sum(staff), sum(labour)
from ledger where batch between $2 and $3 and batch = any($1::bigint[]) and day <= (select day from current_day)
group by 1 order by 1
on conflict (cell) do update set partners = c.partners + excluded.partners, workers = c.workers + excluded.workers,
    management = c.management + excluded.management, staff = c.staff + excluded.staff,
    labour = c.labour + excluded.labour;

-- name: close_batches(batches)
-- These batches are pending no more: from this transaction on, questions read them from the rollup.
delete from pending_batches where batch = any($1::bigint[]);

-- name: expire_changes()
-- Deletes the changes that every stream has sent long ago.
delete from changes where at < now() - interval '10 minutes';

-- name: changes(after, sent)
-- What batches after $1 changed, without the batches $2. A batch with a lower number may become visible after others.
select batch, places from changes where batch > $1 and batch <> all($2::bigint[]) order by batch;

-- name: cell_sums(as_of, masks, provinces, regencies)
-- The sums on day $1 by all that is known, merged by the cell's bits in each of the masks $2, within the provinces $3 and
-- regencies $4 (provinces null: all). One statement, one snapshot: a batch is read from the rollup or from the ledger,
-- never both. A day that lies nearer to the current day than to the first one is counted back from the current totals.
with today as materialized (select day from current_day),
back as materialized (
    select coalesce($1::date < day and day - $1 < $1 - (select min(day) from rollup), false) as is_shorter from current_day),
pending as materialized (select min(batch) as low, max(batch) as high from pending_batches),
merged as (
    select cell & (select bit_or(mask) from unnest($2::bigint[]) m (mask)) as cell, sum(partners)::bigint as partners,
        sum(workers)::bigint as workers, sum(management)::bigint as management, sum(staff)::bigint as staff,
        sum(labour)::bigint as labour
    from (
        select cell, partners, workers, management, staff, labour from current_totals
        where $1 >= (select day from today) or (select is_shorter from back)
        union all
        select cell, -partners, -workers, -management, -staff, -labour from rollup
        where (select is_shorter from back) and day > $1 and day <= (select day from today)
        union all
        select cell, partners, workers, management, staff, labour from rollup
        where not (select is_shorter from back)
            and day <= $1 and day > case when $1 >= (select day from today) then (select day from today) else '-infinity' end
        union all
        select cell, partners, workers, management, staff, labour from ledger
        where batch between (select low from pending) and (select high from pending)
            and batch in (select batch from pending_batches) and day <= $1
    ) differences
    where $3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[])
    group by 1
)
select mask, cell & mask as cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
    sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
from merged cross join unnest($2::bigint[]) m (mask)
group by 1, 2;

-- name: cell_sums_known_at(as_of, masks, provinces, regencies, known_at)
-- The same by what was recorded up to and including second $5. Whole spans before that second are read from the rollup;
-- the ledger adds the rest of its span, and what is not rolled up yet.
with pending as materialized (select min(batch) as low, max(batch) as high from pending_batches),
merged as (
    select cell & (select bit_or(mask) from unnest($2::bigint[]) m (mask)) as cell, sum(partners)::bigint as partners,
        sum(workers)::bigint as workers, sum(management)::bigint as management, sum(staff)::bigint as staff,
        sum(labour)::bigint as labour
    from (
        select cell, partners, workers, management, staff, labour from rollup
        where day <= $1 and span < $5::bigint / 2592000
        union all
        select cell, partners, workers, management, staff, labour from ledger
        where recorded between $5 / 2592000 * 2592000 and $5 and day <= $1
        union all
        select cell, partners, workers, management, staff, labour from ledger
        where batch between (select low from pending) and (select high from pending)
            and batch in (select batch from pending_batches) and recorded < $5 / 2592000 * 2592000 and day <= $1
    ) differences
    where $3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[])
    group by 1
)
select mask, cell & mask as cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
    sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
from merged cross join unnest($2::bigint[]) m (mask)
group by 1, 2;

-- name: steps(days, mask, provinces, regencies)
-- What changes from one of the days $1 (in order) to the next, by all that is known: `step` n is from the nth day on and
-- before the one after it. Masked and bounded as `cell_sums`, which gives the sums to begin with.
with pending as materialized (select min(batch) as low, max(batch) as high from pending_batches)
select width_bucket(day, $1::date[]) as step, cell & $2::bigint as cell, sum(partners)::bigint as partners,
    sum(workers)::bigint as workers, sum(management)::bigint as management, sum(staff)::bigint as staff,
    sum(labour)::bigint as labour
from (
    select day, cell, partners, workers, management, staff, labour from rollup
    union all
    select day, cell, partners, workers, management, staff, labour from ledger
    where batch between (select low from pending) and (select high from pending)
        and batch in (select batch from pending_batches)
) differences
where day >= ($1)[1] and day < ($1)[cardinality($1)]
    and ($3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[]))
group by 1, 2;

-- name: steps_known_at(days, mask, provinces, regencies, known_at)
-- The same by what was recorded up to and including second $5.
with pending as materialized (select min(batch) as low, max(batch) as high from pending_batches)
select width_bucket(day, $1::date[]) as step, cell & $2::bigint as cell, sum(partners)::bigint as partners,
    sum(workers)::bigint as workers, sum(management)::bigint as management, sum(staff)::bigint as staff,
    sum(labour)::bigint as labour
from (
    select day, cell, partners, workers, management, staff, labour from rollup where span < $5::bigint / 2592000
    union all
    select day, cell, partners, workers, management, staff, labour from ledger
    where recorded between $5 / 2592000 * 2592000 and $5
    union all
    select day, cell, partners, workers, management, staff, labour from ledger
    where batch between (select low from pending) and (select high from pending)
        and batch in (select batch from pending_batches) and recorded < $5 / 2592000 * 2592000
) differences
where day >= ($1)[1] and day < ($1)[cardinality($1)]
    and ($3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[]))
group by 1, 2;

-- name: losses(days, mask, provinces, regencies, known_at)
-- How many enrolled leave a cell in each step, and for which one, by second $5 (null: by all that is known). 0: enrolled
-- nowhere; -1: outside the provinces $3 and regencies $4.
with bounded as (
    select width_bucket(day, $1::date[]) as step, cell, next_cell, partners,
        $3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[]) as leaves,
        $3 is null or next_cell >> 24 = any($3) or next_cell >> 17 = any($4) as comes
    from losses
    where day >= ($1)[1] and day < ($1)[cardinality($1)] and ($5::bigint is null or recorded <= $5)
)
select step, case when leaves then cell & $2::bigint else -1 end as cell,
    case when next_cell = 0 then 0 when comes then next_cell & $2 else -1 end as next_cell, sum(partners)::bigint as partners
from bounded
where leaves or comes and next_cell <> 0
group by 1, 2, 3
having sum(partners) <> 0;

-- name: losses_complete()
-- Whether every enrolment that was read is in `losses`; else a rebuild is needed.
select complete from losses_complete;

-- name: cooperative_sums(as_of, mask, provinces, regencies, known_at, cooperative, through)
-- As `cell_sums`, of the members of cooperative $6, or of those enrolled through it; $5 null: by all that is known.
select cell & $2::bigint as cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
    sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
from cooperative_ledger
where cooperative = $6 and through = $7 and day <= $1::date and ($5::bigint is null or recorded <= $5)
    and ($3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[]))
group by 1;

-- name: answering(partner_id, known_at)
-- The id that answered for this one by second $2 (null: now): another one if it was merged by then.
select coalesce((select merged_into from merges where partner_id = $1 and ($2::bigint is null or recorded <= $2)
                  order by version desc limit 1), $1);

-- name: partner(partner_id)
-- Where the partner is and whose lists name it, agency/list.
select region, lists from partners where partner_id = $1;

-- name: cooperatives_complete()
-- Whether every fact that was read named its cooperative; else a rebuild is needed.
select complete from cooperatives_complete;

-- name: denominators(regions, known_at)
-- Those of the regions $1 known by second $2 (null: now); of facts with one key the newest.
select distinct on (region, measure, as_of, source) region, measure, as_of, source, value, status
from denominators where region = any($1::text[]) and ($2::bigint is null or recorded <= $2)
order by region, measure, as_of, source, recorded desc;

-- name: targets(regions, known_at)
-- The targets of the regions $1 that held by second $2 (null: now): of facts about one target the newest, unless it was
-- withdrawn. Those of another agency, source, measure or first day are other targets.
select region, measure, starts, until, source, value, list, agency
from (select distinct on (region, measure, starts, source, agency) *
        from targets where region = any($1::text[]) and ($2::bigint is null or recorded <= $2)
       order by region, measure, starts, source, agency, recorded desc, arrival desc) newest
where not withdrawn
order by region, starts, until, agency, measure, source;

-- name: progress(within_region, within_regency, target, region, list, agency, starts, until, numerator)
-- How many partners listed in the regencies of each target first started within its days, of the kind that its measure
-- counts, and how many workers they started with; the pairs $1, $2 are a region and each of its regencies. Its list is its
-- own agency's of that name; where there is none, anybody's. A stay's bytes: timelines.py, the bits of its cell: cells.py.
with target as (
    select * from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::date[], $8::date[], $9::text[])
        t (target, region, list, agency, starts, until, numerator)
),
within as (
    select target.*, regency from target join unnest($1::text[], $2::text[]) i (code, regency) on code = target.region
),
own as (
    select distinct w.target from within w join partners p on p.region = w.regency
    where w.list is not null and w.agency || '/' || w.list = any(p.lists)
),
started as (
    select w.target, w.numerator, e.timeline,
        get_byte(coalesce(nullif(e.timeline, ''), nullif(p.timeline, '')), 1) as kind_and_scale
    from within w join partners p on p.region = w.regency join enrolments e using (partner_id)
    where p.lists <> '{}' and e.first_start between w.starts and w.until and (
        w.list is null or w.agency || '/' || w.list = any(p.lists)
        or w.target not in (select target from own) and exists (
            select from unnest(p.lists) each where substr(each, strpos(each, '/') + 1) = w.list))
)
select target, count(*) as partners, coalesce(sum(
    case when timeline = '' then 0 else get_byte(timeline, 16) + (get_byte(timeline, 17) << 8)
        + (get_byte(timeline, 18) << 16) + (get_byte(timeline, 19) << 24) end), 0)::bigint as workers
from started
where numerator in ('partners', 'workers')
    or numerator = (array['cooperative', 'business', 'individual'])[kind_and_scale >> 5 & 3]
    or numerator = 'micro_business' and kind_and_scale >> 5 & 3 = 2 and kind_and_scale >> 2 & 7 in (0, 1)
group by 1;

-- name: freshness(day)
-- Every agency that sent an event or holds a key: the second of its newest event (null: none), its events on day $1.
select agency, max(last) as last, coalesce(sum(events) filter (where day = $1::date), 0)::bigint as events_today
from last_seen full join (
    select distinct agency from keys
    where agency is not null and agent is null and not revoked and (expires_at is null or expires_at > now())
) known using (agency)
group by agency order by agency;

-- name: claims(regency, region, known_at, by, as_of)
-- The claims of the regencies $1 (each counted in the region beside it in $2) by their status as known by second $3
-- (null: now), for the dimensions $4, of those that occurred up to day $5. Only paid claims carry money: numeric, so that
-- no sum overflows; days beyond what a month can be named of count in the first or last one.
select place.code as region, status,
    case when 'programme' = any($4::text[]) then programme end as programme,
    case when 'segment' = any($4) then segment end as segment,
    case when 'month' = any($4) then
        to_char(least(greatest(occurred_on, '0001-01-01'), '9999-12-31'), 'YYYY-MM') end as month,
    count(*) as count, coalesce(sum(amount) filter (where status = 'paid'), 0)::numeric as amount,
    percentile_cont(0.5) within group (order by tenure_months) as median_tenure
from claims c join unnest($1::text[], $2::text[]) place (regency, code) on place.regency = c.region
where occurred_on <= $5::date and status <> 'withdrawn' and ($3::bigint is null or recorded <= $3) and not exists (
    select from claims newer
    where newer.claim_id = c.claim_id and newer.version > c.version and ($3 is null or newer.recorded <= $3))
group by 1, 2, 3, 4, 5;

-- name: claim_counts(known_at, by, as_of)
-- How many claims each regency has by their status, and by the dimension in $2 if there is one: as `claims` counts them.
select region, status,
    case when 'programme' = any($2::text[]) then programme when 'segment' = any($2) then segment
        when 'month' = any($2) then to_char(least(greatest(occurred_on, '0001-01-01'), '9999-12-31'), 'YYYY-MM')
        end as value,
    count(*) as count
from claims c
where occurred_on <= $3::date and status <> 'withdrawn' and ($1::bigint is null or recorded <= $1) and not exists (
    select from claims newer
    where newer.claim_id = c.claim_id and newer.version > c.version and ($1 is null or newer.recorded <= $1))
group by 1, 2, 3;

-- name: outreach(since, until, day, days, by)
-- What notifications did from second $1 up to second $2, and what became of it up to day $3, by region and the dimensions
-- $5. A visit is a task that an agent ended with a talk; its template is that of the reminder that the task came from, by
-- causation. Each partner that was reached counts once, with the last contact before its first start, else the last one at
-- all; it is registered by it if that start lies on the contact's day or within $4 days after it.
with act as (
    select o.*, (to_timestamp(recorded) at time zone 'Asia/Jakarta')::date as day,
        kind = 'task.closed' and agent is not null and outcome = any('{visited,agreed,refused}') as is_visit
    from outreach o
    where recorded >= $1::bigint and recorded <= $2::bigint
        and kind = any('{reminder.sent,reminder.failed,task.closed}')
),
contact as (
    select a.region, a.kind, a.channel, a.agent, a.day, a.recorded, a.event_id,
        coalesce((select merged_into from merges m where m.partner_id = a.partner_id order by version desc limit 1),
            a.partner_id) as partner_id,
        case when not a.is_visit then a.template else (
            select r.template from outreach t join outreach r on r.causation = t.causation and r.kind = 'reminder.sent'
            where t.event_id = a.causation || '/opened' order by r.recorded desc limit 1) end as template
    from act a where a.is_visit or a.kind <> 'task.closed'
),
reached as (
    select distinct on (c.partner_id) c.event_id,
        e.first_start >= c.day and e.first_start <= least(c.day + $4::int, $3::date) as is_registered
    from contact c left join enrolments e using (partner_id) where c.kind <> 'reminder.failed'
    order by c.partner_id, coalesce(e.first_start, 'infinity') >= c.day desc, c.recorded desc, c.event_id desc
)
select c.region,
    case when 'template' = any($5::text[]) then c.template end as template,
    case when 'channel' = any($5) then c.channel end as channel,
    case when 'agent' = any($5) then c.agent end as agent,
    case when 'month' = any($5) then to_char(c.day, 'YYYY-MM') end as month,
    count(*) filter (where c.kind = 'reminder.sent') as sent,
    count(*) filter (where c.kind = 'reminder.failed') as failed,
    count(*) filter (where c.kind = 'task.closed') as visits,
    count(r.event_id) as reached,
    count(*) filter (where r.is_registered) as registered_within_90_days
from contact c left join reached r using (event_id)
group by 1, 2, 3, 4, 5;

-- name: briefings(since, day, days, known_at, by)
-- The briefings held from day $1 to day $2 as known by second $4 (null: now), by region and the dimensions $5. Of those
-- who came and are known as partners: how many had started by that day, how many first within $3 days after it, up to $2.
with newest as (
    select distinct on (key) * from briefings where $4::bigint is null or recorded <= $4
    order by key, recorded desc, arrival desc
),
held as (select * from newest where not withdrawn and held_on between $1::date and $2::date),
guest as (
    select h.key, count(*) as known, count(*) filter (where e.first_start <= h.held_on) as before,
        count(*) filter (where e.first_start > h.held_on and e.first_start <= least(h.held_on + $3::int, $2)) as after
    from held h cross join unnest(h.attendees) a (partner_id) left join enrolments e on e.partner_id = coalesce(
        (select merged_into from merges m where m.partner_id = a.partner_id order by version desc limit 1), a.partner_id)
    group by 1
)
select region,
    case when 'agency' = any($5::text[]) then agency end as agency,
    case when 'month' = any($5) then to_char(held_on, 'YYYY-MM') end as month,
    count(*) as briefings, coalesce(sum(quota), 0)::bigint as quota,
    coalesce(sum(coalesce(present, known)), 0)::bigint as present,
    coalesce(sum(known), 0)::bigint as attendees, coalesce(sum(before), 0)::bigint as before,
    coalesce(sum(after), 0)::bigint as after
from held left join guest using (key)
group by 1, 2, 3;

-- name: briefings_complete()
-- Whether every briefing that was read is kept; else a rebuild is needed.
select complete from briefings_complete;

-- name: movements_complete()
-- Whether every fact that was read left its movements; else a rebuild is needed.
select complete from movements_complete;

-- name: sums_by_day_cause(after_day, day, after_second, second, low, high, provinces)
-- What moved the figures after day $1 up to day $2, by what was recorded after second $3 up to second $4, in the places
-- $5 to $6 of the provinces $7 (null: all): by place, side and the cause of that day.
select place, enrolled, day_cause as cause, sum(partners)::bigint as partners
from movements_between($1::date, $2::date, $3::bigint, $4::bigint, $5::int, $6::int, $7::int[])
where day_cause <> 0 group by 1, 2, 3 having sum(partners) <> 0;

-- name: sums_by_cause(after_day, day, after_second, second, low, high, provinces)
-- The same by the cause of that knowledge.
select place, enrolled, cause, sum(partners)::bigint as partners
from movements_between($1::date, $2::date, $3::bigint, $4::bigint, $5::int, $6::int, $7::int[])
where cause <> 0 group by 1, 2, 3 having sum(partners) <> 0;

-- name: sums_by_source(after_day, day, after_second, second, low, high, provinces, by_place)
-- The same by source, with its names; $8: for each place, else (place 0) for all together.
select case when $8::bool then place else 0 end as place, enrolled, s.names, sum(partners)::bigint as partners
from movements_between($1::date, $2::date, $3::bigint, $4::bigint, $5::int, $6::int, $7::int[]) m
    join sources s using (source)
where source <> 0 group by 1, 2, s.source having sum(partners) <> 0;

-- name: current_sums_by_source(day, low, high, provinces, by_place)
-- As `sums_by_source`, on day $1, which is the current day or later, by all that is known.
with today as materialized (select day from current_day)
select case when $5::bool then place else 0 end as place, enrolled, s.names, sum(partners)::bigint as partners
from (
    select place, enrolled, source, partners from current_sources
    where place between $2::int and $3::int
    union all
    select place, enrolled, source, partners from movement_rollup
    where day > (select day from today) and day <= $1::date and place between $2 and $3
    union all
    select place, enrolled, source, partners from movements
    where batch between (select min(batch) from pending_batches) and (select max(batch) from pending_batches)
        and batch in (select batch from pending_batches) and day <= $1 and place between $2 and $3
) m (place, enrolled, source, partners) join sources s using (source)
where source <> 0 and ($4::int[] is null or m.place >> 7 = any($4))
group by 1, 2, s.source having sum(partners) <> 0;

-- name: moved_partners(after_day, day, after_second, second, low, high, provinces, causes, by_day, agency, after, limit)
-- The partners that moved the figures by these causes: those with the $12 lowest ids after $11, side by side with what
-- they add up to. Of agency $10 (null: of all) those that its lists name now, or named in the source they moved with.
with moved as (
    select partner_id, enrolled, case when $9::bool then day_cause else cause end as cause, sum(partners) as partners
    from movements m
    where day > $1::date and day <= $2::date and recorded > $3::bigint and recorded <= $4::bigint
        and place between $5::int and $6::int and ($7::int[] is null or place >> 7 = any($7))
        and case when $9 then day_cause else cause end = any($8::int[]) and partner_id > $11::uuid
        and ($10::text is null
            or exists (select from partners p, unnest(p.lists) each
                where p.partner_id = m.partner_id and starts_with(each, $10 || '/'))
            or exists (select from sources s, unnest(s.names) each
                where s.source = m.source and starts_with(each, $10 || '/')))
    group by 1, 2, 3 having sum(partners) <> 0
),
page as (select distinct partner_id from moved order by 1 limit $12::int)
select partner_id, enrolled, cause, partners::int as partners from moved join page using (partner_id) order by 1, 2, 3;

-- name: agency_days(until, most)
-- Of each agency the $2 newest days up to $1 on which it sent something, newest first.
select agency, array(select day from agency_days d where d.agency = seen.agency and day <= $1::date
    order by day desc limit $2::int) as days
from (select distinct agency from last_seen) seen;

-- name: rules()
-- All rules, oldest first.
select rule_id, name, condition, clear_after_hours, enabled, created_at from alert_rules order by created_at, rule_id;

-- name: enabled_rules()
-- The rules to look at.
select rule_id, name, condition, clear_after_hours from alert_rules where enabled order by created_at, rule_id;

-- name: add_rule(rule_id, name, condition, clear_after_hours, enabled, created_at, most)
-- Adds a rule and returns it, unless there are $7 already.
insert into alert_rules (rule_id, name, condition, clear_after_hours, enabled, created_at)
select $1::uuid, $2::text, $3::jsonb, $4::int, $5::boolean, $6::timestamptz
where (select count(*) from alert_rules) < $7::bigint
returning rule_id, name, condition, clear_after_hours, enabled, created_at;

-- name: switch_rule(rule_id, enabled)
-- Switches the rule and returns it.
update alert_rules set enabled = $2 where rule_id = $1::uuid
returning rule_id, name, condition, clear_after_hours, enabled, created_at;

-- name: delete_rule(rule_id)
-- Deletes the rule and returns its id; null where there is none.
delete from alert_rules where rule_id = $1::uuid returning rule_id;

-- name: try_alert_lock()
-- Whether this transaction may look at a rule: one at a time in this schema. The lock ends with the transaction.
select pg_try_advisory_xact_lock(hashtext(current_schema() || '/alerts'));

-- name: open_alerts(rule_id)
-- The alerts of this rule that are not resolved.
select subject, opened_at, last_true_at from alerts where rule_id = $1::uuid and resolved_at is null;

-- name: open_alert(alert_id, rule_id, rule_name, kind, subject, details, at)
-- Opens an alert, unless the rule was deleted or switched off meanwhile or one is open: at most one of a rule and subject.
insert into alerts (alert_id, rule_id, rule_name, kind, subject, details, opened_at, last_true_at)
select $1::uuid, rule_id, $3::text, $4::text, $5::text, $6::jsonb, $7::timestamptz, $7
from alert_rules where rule_id = $2::uuid and enabled
on conflict (rule_id, subject) where resolved_at is null do nothing;

-- name: keep_alert(rule_id, subject, details, at)
-- The alert's condition is still true: its newest numbers.
update alerts set details = $3::jsonb, last_true_at = $4::timestamptz
where rule_id = $1::uuid and subject = $2 and resolved_at is null;

-- name: resolve_alerts(rule_id, subjects, at)
-- The conditions of these alerts were untrue for long enough.
update alerts set resolved_at = $3::timestamptz where rule_id = $1::uuid and subject = any($2::text[]) and resolved_at is null;

-- name: resolve_alerts_of_rule(rule_id, at)
-- Nobody looks at these conditions any more.
update alerts set resolved_at = $2::timestamptz where rule_id = $1::uuid and resolved_at is null;

-- name: count_open_alerts()
-- How many alerts are not resolved.
select count(*) from alerts where resolved_at is null;

-- name: alerts(state, after, limit)
-- The alerts in state $1 (null: all) that follow alert $2 (null: from the first one), newest first.
select alert_id, rule_id, rule_name, kind, subject, details, opened_at, last_true_at, acknowledged_at, resolved_at
from alerts
where ($1::text is null or $1 = case when resolved_at is not null then 'resolved'
        when acknowledged_at is not null then 'acknowledged' else 'open' end)
    and ($2::uuid is null or (opened_at, alert_id) < (select opened_at, alert_id from alerts where alert_id = $2))
order by opened_at desc, alert_id desc limit $3::int;

-- name: acknowledge_alert(alert_id, at)
-- Notes when the alert was first acknowledged, and returns it.
update alerts set acknowledged_at = coalesce(acknowledged_at, $2::timestamptz) where alert_id = $1::uuid
returning alert_id, rule_id, rule_name, kind, subject, details, opened_at, last_true_at, acknowledged_at, resolved_at;

-- name: try_alert_message_lock()
-- Whether this transaction may send messages of alerts: one at a time in this schema. The lock ends with it.
select pg_try_advisory_xact_lock(hashtext(current_schema() || '/alert_messages'));

-- name: unsent_alert()
-- The oldest alert of which the channel did not take yet that it opened, or that it was resolved.
select alert_id, rule_name, kind, subject, details, opened_at, resolved_at, opening_sent_at from alerts
where opening_sent_at is null or resolved_at is not null and resolution_sent_at is null
order by opened_at, alert_id limit 1;

-- name: mark_alert_sent(alert_id, what, at)
-- The channel took this message.
update alerts set opening_sent_at = case when $2::text = 'opened' then $3::timestamptz else opening_sent_at end,
    resolution_sent_at = case when $2 = 'resolved' then $3 else resolution_sent_at end
where alert_id = $1::uuid;

-- name: claims_filed(regencies, known_at, seconds, spans)
-- How many claims of these regencies were recorded first within each of the $4 spans of $3 seconds up to second $2, span 0
-- being the newest.
select (($2::bigint - recorded) / $3::bigint)::int as span, count(*) as count
from claims where version = 1 and region = any($1::text[]) and recorded <= $2 and recorded > $2 - $3 * $4::bigint
group by 1;

-- name: begin_self_check()
-- Whether this transaction may compare figures and timelines: one at a time in this schema. The lock ends with it; it may
-- take as long as all partners take.
select pg_try_advisory_xact_lock(hashtext(current_schema() || '/self_check'))
from set_config('transaction_timeout', '0', true);

-- name: self_checked(day)
-- Whether somebody compared in this night.
select exists (select from self_checks where day = $1::date);

-- name: timelines()
-- The stays of every partner, listed and enrolled.
select timeline from partners where timeline <> '' union all select timeline from enrolments where timeline <> '';

-- name: add_self_check(day, at, differences)
-- Keeps what this night's comparison found.
insert into self_checks (day, checked_at, differences) values ($1::date, $2::timestamptz, $3::int) on conflict do nothing;

-- name: newest_self_check()
-- What the newest comparison found, and when.
select differences, checked_at from self_checks order by day desc limit 1;

-- name: read_figures()
-- Within this transaction of the administrator's: coverage's tables.
set local search_path = coverage;

-- name: cells_by_day()
-- What each day changed in each cell, by day; what a row has no word for is an empty text.
select day, region, province, side, kind, scale, occupation, coalesce(segment, ''), array_to_string(programmes, '+'),
    partners, workers, management, staff, labour
from reporting_changes order by day, region, side;
