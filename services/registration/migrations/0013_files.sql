-- An uploaded file is kept in parts of a bounded size, so that nobody holds the whole of it in memory.
alter table import_file add column part int not null default 0;
alter table import_file drop constraint import_file_pkey;
alter table import_file add primary key (import_id, part);
-- How the upload asked its file to be read, what was found out, what each column is read as ([[header, meaning]]),
-- and why lines were no rows ({"blank": 3}).
alter table import add column options jsonb not null default '{}';
alter table import add column reading jsonb not null default '{}';
alter table import add column columns jsonb not null default '[]';
alter table import add column skipped_by jsonb not null default '{}';
