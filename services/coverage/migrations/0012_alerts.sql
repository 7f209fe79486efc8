-- Alerts for meaning. Nothing of them comes from the log: a rebuild takes them over.
create table alert_rules (
    rule_id uuid primary key,
    name text not null,
    condition jsonb not null,                 -- kind and what it needs (alert_conditions.py)
    clear_after_hours int not null,
    enabled boolean not null,
    created_at timestamptz not null
);

-- One row from the moment a condition became true until it was untrue for long enough.
create table alerts (
    alert_id uuid primary key,
    rule_id uuid not null,
    rule_name text not null,
    kind text not null,
    subject text not null,                    -- what the condition is true of: a region, an agency, a target
    details jsonb not null,                   -- the numbers of its sentence, the newest ones
    opened_at timestamptz not null,
    last_true_at timestamptz not null,
    acknowledged_at timestamptz,
    resolved_at timestamptz
);
create unique index alerts_open on alerts (rule_id, subject) where resolved_at is null;
create index alerts_by_time on alerts (opened_at, alert_id);
