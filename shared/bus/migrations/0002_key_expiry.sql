-- The moment from which a key opens nothing any more; null: it does not expire.
alter table keys add column expires_at timestamptz;
