-- name: listings(partner_ids)
-- The present projection of the topic `partners` for these; no row for an unknown id.
select partner_id::text, version, status, merged_into::text, merged_at, region, kind, listed_known_at, agencies,
       cooperative_id::text, lists
from partners where partner_id = any($1::uuid[])

-- name: add_listings(partner_ids, versions, statuses, survivors, merge_times, regions, kinds, known_times, agencies, cooperatives, lists, now)
-- Adds the listings of partners that have no row, in key order; fails if another transaction added one meanwhile.
insert into partners (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies,
                      cooperative_id, lists, applied_at)
select n.*, $12::timestamptz
from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
            $8::timestamptz[], $9::text[], $10::uuid[], $11::text[]) n (partner_id)
order by 1

-- name: store_listings(partner_ids, versions, statuses, survivors, merge_times, regions, kinds, known_times, agencies, cooperatives, lists, now)
-- Stores the newest listings, applied `now`; never over a newer version. In key order, so that two batches cannot
-- deadlock.
insert into partners as p (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies,
                           cooperative_id, lists, applied_at)
select n.*, $12::timestamptz
from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
            $8::timestamptz[], $9::text[], $10::uuid[], $11::text[]) n (partner_id)
order by 1
on conflict (partner_id) do update set
    version = excluded.version, status = excluded.status, merged_into = excluded.merged_into,
    merged_at = excluded.merged_at, region = excluded.region, kind = excluded.kind,
    listed_known_at = excluded.listed_known_at, agencies = excluded.agencies, applied_at = excluded.applied_at,
    cooperative_id = excluded.cooperative_id, lists = excluded.lists
where p.version < excluded.version or p.version = excluded.version and p.lists is null

-- name: timelines(partner_ids)
-- The present projection of the topic `enrollments` for these partners; no row for an unknown id.
select partner_id::text, enrollment_version, insured_from, insured_until, end_known_at, past_until, past_known_at
from partners where partner_id = any($1::uuid[])

-- name: store_timelines(partner_ids, versions, starts, ends, end_known_times, past_ends, past_known_times)
-- Stores the partners' newest timelines; never over a newer version. In key order.
insert into partners as p
    (partner_id, enrollment_version, insured_from, insured_until, end_known_at, past_until, past_known_at)
select * from unnest($1::uuid[], $2::int[], $3::date[], $4::date[], $5::timestamptz[], $6::date[], $7::timestamptz[])
     n (partner_id, enrollment_version)
order by 1
on conflict (partner_id) do update set
    enrollment_version = excluded.enrollment_version, insured_from = excluded.insured_from,
    insured_until = excluded.insured_until, end_known_at = excluded.end_known_at,
    past_until = excluded.past_until, past_known_at = excluded.past_known_at
where p.enrollment_version < excluded.enrollment_version

-- name: store_contacts(partner_ids, versions, names, contact_persons, phones, emails, languages, recorded_times, phone_keys, email_keys, person_keys)
-- Stores the newest contacts with their keys, in key order; never over a newer version, never what was erased or is of
-- an erased partner. Returns those of them that are known and whose keys are others than before: nothing else decides
-- about reminders.
with told as materialized (
    select n.*, p.status from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                     $8::timestamptz[], $9::uuid[], $10::uuid[], $11::uuid[])
         n (partner_id, version, name, contact_person, phone, email, language, recorded_at, phone_key, email_key,
            person_key)
    left join partners p using (partner_id)
),
stored as (
    insert into contacts as c (partner_id, version, name, contact_person, phone, email, language, recorded_at,
                               phone_key, email_key, person_key, is_keyed)
    select n.partner_id, n.version, n.name, n.contact_person, n.phone, n.email, n.language, n.recorded_at, n.phone_key,
           n.email_key, n.person_key, true
    from told n
    where n.status is distinct from 'erased'
      and not exists (select from erased_contacts e
                      where e.partner_id = n.partner_id and (e.version >= n.version or e.erased_at >= n.recorded_at))
    order by 1
    on conflict (partner_id) do update set
        version = excluded.version, name = excluded.name, contact_person = excluded.contact_person,
        phone = excluded.phone, email = excluded.email, language = excluded.language,
        recorded_at = excluded.recorded_at, phone_key = excluded.phone_key, email_key = excluded.email_key,
        person_key = excluded.person_key, is_keyed = true
    where c.version < excluded.version
    returning partner_id, (old.phone_key, old.email_key, old.person_key)
                          is distinct from (new.phone_key, new.email_key, new.person_key) as is_changed
)
select partner_id::text from stored join (select partner_id from told where status is not null) known using (partner_id)
where is_changed

