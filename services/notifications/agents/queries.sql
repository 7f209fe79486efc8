-- name: lock_assignment()
-- From here to the commit nobody else gives tasks to agents: how many each holds stays as it was read.
select pg_advisory_xact_lock(hashtextextended('/notifications/assignment', 0))

-- name: lock_request(caller, idempotency_key)
-- From here to the commit no other request of this caller with this Idempotency-Key is worked on.
select pg_advisory_xact_lock(hashtextextended('/notifications/request/' || $1 || '/' || $2, 0))

-- name: agents_with_load()
-- Every agent that may be given tasks, and how many it holds. A cooperative that was merged stands for its survivor too.
select a.agent_id::text, a.regions, a.capacity, a.limited_to, a.lists,
       a.cooperatives::text[] || array(select m.merged_into::text from partners m
                                       where m.partner_id = any(a.cooperatives) and m.status = 'merged') as cooperatives,
       (select count(*) from tasks t where t.agent_id = a.agent_id and t.closed_at is null) as open_tasks
from agents a where a.is_active order by a.agent_id

-- name: visits(partner_ids)
-- What decides who is asked about these partners, and the last reminder that each got.
select p.partner_id::text, coalesce(p.region, '') as region, p.agencies, p.cooperative_id::text, p.lists,
       (select h.message_id from history h
        where h.partner_id = p.partner_id and h.kind = 'reminder' and h.outcome = 'sent' order by h.id desc limit 1)
       as last_reminder
from partners p where p.partner_id = any($1::uuid[])

-- name: add_tasks(task_ids, partner_ids, kinds, episodes, reasons, priorities, causations, levels, agent_ids, touch_times, now)
-- Opens these tasks, in key order, but for partners with an open one; returns the ids of those that were opened.
insert into tasks (task_id, partner_id, kind, episode, reason, priority, causation, level, agent_id, touch_by, opened_at)
select n.*, $11::timestamptz
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::text[], $6::smallint[], $7::text[], $8::text[],
            $9::uuid[], $10::timestamptz[])
     n (task_id, partner_id, kind, episode, reason, priority, causation, level, agent_id, touch_by)
order by n.partner_id
on conflict (partner_id) where closed_at is null do nothing
returning task_id::text

-- name: close_tasks(partner_ids, today, now)
-- Closes the open tasks of those of these partners about whom nobody needs to be asked any more, with what became of
-- them; returns the closed ones.
update tasks t set closed_at = $3, outcome = case
    when p.status in ('merged', 'erased') then p.status
    when s.state = 'opted_out' then 'opted_out'
    when p.insured_until > $2::date then 'registered'
    when p.listed_known_at is null then 'delisted'
    when s.state = 'scheduled' then 'reachable'
    else 'stopped' end
from partners p join schedule s using (partner_id)
where t.closed_at is null and t.partner_id = any($1::uuid[]) and p.partner_id = t.partner_id
  and s.state <> 'waiting' and (t.kind = 'check' or s.state <> 'escalated')
returning t.task_id::text, t.partner_id::text, coalesce(p.region, 'ID') as region, t.agent_id::text, t.outcome

-- name: untouched(now, count)
-- Tasks that lie with somebody who has not touched them in time, locked; others' locks are skipped.
select t.task_id::text, t.level, p.agencies from tasks t join partners p using (partner_id)
where t.closed_at is null and t.touch_by <= $1 order by t.touch_by limit $2 for update of t skip locked

-- name: pass_up(task_ids, levels, touch_times)
-- Each goes to this level; the agent that had it is noted, and what it had claimed is free again.
update tasks t set level = n.level, touch_by = n.touch_by, claimed_by = null, claimed_at = null, snoozed_until = null,
    left_by = case when t.agent_id is null then t.left_by else t.left_by || t.agent_id end, agent_id = null,
    is_passed_up = true
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) n (task_id, level, touch_by) where t.task_id = n.task_id

