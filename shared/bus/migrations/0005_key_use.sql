-- How many requests a minute a key may make; null: the service's default. When it was last used at this service, to the
-- minute or so.
alter table keys add column requests_per_minute int, add column last_used_at timestamptz;