-- name: newer_contacts(partner_ids, times)
-- Those of these partners whose contact was recorded after this moment.
select c.partner_id::text from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, at)
join contacts c using (partner_id) where c.recorded_at > n.at

-- name: contacts_without_keys(page_size)
-- Contacts that were stored before there were keys, a page at a time.
select partner_id::text, phone, email from contacts where not is_keyed order by partner_id limit $1

-- name: set_keys(partner_ids, phone_keys, email_keys)
-- Gives these contacts their keys.
update contacts c set phone_key = n.phone_key, email_key = n.email_key, is_keyed = true
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) n (partner_id, phone_key, email_key)
where c.partner_id = n.partner_id and not c.is_keyed

-- name: erase_contacts(partner_ids, erased_times)
-- Deletes these contacts, erased at these moments, and notes that their dead letters are to be erased. The version and
-- the moment are kept, so that no older record can bring a contact back, not even one that was never applied; and the
-- keys, for `stop_erased` alone.
with erased as (select * from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, erased_at)),
gone as (
    delete from contacts c using erased e where c.partner_id = e.partner_id
    returning c.partner_id, c.version, c.phone_key, c.email_key, c.person_key
),
wrong as (delete from wrong_numbers w using erased e where w.partner_id = e.partner_id),
dead_letters as (insert into dead_letters_to_erase select partner_id from erased order by 1 on conflict do nothing)
insert into erased_contacts as e (partner_id, version, erased_at, phone_key, email_key, person_key)
select n.partner_id, coalesce(gone.version, 0), n.erased_at, gone.phone_key, gone.email_key, gone.person_key
from erased n left join gone using (partner_id) order by 1
on conflict (partner_id) do update set
    version = greatest(e.version, excluded.version), erased_at = greatest(e.erased_at, excluded.erased_at),
    phone_key = coalesce(excluded.phone_key, e.phone_key), email_key = coalesce(excluded.email_key, e.email_key),
    person_key = coalesce(excluded.person_key, e.person_key)

-- name: stop_erased(partner_ids)
-- Those of these partners that are erased, and not only merged or delisted: their addresses and the person are not
-- contacted again, and what else is kept about the addresses goes. A stop that somebody asked for stays one.
with keys as (
    select k.key, max(e.erased_at) as at
    from erased_contacts e join partners p using (partner_id)
    cross join lateral (values (e.phone_key), (e.email_key), (e.person_key)) k (key)
    where e.partner_id = any($1::uuid[]) and p.status = 'erased' and k.key is not null
    group by 1
),
messages as (delete from contacted where key in (select key from keys)),
refusals as (delete from refused_addresses where key in (select key from keys))
insert into stops (key, kind, at) select key, 'erased', at from keys order by 1 on conflict do nothing

-- name: take_dead_letters_to_erase()
-- Deletes the notes of whose dead letters are to be erased and returns the partners' ids; a rollback keeps the notes.
delete from dead_letters_to_erase returning partner_id::text

-- name: erase_opt_out_reasons(partner_ids)
-- Deletes what an operator wrote beside an opt-out of these or of those merged into them; the opt-out itself stays.
with recursive family as (
    select id as member from unnest($1::uuid[]) id
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
)
update opt_outs set reason = null where reason is not null and partner_id in (select member from family)

-- name: affected_partners(partner_ids)
-- Those of these partners that are known, and all they were merged into: whose schedule a change of these may move.
with recursive up as (
    select id as partner_id from unnest($1::uuid[]) id
    union
    select p.merged_into from up join partners p using (partner_id)
    where p.status = 'merged' and p.merged_into is not null
)
select up.partner_id::text from up join partners using (partner_id) order by up.partner_id

-- name: survivor(partner_id)
-- The partner itself or the last one it was merged into, its region and who has listed it; no row for an unknown id.
with recursive up as (
    select p.partner_id, p.merged_into, p.status, 0 as depth from partners p where p.partner_id = $1::uuid
    union
    select p.partner_id, p.merged_into, p.status, up.depth + 1
    from up join partners p on p.partner_id = up.merged_into
    where up.status = 'merged' and up.depth < 100
)
select p.partner_id::text, p.region, string_to_array(p.agencies, ' ') as agencies from up join partners p using (partner_id) order by up.depth desc limit 1