-- name: free_tasks_of(agent_id, kept, cooperatives, lists)
-- The open tasks of an agent become nobody's, to be given anew, but for those in these regencies that belong to these
-- cooperatives or lists (keys), or all of them where both are empty.
update tasks set agent_id = null, level = 'agency', claimed_by = null, claimed_at = null, snoozed_until = null,
    touch_by = null, left_by = left_by || agent_id
where agent_id = $1::uuid and closed_at is null
  and not exists (select from partners p where p.partner_id = tasks.partner_id and p.region = any($2::text[])
                  and ($3::uuid[] = '{}' and $4::text[] = '{}' or p.cooperative_id = any($3) or p.partner_id = any($3)
                       or string_to_array(p.lists, ' ') && $4))
returning partner_id::text

-- name: waiting(regencies, after_priority, after_id, count)
-- Visits in these regencies that no agent has, and that nobody took up or left untouched; a page in order of urgency.
select t.task_id::text, t.partner_id::text, t.priority, p.region, p.agencies, p.cooperative_id::text, p.lists
from tasks t join partners p using (partner_id)
where t.closed_at is null and t.kind = 'visit' and t.agent_id is null and not t.is_passed_up and t.claimed_by is null
  and p.region = any($1::text[]) and (t.priority, t.partner_id) > ($2::smallint, $3::uuid)
order by t.priority, t.partner_id limit $4 for update of t skip locked

-- name: give(partner_ids, agent_ids, touch_by)
-- The open tasks of these partners are these agents' from now on.
update tasks t set agent_id = n.agent_id, level = 'agent', touch_by = $3, alerted_at = null
from unnest($1::uuid[], $2::uuid[]) n (partner_id, agent_id)
where t.partner_id = n.partner_id and t.closed_at is null

-- name: settle(partner_ids, levels, touch_times)
-- Tasks that no agent takes lie with these levels from now on.
update tasks t set level = n.level, touch_by = n.touch_by
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) n (partner_id, level, touch_by)
where t.partner_id = n.partner_id and t.closed_at is null and t.agent_id is null

-- name: without_task(after_id, page_size)
-- Partners for whom a visit is due by their state, and who have no open task; a page in key order.
select s.partner_id::text from schedule s
where s.state = 'escalated' and s.partner_id > $1::uuid
  and not exists (select from tasks t where t.partner_id = s.partner_id and t.closed_at is null)
order by s.partner_id limit $2

-- name: open_task_of(partner_id)
-- What somebody is asked to do about this partner now, and with whom it lies; no row if nobody is asked.
select kind, level, opened_at, claimed_at from tasks where partner_id = $1::uuid and closed_at is null

-- name: partner_of_task(task_id)
-- Whom a task is about.
select partner_id::text from tasks where task_id = $1::uuid

-- name: task(task_id)
-- One task with what decides who may see it; an ongoing change of it is waited for.
select t.*, t.task_id::text as id, t.partner_id::text as partner, t.agent_id::text as agent, p.region, p.agencies,
       coalesce(t.left_by, '{}')::text[] as left_by_agents, a.agency as agency_of_agent
from tasks t join partners p using (partner_id) left join agents a using (agent_id)
where t.task_id = $1::uuid for update of t

-- name: claim_task(task_id, caller, now, touch_by)
-- Somebody has it in hand from now on.
update tasks set claimed_by = $2, claimed_at = coalesce(claimed_at, $3), snoozed_until = null, touch_by = $4
where task_id = $1::uuid

-- name: snooze_task(task_id, until, touch_by)
-- It rests until this day.
update tasks set snoozed_until = $2, touch_by = $3 where task_id = $1::uuid

-- name: end_task(task_id, outcome, caller, now)
-- It was done by a person, with this outcome.
update tasks set outcome = $2, closed_by = $3, closed_at = $4 where task_id = $1::uuid

-- name: add_visit(partner_id, kind, episode, task_id, outcome, now)
-- What was found out about the partner, in its history; once for a task.
insert into history (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at, finished_at)
values ($1::uuid, $2, $3, 0, $2, 'agent', $4, $5, $6, $6) on conflict (message_id) do nothing

