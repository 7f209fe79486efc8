-- What a key is for, in its agency's words; since when it is there; and the key whose place it took.
alter table keys add column purpose text, add column issued_at timestamptz, add column replaces text;
update keys set issued_at = recorded_at;
alter table keys alter column issued_at set default now(), alter column issued_at set not null;
create index keys_agency on keys (agency);
-- How many requests a minute each key of the agency may make; null: the service's default.
alter table agency add column requests_per_minute int;
-- Agencies' uploads are worked off by turns: whose last one ended longest ago is next.
create index import_ended on import (agency, finished_at);
