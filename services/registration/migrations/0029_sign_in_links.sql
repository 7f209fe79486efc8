-- One-time links by which somebody signs in without typing a key, by the hash of their token.
create table sign_in_link (
    hash text primary key,
    key_id text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
