-- A row holds one event or, in `value`, a bundle of `events` events of one topic: thousands of facts that are committed
-- together cost a few rows. Each event of a bundle has a number of its own, counted on from the row's.
alter table outbox add column events int not null default 1;
alter table outbox alter column id set increment by 1024;
alter table outbox alter column value set storage external;
alter table outbox set (toast.autovacuum_vacuum_threshold = 20000, toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_cost_delay = 0);