-- name: add_wrong_number(partner_id, now)
-- The partner's present phone is not its own.
insert into wrong_numbers (partner_id, key, at)
select partner_id, phone_key, $2 from contacts where partner_id = $1::uuid and phone_key is not null
on conflict do nothing

-- name: inbox(agent_id, levels, regencies, agency, of_agency, after_priority, after_opened, after_id, count)
-- Open tasks by urgency, a page: of this agent; or (null) those that lie with these levels, in these regencies, of
-- partners that the agency lists or did (null: all), and with `of_agency` those of that agency's agents as well. Personal
-- data: goes to whoever holds the task and nowhere else.
select t.task_id::text, t.partner_id::text, t.kind, t.reason, t.priority, t.opened_at, t.level, t.agent_id::text,
       t.claimed_by, t.claimed_at, t.snoozed_until, t.touch_by, p.region, p.kind as partner_kind,
       c.name, c.contact_person, c.phone, c.email, coalesce(c.language, 'id') as language,
       r.reminders, r.last_reminded_at,
       exists (select from wrong_numbers w where w.partner_id = c.partner_id and w.key = c.phone_key) as is_phone_wrong
from tasks t
join partners p using (partner_id)
left join contacts c using (partner_id)
left join agents a using (agent_id)
left join lateral (
    select count(*) filter (where h.kind = 'reminder' and h.outcome = 'sent') as reminders,
           max(h.finished_at) filter (where h.kind = 'reminder' and h.outcome = 'sent') as last_reminded_at
    from history h where h.partner_id = t.partner_id
) r on true
where t.closed_at is null
  and case when $1::uuid is not null then t.agent_id = $1::uuid
      else p.region = any($3::text[])
           and (t.level = any($2::text[]) and ($4::text is null or $4 = any(string_to_array(p.agencies, ' ')))
                or a.agency = $5::text)
      end
  and (t.priority, t.opened_at, t.task_id) > ($6::smallint, $7::timestamptz, $8::uuid)
order by t.priority, t.opened_at, t.task_id limit $9

-- name: progress_of(agent_id, month_begins)
-- What an agent holds, what it did since then, and how many of those it did are registered now.
select count(*) filter (where t.closed_at is null) as open,
       count(*) filter (where t.closed_at is null and t.claimed_at is not null) as claimed,
       count(*) filter (where t.closed_by = 'agent:' || $1::text and t.closed_at >= $2) as done,
       count(*) filter (where t.agent_id is not null and t.closed_at >= $2
                        and (t.outcome = 'registered' or p.insured_until > $2::date)) as registered
from tasks t join partners p using (partner_id) where t.agent_id = $1::text::uuid

-- name: request(caller, idempotency_key)
-- The request that this Idempotency-Key was used for.
select body, answer from task_requests where caller = $1 and idempotency_key = $2

-- name: add_request(caller, idempotency_key, body, answer, now)
-- What the same request is answered from now on.
insert into task_requests (caller, idempotency_key, body, answer, answered_at) values ($1, $2, $3, $4::jsonb, $5)

-- name: drop_requests(before)
-- Answers that nobody asks for again.
delete from task_requests where answered_at < $1

-- name: add_agent(agent_id, agency, limited_to, name, phone, email, language, regions, cooperatives, lists, capacity, monthly_target, key_id, now)
-- A new agent.
insert into agents (agent_id, agency, limited_to, name, phone, email, language, regions, cooperatives, lists, capacity,
                    monthly_target, key_id, created_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9::uuid[], $10, $11, $12, $13, $14)

-- name: profile(agent_id)
-- An agent as it sees itself.
select agent_id::text, name, regions, monthly_target from agents where agent_id = $1::uuid and removed_at is null