-- name: lock_status(partner_id)
-- The present status; an erasure waits until the caller's transaction has ended.
select status from partners where partner_id = $1::uuid for share

-- name: lock_schedules(partner_ids)
-- From here to the commit no other transaction decides about these partners. In key order. A partner without a row is
-- known to the transaction alone that adds it: the first decision is stored together with the first fact.
select partner_id from schedule where partner_id = any($1::uuid[]) order by partner_id for update

-- name: lock_leased(partner_ids, owner)
-- Locks as `lock_schedules` and returns those of these partners that this owner still leases.
select partner_id::text from schedule
where partner_id = any($1::uuid[]) and lease_owner = $2 and lease_until > clock_timestamp()
order by partner_id for update

-- name: facts(partner_ids, now)
-- All that `decide` needs of these partners, what was sent to those merged into them included. The listing counts as
-- known from the earliest of theirs on, unless this partner was listed again after the merge; an end of insurance taken
-- over from one of them counts as known since it was known there: a merge alone starts nothing again. Partners that are
-- alike, which differ in their ids alone, are one row. `contacted`: what left for their addresses within a month and a
-- day, but not a message of their own that is to be tried again.
with recursive family as (
    select id as root, id as member from unnest($1::uuid[]) id
    union
    select f.root, p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
),
kin as (
    select f.root, min(o.at) as opted_out_at, max(m.applied_at) as applied_at,
           min(m.listed_known_at) filter (where m.partner_id = f.root or r.listed_known_at <= m.merged_at) as listed,
           least(min(r.end_known_at), min(m.past_known_at) filter (where m.past_until = r.insured_until)) as end_known_at
    from family f
    join partners r on r.partner_id = f.root
    join partners m on m.partner_id = f.member
    left join opt_outs o on o.partner_id = f.member
    group by f.root
),
past as (
    select f.root,
           array_agg(h.step order by h.id) filter (where h.outcome = 'sent') as steps,
           array_agg(h.finished_at order by h.id) filter (where h.outcome = 'sent') as sent_at,
           max(h.started_at) filter (where h.template = 'escalation') as escalated_at,
           max(h.started_at) filter (where h.template = 'unreachable') as asked_at,
           (array_agg(h.outcome order by h.id desc) filter (where h.kind in ('visit', 'check')))[1] as visit_outcome,
           max(h.finished_at) filter (where h.kind in ('visit', 'check')) as visited_at
    from family f join history h on h.partner_id = f.member
    group by f.root
)
select p.region, p.status, p.insured_from, p.insured_until, k.end_known_at,
       case when p.listed_known_at is not null then k.listed end as listed_known_at, k.opted_out_at,
       stop.at as stopped_at, stop.kind as stop_kind,
       c.phone_key is not null and wrong.key is null as has_phone, c.email_key is not null as has_email,
       refused.channels as refused, contacted.times as contacted, past.steps, past.sent_at, past.escalated_at, past.asked_at, past.visit_outcome,
       past.visited_at, s.retry_at, k.applied_at, p.kind, p.agencies, array_agg(p.partner_id::text) as partner_ids
from partners p
join kin k on k.root = p.partner_id
left join past on past.root = p.partner_id
left join contacts c on c.partner_id = p.partner_id
left join schedule s on s.partner_id = p.partner_id
left join wrong_numbers wrong on wrong.partner_id = p.partner_id and wrong.key = c.phone_key
left join lateral (
    select at, kind from stops where key in (c.phone_key, c.email_key, c.person_key) order by at limit 1
) stop on true
left join lateral (
    select array_agg(distinct channel) as channels from refused_addresses where key in (c.phone_key, c.email_key)
) refused on true
left join lateral (
    select array_agg(m.at order by m.at) as times from contacted m
    where m.key in (c.phone_key, c.email_key) and m.at > $2::timestamptz - interval '31 days'
      and not exists (select from history h where h.digest = m.message_id and h.partner_id = p.partner_id
                      and h.outcome in ('sending', 'delayed'))
) contacted on true
where p.partner_id = any($1::uuid[])
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23

