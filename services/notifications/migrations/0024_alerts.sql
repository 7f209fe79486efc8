-- Which urgent tasks their agents were told of at once, and when each agent was told last.
alter table tasks add column alerted_at timestamptz;
alter table agents add column alerted_at timestamptz;
update tasks set alerted_at = opened_at where closed_at is null;
comment on column tasks.alerted_at is 'when its agent was told of it; null: not yet, or it has another agent since';
comment on column agents.alerted_at is 'when it was told last of tasks that cannot wait';