-- name: agents(agency, month_begins, agent_id)
-- The agents of an agency (null: all), or the one with this id, with what they hold, did since then, and how many of these are registered now.
select a.agent_id::text, a.agency, a.name, a.phone, a.email, a.language, a.regions, a.cooperatives::text[], a.lists,
       a.capacity, a.monthly_target,
       a.is_active, a.created_at, a.key_id, coalesce(n.open, 0) as open, coalesce(n.done, 0) as done,
       coalesce(n.registered, 0) as registered
from agents a
left join (
    select t.agent_id, count(*) filter (where t.closed_at is null) as open,
           count(*) filter (where t.closed_by = 'agent:' || t.agent_id::text and t.closed_at >= $2) as done,
           count(*) filter (where t.closed_at >= $2 and (t.outcome = 'registered' or p.insured_until > $2::date))
           as registered
    from tasks t join partners p using (partner_id) where t.agent_id is not null group by t.agent_id
) n using (agent_id)
where a.removed_at is null and ($1::text is null or a.agency = $1) and ($3::uuid is null or a.agent_id = $3)
order by a.created_at, a.agent_id

-- name: unknown_lists(regencies, names, keys)
-- Those of these lists on which no partner of these regencies is.
select n.name from unnest($2::text[], $3::text[]) n (name, key)
where not exists (select from partners p where p.region = any($1::text[]) and n.key = any(string_to_array(p.lists, ' ')))

-- name: cooperatives(partner_ids)
-- Those of these partners that are cooperatives or were merged into one: as `survivor`, a step at a time.
select p.partner_id::text, p.region, string_to_array(p.agencies, ' ') as agencies from partners p
where p.partner_id = any($1::uuid[]) and (p.kind = 'cooperative' or p.status = 'merged')

-- name: agent(agent_id)
-- One agent, locked; none that was removed.
select agent_id::text, agency, limited_to, name, phone, email, language, regions, cooperatives::text[], lists,
       capacity, monthly_target, is_active, created_at, key_id from agents where agent_id = $1::uuid and removed_at is null for update

-- name: change_agent(agent_id, name, phone, email, language, regions, cooperatives, lists, capacity, monthly_target, is_active, key_id)
-- What of an agent is otherwise from now on.
update agents set name = $2, phone = $3, email = $4, language = $5, regions = $6, cooperatives = $7::uuid[], lists = $8,
    capacity = $9, monthly_target = $10, is_active = $11, key_id = $12
where agent_id = $1::uuid

-- name: remove_agent(agent_id, now)
-- The agent's personal data is gone; what it did stays, under its id.
update agents set removed_at = $2, is_active = false, name = null, phone = null, email = null where agent_id = $1::uuid

-- name: revoke_key(key_id, now)
-- The key opens nothing any more; returns it.
update keys set revoked = true, recorded_at = greatest(recorded_at, $2) where key_id = $1
returning key_id, hash, agent, regions, recorded_at

-- name: add_link(hash, agent_id, expires_at)
-- A one-time link; earlier ones of the agent are gone.
with gone as (delete from agent_links where agent_id = $2::uuid)
insert into agent_links (hash, agent_id, expires_at) values ($1, $2::uuid, $3)

-- name: take_link(hash, now)
-- Uses a link up; the agent's id and key, none for a link that is unknown, used or over, or whose agent is off.
with taken as (delete from agent_links where hash = $1 returning agent_id, expires_at)
select a.agent_id::text, a.key_id from taken join agents a using (agent_id)
where taken.expires_at > $2 and a.is_active

-- name: end_sessions_of(key_id)
-- Everybody who signed in with this key is signed out; returns how many.
with ended as (update sessions set ended = true where key_id = $1 and not ended returning 1) select count(*) from ended

-- name: end_session(hash)
-- This session is over.
update sessions set ended = true where hash = $1

-- name: open_tasks_by_region(regencies, agency)
-- How many open tasks lie with whom in each of these regencies, of partners that the agency lists or did (null: all), and
-- since when the oldest is open.
select p.region, count(*) filter (where t.level = 'agent') as agents, count(*) filter (where t.level = 'agency') as agencies,
       count(*) filter (where t.level = 'office') as offices, count(*) filter (where t.claimed_at is not null) as claimed,
       min(t.opened_at) as oldest