-- name: newcomers(partner_ids)
-- Of these partners, which had no row until now, those of whom nothing is known but a listing and perhaps a contact, by
-- which addresses they have. Nothing was sent to, decided or said about a partner without a row; but its addresses may be
-- known from others, and somebody may have been merged into it.
with reached as materialized (
    select id as partner_id, c.phone_key, c.email_key, c.person_key
    from unnest($1::uuid[]) id left join contacts c on c.partner_id = id
),
keys as (
    select partner_id, key from reached cross join lateral (values (phone_key), (email_key), (person_key)) k (key)
    where key is not null
),
remarkable as (
    select partner_id from keys join stops using (key)
    union all select partner_id from keys join refused_addresses using (key)
    union all select partner_id from keys join contacted using (key)
    union all select merged_into from partners where merged_into = any($1::uuid[]) and status = 'merged'
    union all select partner_id from opt_outs where partner_id = any($1::uuid[])
)
select phone_key is not null as has_phone, email_key is not null as has_email,
       array_agg(partner_id::text) as partner_ids
from reached where partner_id not in (select partner_id from remarkable) group by 1, 2

-- name: add_decisions(partner_ids, states, due_times, channels)
-- As `store_decisions`, for partners without a row in `schedule`.
insert into schedule (partner_id, state, due_at, due_channel)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) order by 1

-- name: store_decisions(partner_ids, states, due_times, channels)
-- Stores the states, when to decide again and through which channel a message is due then, in key order. A lease stays
-- as it is; rows that would not change are not written. Returns the partners that leave a state in which somebody may be
-- asked about them.
with stored as (
    insert into schedule as s (partner_id, state, due_at, due_channel)
    select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) order by 1
    on conflict (partner_id) do update set
        state = excluded.state, due_at = excluded.due_at, due_channel = excluded.due_channel
    where (s.state, s.due_at, s.due_channel) is distinct from (excluded.state, excluded.due_at, excluded.due_channel)
    returning partner_id, old.state as state_before, new.state
)
select partner_id::text from stored where state_before in ('escalated', 'waiting') and state <> state_before

-- name: oldest_due(now, channels)
-- Since when the partner is due that is longest due through one of these channels and that nobody leases; null: none is.
select min(oldest) from (
    select (select s.due_at from schedule s where s.due_channel = n.channel and s.due_at <= $1
            and (s.lease_until is null or s.lease_until <= clock_timestamp()) order by s.due_at limit 1)
    from unnest($2::text[]) n (channel)
) each (oldest)

-- name: is_behind(topics, partitions, ends)
-- Whether some record on the log before these ends is not applied yet, by whichever process, or the service stands still.
select exists (select from halts) or exists (
    select from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, end_offset)
    left join consumer_offsets o using (topic, partition)
    where n.end_offset > coalesce(o.next_offset, 0)
)

-- name: claim(now, channel, max_partners, owner, lease)
-- Leases partners that are due through this channel, the longest due first, and returns them; no two workers get the
-- same. Whose second came first is served first, wherever it is: no region waits for another.
with due as (
    select partner_id from schedule
    where due_channel = $2 and due_at <= $1 and (lease_until is null or lease_until <= clock_timestamp())
    order by due_at, partner_id limit $3
    for update skip locked
)
update schedule s set lease_owner = $4, lease_until = clock_timestamp() + $5::interval
from due where s.partner_id = due.partner_id
returning s.partner_id::text, s.due_at

-- name: lock_addresses(partner_ids)
-- From here to the commit no other transaction prepares a message to an address of these partners. In key order.
select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(k.key::text, 0) as key
    from contacts c cross join lateral (values (c.phone_key), (c.email_key)) k (key)
    where c.partner_id = any($1::uuid[]) and k.key is not null
    order by 1
) keys

-- name: due_at_same_address(partner_ids, channel, until, most)
-- Who else is due by then through this channel at an address of these partners, and nobody leases. Locks them; whom
-- another transaction decides about just now is left out. The addresses come first, as an array: from who is due on, each
-- portion would read all that wait.
select s.partner_id::text from schedule s
where s.partner_id = any(array(
      select o.partner_id from contacts c join contacts o on o.phone_key = c.phone_key
      where $2 in ('whatsapp', 'sms') and c.partner_id = any($1::uuid[])
      union
      select o.partner_id from contacts c join contacts o on o.email_key = c.email_key
      where $2 = 'email' and c.partner_id = any($1::uuid[])
      except
      select unnest($1::uuid[])))
  and s.due_channel = $2 and s.due_at <= $3 and (s.lease_until is null or s.lease_until <= clock_timestamp())
order by s.due_at limit $4 for update of s skip locked

-- name: lease(partner_ids, owner, lease)
-- Leases these partners, which the transaction has locked.
update schedule set lease_owner = $2, lease_until = clock_timestamp() + $3::interval where partner_id = any($1::uuid[])

