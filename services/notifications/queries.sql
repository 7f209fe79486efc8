-- name: partners_known(partner_ids)
-- What is folded already, of these partners, from the topic `partners`.
select partner_id::text, version, status, merged_into::text, merged_at, region, kind, listed_known_at, agencies
from partners where partner_id = any($1::uuid[])

-- name: store_partners(partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies, p10)
-- The partners' newest facts, read at $10; never over a newer version. In key order, so that two batches cannot
-- deadlock. The agencies come as one text each, separated by spaces: an array of arrays must be rectangular.
insert into partners as p (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies,
                           applied_at)
select n.partner_id, n.version, n.status, n.merged_into, n.merged_at, n.region, n.kind, n.listed_known_at,
       string_to_array(n.agencies, ' '), $10::timestamptz
from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
            $8::timestamptz[], $9::text[])
     n (partner_id, version, status, merged_into, merged_at, region, kind, listed_known_at, agencies)
order by 1
on conflict (partner_id) do update set
    version = excluded.version, status = excluded.status, merged_into = excluded.merged_into,
    merged_at = excluded.merged_at, region = excluded.region, kind = excluded.kind,
    listed_known_at = excluded.listed_known_at, agencies = excluded.agencies, applied_at = excluded.applied_at
where p.version < excluded.version

-- name: timelines_known(partner_ids)
-- What is folded already, of these partners, from the topic `enrollments`.
select partner_id::text, enrollment_version, insured_from, insured_until, end_known_at, past_until, past_known_at
from partners where partner_id = any($1::uuid[])

-- name: store_timelines(p1, p2, p3, p4, p5, p6, p7)
-- The partners' newest timelines; never over a newer version. In key order.
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

-- name: store_contacts(partner_id, version, name, contact_person, phone, email, language, recorded_at)
-- The newest contacts; never over a newer version, never what was erased, nor of an erased partner.
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

-- name: erase_contacts(partner_id, erased_at)
-- Nothing personal is left of these, erased at these moments. Both the version and the moment are remembered, so that no
-- record of before can bring it back, one that was never applied included; and their dead letters are to be forgotten.
with erased as (select * from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, erased_at)),
gone as (delete from contacts c using erased e where c.partner_id = e.partner_id returning c.partner_id, c.version),
letters as (insert into letters_to_forget select partner_id from erased order by 1 on conflict do nothing)
insert into erased_contacts as e (partner_id, version, erased_at)
select n.partner_id, coalesce(gone.version, 0), n.erased_at from erased n left join gone using (partner_id) order by 1
on conflict (partner_id) do update set
    version = greatest(e.version, excluded.version), erased_at = greatest(e.erased_at, excluded.erased_at)

-- name: take_letters_to_forget()
-- Whose dead letters are to be deleted, in the caller's transaction: it is done when that commits.
delete from letters_to_forget returning partner_id::text

-- name: erase_notes(p1)
-- What an operator wrote beside an opt-out of these or of those merged into them; the opt-out itself stays.
with recursive family as (
    select id as member from unnest($1::uuid[]) id
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
)
update opt_outs set reason = null where reason is not null and partner_id in (select member from family)

-- name: touched(p1)
-- These partners and all they were merged into: whose schedule a change of these may move.
with recursive up as (
    select id as partner_id from unnest($1::uuid[]) id
    union
    select p.merged_into from up join partners p using (partner_id)
    where p.status = 'merged' and p.merged_into is not null
)
select up.partner_id::text from up join partners using (partner_id) order by up.partner_id

-- name: survivor(partner_id)
-- Who answers for this partner now, with its region and who has listed it; no row for an unknown id.
with recursive up as (
    select p.partner_id, p.merged_into, p.status, 0 as depth from partners p where p.partner_id = $1::uuid
    union
    select p.partner_id, p.merged_into, p.status, up.depth + 1
    from up join partners p on p.partner_id = up.merged_into
    where up.status = 'merged' and up.depth < 100
)
select p.partner_id::text, p.region, p.agencies from up join partners p using (partner_id) order by up.depth desc limit 1

