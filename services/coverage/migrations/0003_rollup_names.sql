-- Tables get the names that the code uses for them; their rows stay. Processes of an earlier version must be stopped
-- before: their statements use the former names.

-- The batches whose rows are in the ledger alone: each batch adds itself, the rollup removes it.
alter table unfolded rename to pending_batches;

-- The ledger summed by day, cell and span = the 30 days in which it was recorded (recorded / 2592000).
alter table folded rename to rollup;

-- `rollup` summed over all spans and all days up to and including the current day.
alter table standing rename to current_totals;
alter table standing_day rename to current_day;

-- The newest event of each agency; one row for each partition, so that consumers never wait for each other.
alter table heard rename to last_seen;

-- Primary keys (with their indexes) and the constraints `not null` carry the names of their tables.
do $$
declare
    former text[] := array['unfolded', 'folded', 'standing', 'standing_day', 'heard'];
    named text[] := array['pending_batches', 'rollup', 'current_totals', 'current_day', 'last_seen'];
    rule name;
begin
    for i in 1 .. array_length(named, 1) loop
        for rule in
            select conname from pg_constraint
            where conrelid = named[i]::regclass and starts_with(conname, former[i] || '_')
        loop
            execute format('alter table %I rename constraint %I to %I',
                named[i], rule, named[i] || substr(rule, length(former[i]) + 1));
        end loop;
    end loop;
end $$;