-- name: release(partner_ids, owner)
-- Gives back those of these leases that this owner has.
update schedule set lease_owner = null, lease_until = null
where partner_id = any($1::uuid[]) and lease_owner = $2

-- name: begin_messages(partner_ids, episodes, steps, templates, channels, message_ids, digests, now)
-- Records that these reminders are about to leave, each in the message `digest`. What an earlier attempt left as
-- 'sending' may already be out, also through another channel: it is marked as possibly sent twice.
insert into history as h (partner_id, kind, episode, step, template, channel, message_id, digest, outcome, started_at,
                          possibly_twice)
select n.partner_id, 'reminder', n.episode, n.step, n.template, n.channel, n.message_id, n.digest, 'sending', $8,
       exists (select from history o where o.partner_id = n.partner_id and o.episode = n.episode and o.step = n.step
               and o.message_id <> n.message_id and (o.outcome = 'sending' or o.possibly_twice))
from unnest($1::uuid[], $2::date[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
     n (partner_id, episode, step, template, channel, message_id, digest)
on conflict (message_id) do update set
    outcome = 'sending', attempts = h.attempts + 1, channel = excluded.channel, digest = excluded.digest,
    possibly_twice = h.possibly_twice or h.outcome in ('sending', 'sent')

-- name: reserve_addresses(message_ids, keys, now)
-- Counts these messages against the caps of their addresses before they leave; those of more than a year ago go.
with old as (delete from contacted where key = any($2::uuid[]) and at < $3::timestamptz - interval '400 days')
insert into contacted as c (message_id, key, at)
select n.*, $3::timestamptz from unnest($1::text[], $2::uuid[]) n (message_id, key) where n.key is not null order by 1
on conflict (message_id) do update set key = excluded.key, at = excluded.at

-- name: free_addresses(message_ids)
-- These messages did not reach anybody: they no longer count.
delete from contacted where message_id = any($1::text[])

-- name: refuse_addresses(message_ids, channel, now)
-- The provider of this channel refused the addresses of these messages for good.
insert into refused_addresses (key, channel, at)
select distinct key, $2::text, $3::timestamptz from contacted where message_id = any($1::text[]) order by 1
on conflict do nothing

-- name: partners_at(keys)
-- The partners that have an address or person of these.
select partner_id::text from contacts
where phone_key = any($1::uuid[]) or email_key = any($1::uuid[]) or person_key = any($1::uuid[]) order by 1

-- name: finish_messages(message_ids, outcomes, details, may_have_left, owner, now)
-- Records the outcomes, never over 'sent' or a refusal that the provider reported meanwhile, and returns the messages
-- that were changed. Marked as possibly sent twice: a message whose connection was lost after the text had left, and one
-- whose lease this owner has lost.
update history h set
    outcome = n.outcome, finished_at = $6, detail = n.detail,
    possibly_twice = h.possibly_twice or n.may_have_left or not exists (
        select from schedule s where s.partner_id = h.partner_id and s.lease_owner = $5)
from unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) n (message_id, outcome, detail, may_have_left)
where h.message_id = n.message_id and h.outcome <> 'sent' and h.receipt is distinct from 'refused'
returning h.partner_id::text, h.attempts, h.channel

-- name: count_sent(day, channels, counts)
-- So many messages left through each of these channels; a row of its own, so that no worker waits for another.
insert into sent_counts (day, channel, messages) select $1, * from unnest($2::text[], $3::bigint[])

-- name: count_unsent(day, channels, results, reasons, counts)
-- So many messages did not leave, and why; as `count_sent`.
insert into unsent_counts (day, channel, result, reason, messages)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[])

-- name: sum_sent_counts()
-- Sums up what was counted, a row for each day and channel; what others count meanwhile stays for the next time.
with counted as (
    delete from sent_counts
    where (day, channel) in (select day, channel from sent_counts group by 1, 2 having count(*) > 1)
    returning day, channel, messages
)
insert into sent_counts (day, channel, messages) select day, channel, sum(messages) from counted group by 1, 2

-- name: sum_unsent_counts()
-- As `sum_sent_counts`, a row for each day, channel, result and reason.
with counted as (
    delete from unsent_counts
    where (day, channel, result, reason) in (
        select day, channel, result, reason from unsent_counts group by 1, 2, 3, 4 having count(*) > 1)
    returning day, channel, result, reason, messages
)
insert into unsent_counts (day, channel, result, reason, messages)
select day, channel, result, reason, sum(messages) from counted group by 1, 2, 3, 4

