-- name: listings(partner_ids)
-- The present projection of the topic `partners` for these; no row for an unknown id.
select partner_id::text, version, status, merged_into::text, merged_at, region, kind, listed_known_at, agencies
from partners where partner_id = any($1::uuid[])

-- name: store_listings(partner_ids, versions, statuses, survivors, merge_times, regions, kinds, known_times, agencies, now)
-- Stores the newest listings, applied `now`; never over a newer version. In key order, so that two batches cannot
-- deadlock.
insert into partners as p (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies,
                           applied_at)
select n.partner_id, n.version, n.status, n.merged_into, n.merged_at, n.region, n.kind, n.listed_known_at,
       n.agencies, $10::timestamptz
from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
            $8::timestamptz[], $9::text[])
     n (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies)
order by 1
on conflict (partner_id) do update set
    version = excluded.version, status = excluded.status, merged_into = excluded.merged_into,
    merged_at = excluded.merged_at, region = excluded.region, kind = excluded.kind,
    listed_known_at = excluded.listed_known_at, agencies = excluded.agencies, applied_at = excluded.applied_at
where p.version < excluded.version

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

-- name: store_contacts(partner_ids, versions, names, contact_persons, phones, emails, languages, recorded_times)
-- Stores the newest contacts, in key order; never over a newer version, never what was erased or is of an erased
-- partner. Returns the partners among them that have or had an e-mail address: nothing else decides about reminders.
with stored as (
insert into contacts as c (partner_id, version, name, contact_person, phone, email, language, recorded_at)
select n.* from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::timestamptz[])
     n (partner_id, version, name, contact_person, phone, email, language, recorded_at)
where not exists (select from partners p where p.partner_id = n.partner_id and p.status = 'erased')
  and not exists (select from erased_contacts e
                  where e.partner_id = n.partner_id and (e.version >= n.version or e.erased_at >= n.recorded_at))
order by 1
on conflict (partner_id) do update set
    version = excluded.version, name = excluded.name, contact_person = excluded.contact_person,
    phone = excluded.phone, email = excluded.email, language = excluded.language,
    recorded_at = excluded.recorded_at
where c.version < excluded.version
returning partner_id, old.email is not null or new.email is not null as is_reachable
)
select partner_id::text from stored where is_reachable

-- name: erase_contacts(partner_ids, erased_times)
-- Deletes these contacts, erased at these moments, and notes that their dead letters are to be erased. The version and
-- the moment are kept, so that no older record can bring a contact back, not even one that was never applied.
with erased as (select * from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, erased_at)),
gone as (delete from contacts c using erased e where c.partner_id = e.partner_id returning c.partner_id, c.version),
dead_letters as (insert into dead_letters_to_erase select partner_id from erased order by 1 on conflict do nothing)
insert into erased_contacts as e (partner_id, version, erased_at)
select n.partner_id, coalesce(gone.version, 0), n.erased_at from erased n left join gone using (partner_id) order by 1
on conflict (partner_id) do update set
    version = greatest(e.version, excluded.version), erased_at = greatest(e.erased_at, excluded.erased_at)

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

-- name: facts(partner_ids)
-- All that `decide` needs of these partners, what was sent to those merged into them included. The listing counts as
-- known from the earliest of theirs on, unless this partner was listed again after the merge; an end of insurance taken
-- over from one of them counts as known since it was known there: a merge alone starts nothing again. Partners that are
-- alike, which differ in their ids alone, are one row. When the contact became known matters after a refusal only.
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
           max(h.finished_at) filter (where h.outcome = 'failed') as refused_at,
           max(h.started_at) filter (where h.kind = 'escalation') as escalated_at
    from family f join history h on h.partner_id = f.member
    group by f.root
)
select p.region, p.status, p.insured_from, p.insured_until, k.end_known_at,
       case when p.listed_known_at is not null then k.listed end as listed_known_at, k.opted_out_at,
       c.email is not null as has_email, case when past.refused_at is not null then c.recorded_at end as contact_known_at,
       past.steps, past.sent_at, past.refused_at, past.escalated_at, s.retry_at,
       k.applied_at, array_agg(p.partner_id::text order by p.partner_id) as partner_ids
from partners p
join kin k on k.root = p.partner_id
left join past on past.root = p.partner_id
left join contacts c on c.partner_id = p.partner_id
left join schedule s on s.partner_id = p.partner_id
where p.partner_id = any($1::uuid[])
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15

-- name: store_decisions(partner_ids, states, due_times)
-- Stores the states and when to decide again, in key order. A lease stays as it is; rows that would not change are not
-- written.
insert into schedule as s (partner_id, state, due_at)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) order by 1
on conflict (partner_id) do update set state = excluded.state, due_at = excluded.due_at
where (s.state, s.due_at) is distinct from (excluded.state, excluded.due_at)

-- name: is_any_due(now)
-- Whether any partner is due that nobody leases.
select exists (select from schedule where due_at <= $1 and (lease_until is null or lease_until <= clock_timestamp()))

-- name: is_behind(topics, partitions, ends)
-- Whether some record on the log before these ends is not applied yet, by whichever process, or the service stands still.
select exists (select from halts) or exists (
    select from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, end_offset)
    left join consumer_offsets o using (topic, partition)
    where n.end_offset > coalesce(o.next_offset, 0)
)

