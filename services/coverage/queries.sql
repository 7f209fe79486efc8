-- name: store_enrolments(partner_id, version, recorded, timeline, first_start, cooperative, channel)
-- Keeps the newest timeline of each partner and returns the one before it, with the cooperatives of that time. A version
-- that is not newer changes nothing and is not returned. Sorted, so that two batches never wait for each other in a circle.
insert into enrolments as e (partner_id, version, recorded, timeline, first_start, cooperative, channel)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bytea[], $5::date[], $6::uuid[], $7::uuid[]) order by 1
on conflict (partner_id) do update set version = excluded.version, recorded = greatest(e.recorded, excluded.recorded),
    timeline = excluded.timeline, first_start = excluded.first_start, cooperative = excluded.cooperative,
    channel = excluded.channel
where e.version < excluded.version
returning partner_id::text, coalesce(old.version, 0), coalesce(old.recorded, 0), coalesce(old.timeline, ''),
    old.cooperative::text, old.channel::text;

-- name: store_partners(partner_id, version, recorded, timeline, region, lists, cooperative)
-- The same for partner facts; also returns the lists before it, which show the agencies that contributed the change.
insert into partners as p (partner_id, version, recorded, timeline, region, lists, cooperative)
select a.id, a.version, a.recorded, a.timeline, a.region, array(select jsonb_array_elements_text(a.lists)), a.cooperative
from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bytea[], $5::text[], $6::jsonb[], $7::uuid[])
    a (id, version, recorded, timeline, region, lists, cooperative) order by 1
on conflict (partner_id) do update set version = excluded.version, recorded = greatest(p.recorded, excluded.recorded),
    timeline = excluded.timeline, region = excluded.region, lists = excluded.lists, cooperative = excluded.cooperative
where p.version < excluded.version
returning partner_id::text, coalesce(old.version, 0), coalesce(old.recorded, 0), coalesce(old.timeline, ''),
    coalesce(old.lists, '{}'), old.cooperative::text;

-- name: add_merges(partner_id, version, recorded, merged_into)
-- Which id answers for these merged partners since that second; delivered again it changes nothing.
insert into merges (partner_id, version, recorded, merged_into)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::uuid[]) on conflict do nothing;

-- name: open_batch(rows, places)
-- Announces a batch of the ledger and returns its number; the batch is seen together with its rows or not at all.
with announced as (insert into pending_batches (batch, rows) values (nextval('batches'), $1) returning batch)
insert into changes (batch, places) select batch, $2::int[] from announced returning batch;

-- name: record_last_seen(topic, partition, agency, last, day, events)
-- Keeps the newest second of each agency's events in this partition, and how many events it had on that second's day.
insert into last_seen as s (agency, topic, partition, last, day, events)
select a.agency, $1, $2, a.last, a.day, a.events
from unnest($3::text[], $4::bigint[], $5::date[], $6::bigint[]) a (agency, last, day, events) order by 1
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

-- name: add_target(region, measure, starts, until, source, value, list, agency, recorded)
-- Adds a target beside the earlier ones; the same one delivered again changes nothing.
insert into targets (region, measure, starts, until, source, value, list, agency, recorded)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing;

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

-- name: cell_sums(as_of, mask, provinces, regencies)
-- The sums on day $1 by all that is known, merged by the cell's bits $2, within the provinces $3 and regencies $4
-- (provinces null: all). One statement, one snapshot: a batch is read from the rollup or from the ledger, never both.
with today as materialized (select day from current_day),
pending as materialized (select min(batch) as low, max(batch) as high from pending_batches)
select cell & $2::bigint as cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
    sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
from (
    select cell, partners, workers, management, staff, labour from current_totals
    where $1::date >= (select day from today)
    union all
    select cell, partners, workers, management, staff, labour from rollup
    where day <= $1 and day > case when $1 >= (select day from today) then (select day from today) else '-infinity' end
    union all
    select cell, partners, workers, management, staff, labour from ledger
    where batch between (select low from pending) and (select high from pending)
        and batch in (select batch from pending_batches) and day <= $1
) differences
where $3::bigint[] is null or cell >> 24 = any($3) or cell >> 17 = any($4::bigint[])
group by 1;

-- name: cell_sums_known_at(as_of, mask, provinces, regencies, known_at)
-- The same by what was recorded up to and including second $5. Whole spans before that second are read from the rollup;
-- the ledger adds the rest of its span, and what is not rolled up yet.
with pending as materialized (select min(batch) as low, max(batch) as high from pending_batches)
select cell & $2::bigint as cell, sum(partners)::bigint as partners, sum(workers)::bigint as workers,
    sum(management)::bigint as management, sum(staff)::bigint as staff, sum(labour)::bigint as labour
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
group by 1;

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
-- The targets of the regions $1 known by second $2 (null: now): of facts about one target the newest. Those of another
-- agency, source, list, measure or other days are other targets.
select distinct on (region, starts, until, agency, measure, source, list)
    region, measure, starts, until, source, value, list, agency
from targets where region = any($1::text[]) and ($2::bigint is null or recorded <= $2)
order by region, starts, until, agency, measure, source, list, recorded desc, value desc;

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