-- name: sent_since(day)
-- How many messages left on each day from this one on, through each channel.
select day, channel, sum(messages)::bigint as messages from sent_counts where day >= $1 group by 1, 2 order by 1, 2

-- name: results_since(day, today)
-- How the messages from this day on ended, by channel, result and reason: today's, and all.
select channel, result, reason, coalesce(sum(messages) filter (where day = $2), 0)::bigint as today,
       sum(messages)::bigint as all_days
from (
    select day, channel, 'sent' as result, '' as reason, messages from sent_counts
    union all select day, channel, result, reason, messages from unsent_counts
) each
where day >= $1 group by 1, 2, 3 order by channel, result desc, all_days desc, reason

-- name: begin_counting(now, before)
-- Partners are counted now, in this transaction; no row if another process has counted them since `before`, whose count
-- is waited for.
insert into counted as c (at) values ($1) on conflict (single) do update set at = excluded.at where c.at < $2
returning true

-- name: count_reasons(today)
-- Counts all partners that are or were on a list by why they get a message, or none.
with gone as (delete from reason_counts)
insert into reason_counts (reason, partners)
select case
    when p.status in ('merged', 'erased') then p.status
    when s.state = 'opted_out' then 'opted_out'
    when p.insured_until > $1::date then 'registered'
    when p.listed_known_at is null then 'not_listed'
    else s.state end, count(*)
from partners p join schedule s using (partner_id)
where p.listed_known_at is not null or p.status <> 'unknown'
group by 1

-- name: count_due(now, until)
-- Counts who is due for a message from now to this moment, by channel and hour; what was due before stands at -infinity.
with gone as (delete from due_counts)
insert into due_counts (due_from, channel, messages)
select case when due_at < $1 then '-infinity' else date_trunc('hour', due_at) end, due_channel, count(*)
from schedule where due_at < $2 and due_channel <> '' group by 1, 2

-- name: counts()
-- What was last counted, and when: reasons, and the messages that are due.
select (select at from counted) as at,
       (select json_object_agg(reason, partners) from reason_counts) as reasons,
       (select json_agg(json_build_object('due_from', nullif(due_from, '-infinity'), 'channel', channel,
                                          'messages', messages)) from due_counts) as due

-- name: due_within(now, until, channels)
-- How many partners are due for a message between these moments, by channel.
select due_channel as channel, count(*) as messages from schedule
where due_channel = any($3::text[]) and due_at >= $1 and due_at < $2 group by 1 order by 1

-- name: next_due(until, count, channels)
-- Who is due next for a message up to this moment, the first of them in order.
select each.partner_id::text from unnest($3::text[]) n (channel) cross join lateral (
    select s.partner_id, s.due_at from schedule s where s.due_channel = n.channel and s.due_at < $1
    order by s.due_at limit $2) each
order by each.due_at, each.partner_id limit $2

-- name: postpone(partner_ids, retry_times)
-- After a passing failure of each: counts it, and the next attempt is not before this time.
update schedule s set attempts = s.attempts + 1, retry_at = n.retry_at
from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, retry_at) where s.partner_id = n.partner_id

-- name: failed_attempts(partner_ids)
-- How often the next message of each has failed in passing.
select partner_id::text, attempts from schedule where partner_id = any($1::uuid[])

-- name: clear_retries(partner_ids)
-- After a message was sent or refused for good: the next one has no failed attempt and no time to wait for.
update schedule set attempts = 0, retry_at = null
where partner_id = any($1::uuid[]) and (attempts > 0 or retry_at is not null)

-- name: add_escalations(partner_ids, episodes, templates, message_ids, now)
-- Records one escalation of each kind (template) and partner per episode; returns the partners for which it is new.
insert into history (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at, finished_at)
select n.partner_id, 'escalation', n.episode, 0, n.template, 'agent', n.message_id, 'opened', $5, $5
from unnest($1::uuid[], $2::date[], $3::text[], $4::text[]) n (partner_id, episode, template, message_id)
on conflict (message_id) do nothing
returning partner_id::text

-- name: recipients(partner_ids)
-- Who these partners are and how they are reached. Personal data: goes to the channel and nowhere else.
select p.partner_id::text, p.kind, p.region, c.name, c.contact_person, c.phone, c.email,
       coalesce(c.language, 'id') as language, c.phone_key, c.email_key
