-- Every row of the outbox is soon a dead one. Vacuumed often, its place is used again, and its oldest rows are found
-- without passing dead ones; by the usual fifth of the table it would grow with each import.
alter table outbox set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
