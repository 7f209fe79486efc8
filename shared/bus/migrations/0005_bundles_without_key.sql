-- A bundle has no key, so that the relay of an earlier release, which may still run while this one starts, fails on it
-- instead of publishing it as one event.
alter table outbox alter column key drop not null;
