-- A file that is sent in several requests. It holds what arrived so far, `received` bytes in so many parts, and is named by
-- the imports that read it.
create table upload (
    upload_id uuid primary key,
    agency text not null references agency,
    filename text not null,
    length bigint not null,
    received bigint not null default 0,
    parts int not null default 0,
    expires_at timestamptz not null default clock_timestamp() + interval '1 day'
);
create index upload_agency on upload (agency);

-- A file belongs to an upload or to the import with whose request it came: it is found by the id of that.
alter table import_file drop constraint import_file_import_id_fkey;
alter table import_file rename column import_id to file_id;
alter table import_file alter column sealed set storage external;
alter table import add column file_id uuid;
update import set file_id = import_id;
alter table import alter column file_id set not null;
create index import_file_id on import (file_id);
-- Bytes of a file that came with the import's own request.
alter table import add column size bigint not null default 0;
