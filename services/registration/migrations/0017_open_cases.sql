-- Whether any case of a kind is open is asked in every transaction.
create index cases_open_kind on cases (kind) where closed_at is null;