-- name: hold_status(partner_id)
-- The status as it is now; an erasure waits until the caller's transaction has ended.
select status from partners where partner_id = $1::uuid for share

-- name: add_missing_schedules(p1)
-- A row for each, so that it can be locked.
insert into schedule (partner_id) select id from unnest($1::uuid[]) id order by 1 on conflict do nothing

-- name: lock_schedules(partner_ids)
-- From here to the commit nobody else decides about these partners. In key order.
select partner_id from schedule where partner_id = any($1::uuid[]) order by partner_id for update

-- name: lock_leased(partner_ids, lease_owner)
-- The same, of those still leased by this owner.
select partner_id::text from schedule
where partner_id = any($1::uuid[]) and lease_owner = $2 and lease_until > clock_timestamp()
order by partner_id for update

-- name: facts(partner_ids)
-- All that `decide` needs of these partners, what was sent to those merged into them included. The listing is known
-- since the earliest of theirs, unless this partner was listed anew after the merge; an end of insurance taken over from
-- one of them is known since it was known there: a merge alone starts nothing again.
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
select p.partner_id::text, p.region, p.kind, p.status, p.insured_from, p.insured_until, k.end_known_at,
       case when p.listed_known_at is not null then k.listed end as listed_known_at, k.opted_out_at,
       c.email is not null as has_email, c.recorded_at as contact_known_at,
       past.steps, past.sent_at, past.refused_at, past.escalated_at, s.retry_at,
       k.applied_at
from partners p
join kin k on k.root = p.partner_id
left join past on past.root = p.partner_id
left join contacts c on c.partner_id = p.partner_id
left join schedule s on s.partner_id = p.partner_id
where p.partner_id = any($1::uuid[])

-- name: store_decisions(partner_id, state, why, due_at, channel, template)
-- What holds now and when to decide again. A lease stays as it is; rows that would not change are left alone.
update schedule s set state = n.state, why = n.why, due_at = n.due_at, channel = n.channel, template = n.template
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
     n (partner_id, state, why, due_at, channel, template)
where s.partner_id = n.partner_id
  and (s.state, s.why, s.due_at, s.channel, s.template)
      is distinct from (n.state, n.why, n.due_at, n.channel, n.template)

-- name: any_due(due_at)
-- Whether anything is due that nobody has leased.
select exists (select from schedule where due_at <= $1 and (lease_until is null or lease_until <= clock_timestamp()))

-- name: behind(topic, partition, ends)
-- Whether something on the log before these ends is not applied yet.
select exists (
    select from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, ends)
    left join consumer_offsets o using (topic, partition)
    where n.ends > coalesce(o.next_offset, 0)
)

-- name: claim(due_at, p2, lease_owner, p4)
-- Lease the partners that are due, the longest due first; no two workers get the same.
with due as (
    select partner_id from schedule
    where due_at <= $1 and (lease_until is null or lease_until <= clock_timestamp())
    order by due_at, partner_id limit $2
    for update skip locked
)
update schedule s set lease_owner = $3, lease_until = clock_timestamp() + $4::interval
from due where s.partner_id = due.partner_id
returning s.partner_id::text

-- name: release(partner_ids, lease_owner)
-- Give the leases back.
update schedule set lease_owner = null, lease_until = null
where partner_id = any($1::uuid[]) and lease_owner = $2

-- name: begin_messages(partner_id, episode, step, template, channel, message_id, p7)
-- Say that these messages are about to leave. One that another attempt left behind as 'sending' may already be out.
insert into history as h (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at)
select n.partner_id, 'reminder', n.episode, n.step, n.template, n.channel, n.message_id, 'sending', $7
from unnest($1::uuid[], $2::date[], $3::int[], $4::text[], $5::text[], $6::text[])
     n (partner_id, episode, step, template, channel, message_id)
on conflict (message_id) do update set
    outcome = 'sending', attempts = h.attempts + 1, channel = excluded.channel,
    possibly_twice = h.possibly_twice or h.outcome in ('sending', 'sent')

