-- What tells a refused row of a list from the list's others, so that the same row uploaded anew takes its place.
alter table quarantine add column row_key uuid;
create index quarantine_row on quarantine (row_key) where row_key is not null;
