-- Since when all that is sealed was sealed under this key; a key that is not here leaves what former keys sealed.
create table sealed_anew (
    key_id text primary key,
    at timestamptz not null default clock_timestamp()
);
