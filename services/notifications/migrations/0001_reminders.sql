-- Partners as the facts tell them, how they are reached, what was sent, and when each is to be decided about next.

-- The newest facts of each partner. No personal data.
create table partners (
    partner_id uuid primary key,
    version int not null default 0,
    status text not null default 'unknown',
    merged_into uuid,
    merged_at timestamptz,
    region text,
    kind text,
    listed_known_at timestamptz,
    enrollment_version int not null default 0,
    insured_from date,
    insured_until date,
    end_known_at timestamptz,
    past_until date,
    past_known_at timestamptz
) with (fillfactor = 80);
create index on partners (merged_into) where status = 'merged';
create index on partners (region, partner_id);

comment on column partners.listed_known_at is 'recorded_at of the fact that made the current listing known; null: on no list';
comment on column partners.insured_until is 'first day without insurance after the last period; infinity: open; null: never enrolled';
comment on column partners.past_until is
    'insured_until before the timeline was emptied, and since when it was known: a survivor that takes it over knows it since then';
comment on column partners.end_known_at is 'recorded_at of the fact that set insured_until';

-- Personal data: only here.
create table contacts (
    partner_id uuid primary key,
    version int not null,
    name text,
    contact_person text,
    phone text,
    email text,
    language text not null default 'id',
    recorded_at timestamptz not null
);

-- The last version of a contact that was erased: an old record cannot bring it back.
create table erased_contacts (
    partner_id uuid primary key,
    version int not null
);

-- Who asked not to be contacted. `reason` is the operator's note; it goes with the partner's erasure.
create table opt_outs (
    partner_id uuid primary key,
    at timestamptz not null,
    reason text
);

-- One row a partner: the state, why, and when it is to be decided about again (null: only when facts change).
create table schedule (
    partner_id uuid primary key,
    state text not null default 'stopped',
    why text not null default '',
    due_at timestamptz,
    channel text,
    template text,
    attempts int not null default 0,
    retry_at timestamptz,
    lease_owner uuid,
    lease_until timestamptz
) with (fillfactor = 80);
create index schedule_due on schedule (due_at, partner_id) where due_at is not null;

comment on column schedule.attempts is 'passing failures of the message that is next; retry_at: not before this';

-- What was done towards a partner. A reminder stands here as 'sending' before it leaves: if we die in between, the next
-- attempt finds it and is marked as possibly sent twice.
create table history (
    id bigint generated always as identity primary key,
    partner_id uuid not null,
    kind text not null,
    episode date not null,
    step smallint not null,
    template text not null,
    channel text not null,
    message_id text not null unique,
    outcome text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    attempts int not null default 1,
    possibly_twice boolean not null default false,
    detail text
);
create index on history (partner_id);

comment on column history.kind is 'reminder or escalation';
comment on column history.outcome is 'sending, sent, delayed, failed; of an escalation: opened';

-- The policies: of those in effect the one with the latest day holds, of one day the last recorded. `applied` is the one all due times were reckoned with.
create table policies (
    id bigint generated always as identity primary key,
    effective_from date not null,
    recorded_at timestamptz not null,
    body jsonb not null
);
create table applied (
    single boolean primary key default true check (single),
    policy text not null
);

-- The amount needs a legal check before real use.
insert into policies (effective_from, recorded_at, body) values ('2020-01-01', '2020-01-01T00:00:00Z', '{
  "steps": [
    {"template": "first", "days": 1},
    {"template": "second", "days": 7},
    {"template": "third", "days": 14}
  ],
  "escalate_after_days": 7,
  "min_gap_days": 4,
  "channels": ["email"],
  "hours": {
    "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
    "start": "08:00:00",
    "end": "20:00:00",
    "quiet": [{"weekday": "friday", "start": "11:30:00", "end": "13:00:00"}],
    "spread_until": "19:00:00",
    "on_collective_leave": false,
    "closed_days": []
  },
  "contribution_from": 16800
}');
