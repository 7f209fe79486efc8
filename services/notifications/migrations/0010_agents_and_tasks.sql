-- Field agents, the visits they are asked for, and how they sign in on their phones.

-- Personal data of agents: name and contact. An agent that is removed keeps its id alone.
create table agents (
    agent_id uuid primary key,
    agency text,
    limited_to text,
    name text,
    phone text,
    email text,
    language text not null default 'id',
    regions text[] not null,
    capacity int not null,
    monthly_target int,
    key_id text not null,
    is_active boolean not null default true,
    created_at timestamptz not null,
    removed_at timestamptz
);
create index on agents (agency);
create unique index on agents (key_id);

comment on column agents.agency is 'whose agent it is; null: the administrator''s';
comment on column agents.limited_to is 'the agency whose lists limit its caseload; null: all partners of its regions';
comment on column agents.capacity is 'how many open tasks it holds at most';
comment on column agents.monthly_target is 'visits a month that are asked of it; null: no target';

-- What somebody is asked to do about a partner. One is open for a partner at most.
create table tasks (
    task_id uuid primary key,
    partner_id uuid not null,
    kind text not null,
    episode date not null,
    reason text not null,
    priority smallint not null,
    causation text not null,
    opened_at timestamptz not null,
    level text not null,
    agent_id uuid,
    left_by uuid[] not null default '{}',
    touch_by timestamptz,
    is_passed_up boolean not null default false,
    claimed_by text,
    claimed_at timestamptz,
    snoozed_until date,
    closed_at timestamptz,
    closed_by text,
    outcome text
) with (fillfactor = 90);
create unique index tasks_open on tasks (partner_id) where closed_at is null;
create index on tasks (partner_id);
create index tasks_of_agent on tasks (agent_id, closed_at);
create index tasks_untouched on tasks (touch_by) where closed_at is null and touch_by is not null;
create index tasks_by_priority on tasks (priority, opened_at, task_id) where closed_at is null;

comment on column tasks.kind is 'visit: go there; check: BPJS is asked whether it is registered';
comment on column tasks.reason is 'unanswered, unreachable, not_enrolled; of a check: said_enrolled';
comment on column tasks.level is 'who holds it: agent (agent_id), agency (those that list it) or office (BPJS there)';
comment on column tasks.left_by is 'agents that held it before';
comment on column tasks.is_passed_up is 'somebody left it untouched: no agent is given it again';
comment on column tasks.touch_by is 'when it goes one level up unless somebody has touched it; null: it stays';
comment on column tasks.causation is 'the reminder, task or escalation that led to it';
comment on column tasks.outcome is 'what was found, or what closed it: registered, opted_out, merged, erased, delisted, reachable';

-- Requests that were answered, by their Idempotency-Key: sent again they are answered the same. `body` is a fingerprint.
create table task_requests (
    caller text not null,
    idempotency_key text not null,
    body text not null,
    answer jsonb not null,
    answered_at timestamptz not null,
    primary key (caller, idempotency_key)
);
create index on task_requests (answered_at);

-- One-time links with which an agent signs in on a phone, by their SHA-256.
create table agent_links (
    hash text primary key,
    agent_id uuid not null,
    expires_at timestamptz not null
);
create index on agent_links (agent_id);