from partners p left join contacts c using (partner_id)
where p.partner_id = any($1::uuid[])

-- name: history_of(partner_id)
-- What was sent to or opened for this partner and those merged into it, oldest first. What is 'sending' but leased by
-- nobody any more, and was not tried again, may or may not have gone out: 'unknown'.
with recursive family as (
    select $1::uuid as member
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
)
select h.kind, h.episode, h.step, h.template, h.channel, h.message_id, h.started_at,
       case when h.outcome = 'sending' and not exists (
           select from schedule s where s.partner_id = h.partner_id and s.lease_until > clock_timestamp())
       then 'unknown' else h.outcome end as outcome,
       h.finished_at,
       h.attempts, h.possibly_twice, h.detail, h.receipt, h.receipt_at, h.digest
from history h join family f on f.member = h.partner_id order by h.started_at, h.id

-- name: opt_out(partner_ids, now, reason)
-- Opts out these partners and all that were merged into them, should a later row split them: which of them asked is not
-- known. An earlier opt-out is kept as it is. Returns those of these partners for whom it is new, with their regions.
with recursive family as (
    select id as member from unnest($1::uuid[]) id
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
),
added as (
    insert into opt_outs (partner_id, at, reason) select member, $2::timestamptz, $3::text from family order by 1
    on conflict do nothing returning partner_id
)
select a.partner_id::text, coalesce(p.region, 'ID') as region from added a left join partners p using (partner_id)
where a.partner_id = any($1::uuid[]) order by 1

-- name: keys_of(partner_id)
-- The addresses of this partner and of those merged into it, as keys.
with recursive family as (
    select $1::uuid as member
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
)
select distinct k.key from family f join contacts c on c.partner_id = f.member
cross join lateral (values (c.phone_key), (c.email_key)) k (key) where k.key is not null order by 1

-- name: stop_addresses(keys, now)
-- These addresses are not contacted from now on; an earlier stop is kept as it is.
insert into stops (key, kind, at) select key, 'asked', $2 from unnest($1::uuid[]) key order by 1 on conflict do nothing

-- name: take_delivery(id, now)
-- Whether this delivery of a provider is new; those of more than a day ago are forgotten, their signatures are too old.
with old as (delete from taken_deliveries where at < $2::timestamptz - interval '1 day'),
taken as (insert into taken_deliveries (id, at) values ($1, $2) on conflict do nothing returning id)
select count(*) > 0 from taken

-- name: last_message_to(key)
-- The message that last left for this address; no row if none did.
select message_id from contacted where key = $1 order by at desc, message_id limit 1

-- name: store_claims(claim_ids, versions, regions, programmes, amounts, paid_days)
-- Stores the newest state of these claims; never over a newer version. In key order.
insert into paid_claims as c (claim_id, version, region, programme, amount, paid_on)
select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::date[]) n (claim_id) order by 1
on conflict (claim_id) do update set
    version = excluded.version, region = excluded.region, programme = excluded.programme, amount = excluded.amount,
    paid_on = excluded.paid_on
where c.version < excluded.version

-- name: stories(regions, after, until, fewest)
-- Of each of these regions with so many claims that were paid in these days: how many, and the newest one's programme
-- and amount.
select region, count(*) as count, (array_agg(programme order by paid_on desc, claim_id))[1] as programme,
       (array_agg(amount order by paid_on desc, claim_id))[1] as amount
from paid_claims where region = any($1::text[]) and paid_on > $2 and paid_on <= $3
group by region having count(*) >= $4

-- name: address_of_message(message_id)
-- The key of the address that this message left for; null for one that nobody knows.
select key from contacted where message_id = $1

-- name: mailbox_position(folder)
-- How far this folder of our mailbox was read; no row before the first time.
select validity, next_uid from mailbox_positions where folder = $1

-- name: set_mailbox_position(folder, validity, next_uid)
-- It was read up to here, in the transaction in which what was read takes effect.
insert into mailbox_positions (folder, validity, next_uid) values ($1, $2, $3)
on conflict (folder) do update set validity = excluded.validity, next_uid = excluded.next_uid

-- name: partners_of_message(digest)
-- Whom the message of this id was for, in key order.
select partner_id::text from history
where kind = 'reminder' and (digest = $1 or digest is null and message_id = $1) order by 1