-- name: finish_messages(message_id, outcome, detail, unsure, lease_owner, finished_at)
-- Record how these messages ended. `unsure`: the connection was lost after the text had left, so a repeat may be one.
-- Whoever lost the lease meanwhile may not be the only sender.
update history h set
    outcome = n.outcome, finished_at = $6, detail = n.detail,
    possibly_twice = h.possibly_twice or n.unsure or not exists (
        select from schedule s where s.partner_id = h.partner_id and s.lease_owner = $5)
from unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) n (message_id, outcome, detail, unsure)
where h.message_id = n.message_id and h.outcome <> 'sent'
returning h.message_id, h.partner_id::text, h.attempts, h.channel

-- name: put_off(partner_id, retry_at)
-- After passing failures: not before these times.
update schedule s set attempts = s.attempts + 1, retry_at = n.retry_at
from unnest($1::uuid[], $2::timestamptz[]) n (partner_id, retry_at) where s.partner_id = n.partner_id

-- name: attempts(partner_ids)
-- How often the message that is next has failed in passing.
select partner_id::text, attempts from schedule where partner_id = any($1::uuid[])

-- name: settle(partner_ids)
-- The message is sent or refused for good: the next one starts afresh.
update schedule set attempts = 0, retry_at = null where partner_id = any($1::uuid[])

-- name: add_escalations(partner_id, episode, id, p4)
-- An escalation of each once per episode; returns those that are new.
insert into history (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at, finished_at)
select n.partner_id, 'escalation', n.episode, 0, 'escalation', 'agent', n.id, 'opened', $4, $4
from unnest($1::uuid[], $2::date[], $3::text[]) n (partner_id, episode, id)
on conflict (message_id) do nothing
returning partner_id::text

-- name: recipients(partner_ids)
-- Whom to write to. Personal data: goes to the channel and nowhere else.
select p.partner_id::text, p.kind, p.region, c.name, c.contact_person, c.email, coalesce(c.language, 'id') as language
from partners p left join contacts c using (partner_id)
where p.partner_id = any($1::uuid[])

-- name: history_of(p1)
-- What was done towards this partner and those merged into it, oldest first. What nobody is sending any more, and was
-- not tried again, may or may not have gone out: 'unknown'.
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

-- name: opt_out(partner_id, p2, p3)
-- No reminder from now on, neither to this partner nor to any that was merged into it, should a later row split them: who
-- of them asked cannot be told. Asked twice, the first time stands. Returns a row only when it is new for the partner.
with recursive family as (
    select $1::uuid as member
    union
    select p.partner_id from family f join partners p on p.merged_into = f.member and p.status = 'merged'
),
noted as (
    insert into opt_outs (partner_id, at, reason) select member, $2::timestamptz, $3::text from family order by 1
    on conflict do nothing returning partner_id
)
select partner_id from noted where partner_id = $1

-- name: plan_ids(regions, partner_id, p3, p4, p5)
-- Partners to plan for, by region and by who has listed them (null: anybody), a page at a time. `$5`: also those who
-- cannot be reached, since another policy to come may know a way.
select p.partner_id::text
from partners p join schedule s using (partner_id)
where (s.due_at is not null or $5 and s.state = 'unreachable')
  and p.region = any($1::text[]) and p.partner_id > $2::uuid and ($4::text is null or $4 = any(p.agencies))
order by p.partner_id limit $3

-- name: ids_after(partner_id, p2)
-- All partners, a page at a time.
select partner_id::text from partners where partner_id > $1::uuid order by partner_id limit $2

-- name: policies()
-- Every policy; of those in effect on a day the first holds.
select id, effective_from, recorded_at, body from policies order by effective_from desc, recorded_at desc, id desc

-- name: add_policy(effective_from, recorded_at, body)
-- A policy in force from this day on, until the day of the next one; of one day the last recorded holds.
insert into policies (effective_from, recorded_at, body) values ($1, $2, $3::jsonb) returning id

-- name: applied()
-- The policy all due times were reckoned with.
select policy from applied

-- name: set_applied(policy)
-- Remember it.
insert into applied (policy) values ($1) on conflict (single) do update set policy = excluded.policy