from tasks t join partners p using (partner_id)
where t.closed_at is null and p.region = any($1::text[])
  and ($2::text is null or $2 = any(string_to_array(p.agencies, ' ')))
group by p.region order by count(*) desc, p.region

-- name: agents_to_tell()
-- Agents that can be told, and how many visits wait for each: those that do not rest, and which of them are urgent.
select a.agent_id::text, a.name, a.email, a.language, a.regions, count(*) as waiting,
       count(*) filter (where t.priority = 1) as urgent,
       exists (select from push_subscriptions s where s.agent_id = a.agent_id) as has_push
from agents a join tasks t using (agent_id)
where a.is_active and t.closed_at is null
  and (a.email is not null or exists (select from push_subscriptions s where s.agent_id = a.agent_id))
  and (t.snoozed_until is null or t.snoozed_until <= current_date)
group by a.agent_id order by a.agent_id

-- name: agents_to_alert(told_before)
-- Agents that have urgent tasks in hand of which they were not told, and were told of nothing since then.
select a.agent_id::text, a.name, a.phone, a.email, a.language, a.regions,
       exists (select from push_subscriptions s where s.agent_id = a.agent_id) as has_push
from agents a
where a.is_active and (a.alerted_at is null or a.alerted_at <= $1)
  and exists (select from tasks t where t.agent_id = a.agent_id and t.closed_at is null and t.priority = 1
              and t.alerted_at is null and t.snoozed_until is null)
order by a.agent_id

-- name: mark_alerted(agent_id, now)
-- The agent is told of its urgent tasks now; those of which it was not told before.
with told as (update agents set alerted_at = $2 where agent_id = $1::uuid)
update tasks set alerted_at = $2
where agent_id = $1::uuid and closed_at is null and priority = 1 and alerted_at is null and snoozed_until is null
returning task_id::text

-- name: forget_alerted(agent_id, task_ids)
-- It was not told of these tasks after all.
with forgotten as (update agents set alerted_at = null where agent_id = $1::uuid)
update tasks set alerted_at = null where agent_id = $1::uuid and task_id = any($2::uuid[])

-- name: mark_told(agent_id, day)
-- Whether the agent was not told on this day yet; from now on it was.
with marked as (
    update agents set told_on = $2 where agent_id = $1::uuid and (told_on is null or told_on < $2) returning 1
)
select count(*) > 0 from marked

-- name: forget_told(agent_id, day)
-- It was not told on this day after all.
update agents set told_on = null where agent_id = $1::uuid and told_on = $2

-- name: add_subscription(endpoint, agent_id, p256dh, auth, now)
-- This browser takes the agent's notifications, whoever's it took before.
insert into push_subscriptions (endpoint, agent_id, p256dh, auth, at) values ($1, $2::uuid, $3, $4, $5)
on conflict (endpoint) do update set agent_id = excluded.agent_id, p256dh = excluded.p256dh, auth = excluded.auth,
    at = excluded.at

-- name: limit_subscriptions(agent_id, most)
-- Only the newest so many of an agent stay.
delete from push_subscriptions where endpoint in (
    select endpoint from push_subscriptions where agent_id = $1::uuid order by at desc, endpoint offset $2)

-- name: subscriptions_of(agent_id)
-- Where an agent's phones take notifications, and their keys.
select endpoint, p256dh, auth from push_subscriptions where agent_id = $1::uuid order by at desc

-- name: remove_subscription(endpoint)
-- The push service knows it no more.
delete from push_subscriptions where endpoint = $1

-- name: remove_subscription_of(agent_id, endpoint)
-- This phone of the agent takes no notifications any more.
delete from push_subscriptions where agent_id = $1::uuid and endpoint = $2

-- name: remove_subscriptions_of(key_id)
-- No phone takes notifications of the agent with this key any more.
delete from push_subscriptions s using agents a where a.agent_id = s.agent_id and a.key_id = $1