-- name: note_receipt(digest, receipt, now)
-- Notes what the provider said of a message, unless it says less than before. What it refused counts as failed; returns
-- the reminders for which the receipt is new.
update history h set
    receipt = $2, receipt_at = $3,
    outcome = case when $2 = 'refused' then 'failed' else h.outcome end,
    detail = case when $2 = 'refused' then 'receipt: refused' else h.detail end,
    finished_at = case when $2 = 'refused' then coalesce(h.finished_at, $3) else h.finished_at end
from partners p
where h.kind = 'reminder' and (h.digest = $1 or h.digest is null and h.message_id = $1) and p.partner_id = h.partner_id
  and array_position(array['delayed', 'delivered', 'refused'], $2)
      > coalesce(array_position(array['delayed', 'delivered', 'refused'], h.receipt), 0)
returning h.partner_id::text, p.region, h.message_id, h.template, h.channel, h.attempts

-- name: plannable_partner_ids(regions, agency, with_waiting, until)
-- Partners to plan for, of these regions and of the agency that has listed them (null: any): those about whom something
-- is to be decided before `until`. Neither sorted nor limited: with either, the whole table may be walked in key order.
-- `with_waiting`: also those for whom nothing is planned under the present policy, since another may change that.
select p.partner_id::text
from partners p join schedule s using (partner_id)
where (s.due_at < $4 or $3 and (s.due_at is not null or s.state in ('unreachable', 'waiting', 'escalated')))
  and p.region = any($1::text[]) and ($2::text is null or $2 = any(string_to_array(p.agencies, ' ')))

-- name: count_listed()
-- How many partners are on a list.
select count(*) from partners where status = 'active' and listed_known_at is not null

-- name: sampled_partner_ids(after_id, page_size, share)
-- The next page, in key order, of those on a list that are in a sample of this share of them: the same each time.
select partner_id::text from partners
where status = 'active' and listed_known_at is not null and partner_id > $1::uuid
  and hashtextextended(partner_id::text, 0) & 1048575 < $3::float8 * 1048576
order by partner_id limit $2

-- name: partner_ids_after(after_id, page_size)
-- The next page of all partners, in key order; empty after the last.
select partner_id::text from partners where partner_id > $1::uuid order by partner_id limit $2

-- name: policies()
-- Every policy, in such an order that of those that have begun on a day the first is effective; each with the present
-- pause, which holds whatever the policy.
select id, effective_from, recorded_at, body, (select p.body from pauses p order by p.id desc limit 1) as pause
from policies order by effective_from desc, recorded_at desc, id desc

-- name: add_policy(effective_from, recorded_at, body)
-- Adds a policy that is effective from this day until the day of the next one (of one day the last recorded counts);
-- returns its id.
insert into policies (effective_from, recorded_at, body) values ($1, $2, $3::jsonb) returning id

-- name: applied_policy()
-- The version of the policy that all due times were calculated from; no row before the first time.
select version from applied_policy

-- name: set_applied_policy(version)
-- Records that all due times were calculated from this version.
insert into applied_policy (version) values ($1)
on conflict (single) do update set version = excluded.version, taken_by = null, taken_until = null

-- name: take_rescheduling(owner, lease)
-- Whether this process is the one that calculates all due times again, for so long from now on: no row if another is.
insert into applied_policy as a (version, taken_by, taken_until) values ('', $1, clock_timestamp() + $2::interval)
on conflict (single) do update set taken_by = excluded.taken_by, taken_until = excluded.taken_until
where a.taken_by is null or a.taken_by = $1 or a.taken_until < clock_timestamp()
returning true

-- name: release_rescheduling(owner)
-- Another process may calculate all due times again.
update applied_policy set taken_by = null, taken_until = null where taken_by = $1

-- name: current_pause()
-- What is paused now; no row if nothing ever was.
select id, recorded_at, body from pauses order by id desc limit 1

-- name: add_pause(recorded_at, body)
-- This is paused from now on, instead of what was before; returns its id.
insert into pauses (recorded_at, body) values ($1, $2::jsonb) returning id

-- name: note_traces(partner_ids, traceparents)
-- Keeps the newest trace of each of these partners; what was kept for a month goes.
with old as (
    delete from traces where noted_at < now() - interval '30 days' and partner_id <> all($1::uuid[])
)
insert into traces (partner_id, traceparent) select * from unnest($1::uuid[], $2::text[]) order by 1
on conflict (partner_id) do update set traceparent = excluded.traceparent, noted_at = excluded.noted_at

-- name: traces(partner_ids)
-- The trace of each of these partners, where one is kept.
select partner_id::text, traceparent from traces where partner_id = any($1::uuid[])
