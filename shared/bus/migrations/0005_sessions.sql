-- Who is signed in in a browser, by the hash of the session's secret. Its rights are those of its key; the
-- administrator's, whose key is in no table, has that key's fingerprint as key_id.
create table sessions (
    hash text primary key,
    key_id text not null,
    recorded_at timestamptz not null,
    expires_at timestamptz not null,
    ended boolean not null default false
);