-- name: claim(now, max_partners, owner, lease)
-- Leases partners that are due, the longest due first, and returns them; no two workers get the same.
with due as (
    select partner_id from schedule
    where due_at <= $1 and (lease_until is null or lease_until <= clock_timestamp())
    order by due_at, partner_id limit $2
    for update skip locked
)
update schedule s set lease_owner = $3, lease_until = clock_timestamp() + $4::interval
from due where s.partner_id = due.partner_id
returning s.partner_id::text

-- name: release(partner_ids, owner)
-- Gives back those of these leases that this owner has.
update schedule set lease_owner = null, lease_until = null
where partner_id = any($1::uuid[]) and lease_owner = $2

-- name: begin_messages(partner_ids, episodes, steps, templates, channels, message_ids, now)
-- Records that these messages are about to leave. One that an earlier attempt left as 'sending' may already be out: it
-- is marked as possibly sent twice.
insert into history as h (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at)
select n.partner_id, 'reminder', n.episode, n.step, n.template, n.channel, n.message_id, 'sending', $7
from unnest($1::uuid[], $2::date[], $3::int[], $4::text[], $5::text[], $6::text[])
     n (partner_id, episode, step, template, channel, message_id)
on conflict (message_id) do update set
    outcome = 'sending', attempts = h.attempts + 1, channel = excluded.channel,
    possibly_twice = h.possibly_twice or h.outcome in ('sending', 'sent')

-- name: finish_messages(message_ids, outcomes, details, may_have_left, owner, now)
-- Records the outcomes, never over 'sent', and returns the messages that were changed. Marked as possibly sent twice: a
-- message whose connection was lost after the text had left, and one whose lease this owner has lost.
update history h set
    outcome = n.outcome, finished_at = $6, detail = n.detail,
    possibly_twice = h.possibly_twice or n.may_have_left or not exists (
        select from schedule s where s.partner_id = h.partner_id and s.lease_owner = $5)
from unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) n (message_id, outcome, detail, may_have_left)
where h.message_id = n.message_id and h.outcome <> 'sent'
returning h.partner_id::text, h.attempts, h.channel

-- name: postpone(partner_ids, retry_times)
-- After a passing failure of each: counts it, and the next attempt is not before this time.
update schedule s set attempts = s.attempts + 1, retry_at = n.retry_at
from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, retry_at) where s.partner_id = n.partner_id

-- name: failed_attempts(partner_ids)
-- How often the next message of each has failed in passing.
select partner_id::text, attempts from schedule where partner_id = any($1::uuid[])

-- name: clear_retries(partner_ids)
-- After a message was sent or refused for good: the next one has no failed attempt and no time to wait for.
update schedule set attempts = 0, retry_at = null where partner_id = any($1::uuid[])

-- name: add_escalations(partner_ids, episodes, message_ids, now)
-- Records one escalation of each partner per episode; returns the partners for which it is new.
insert into history (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at, finished_at)
select n.partner_id, 'escalation', n.episode, 0, 'escalation', 'agent', n.message_id, 'opened', $4, $4
from unnest($1::uuid[], $2::date[], $3::text[]) n (partner_id, episode, message_id)
on conflict (message_id) do nothing
returning partner_id::text

-- name: recipients(partner_ids)
-- Who these partners are and how they are reached. Personal data: goes to the channel and nowhere else.
select p.partner_id::text, p.kind, p.region, c.name, c.contact_person, c.email, coalesce(c.language, 'id') as language
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
       h.attempts, h.possibly_twice, h.detail
from history h join family f on f.member = h.partner_id order by h.started_at, h.id

-- name: opt_out(partner_id, now, reason)
-- Opts out this partner and all that were merged into it, should a later row split them: which of them asked is not
-- known. An earlier opt-out is kept as it is. Returns a row only when it is new for the partner.
with recursive family as (
    select $1::uuid as member
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
),
added as (
    insert into opt_outs (partner_id, at, reason) select member, $2::timestamptz, $3::text from family order by 1
    on conflict do nothing returning partner_id
)
select partner_id from added where partner_id = $1

-- name: plannable_partner_ids(regions, after_id, page_size, agency, with_unreachable)
-- Partners to plan for, by region and by the agency that has listed them (null: any), a page at a time in key order.
-- `with_unreachable`: also those that cannot be reached, since a policy to come may have a channel for them.
select p.partner_id::text
from partners p join schedule s using (partner_id)
where (s.due_at is not null or $5 and s.state = 'unreachable')
  and p.region = any($1::text[]) and p.partner_id > $2::uuid and ($4::text is null or $4 = any(string_to_array(p.agencies, ' ')))
order by p.partner_id limit $3

-- name: partner_ids_after(after_id, page_size)
-- The next page of all partners, in key order; empty after the last.
select partner_id::text from partners where partner_id > $1::uuid order by partner_id limit $2

-- name: policies()
-- Every policy, in such an order that of those that have begun on a day the first is effective.
select id, effective_from, recorded_at, body from policies order by effective_from desc, recorded_at desc, id desc

-- name: add_policy(effective_from, recorded_at, body)
-- Adds a policy that is effective from this day until the day of the next one (of one day the last recorded counts);
-- returns its id.
insert into policies (effective_from, recorded_at, body) values ($1, $2, $3::jsonb) returning id

-- name: applied_policy()
-- The version of the policy that all due times were calculated from; no row before the first time.
select version from applied_policy

-- name: set_applied_policy(version)
-- Records that all due times were calculated from this version.
insert into applied_policy (version) values ($1) on conflict (single) do update set version = excluded.version
