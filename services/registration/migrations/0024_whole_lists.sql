-- Who sent a row. Of a listing it is kept where more than one upload or event listed it, or a whole list left it out; of
-- an enrolment, claim or guest (`subject` says of whom) where an upload sent it. The newest version is the row as it is;
-- `state` is the row as an earlier one left it, where a later one changed it. A version without days only mentions the
-- row: a refused row of that upload means it.
create table row_version (
    version bigint generated always as identity primary key,
    key uuid not null,
    import_id uuid,
    first_listed date,
    last_listed date,
    line int,
    left_out_by uuid,
    state jsonb,
    subject text
);
comment on column row_version.import_id is 'The upload that listed it, null: an event.';
comment on column row_version.left_out_by is 'The upload of a whole list without the row, which is no evidence since.';
create index row_version_key on row_version (key, version);
create index row_version_import on row_version (import_id);
create index row_version_subject on row_version (subject) where subject is not null;
create index row_version_left_out on row_version (left_out_by) where left_out_by is not null;
-- Erasure finds the states by what identifies their partner.
create index row_version_nik on row_version ((state->>'nik')) where state is not null;
create index row_version_nib on row_version ((state->>'nib')) where state is not null;
create index row_version_nik_koperasi on row_version ((state->>'nik_koperasi')) where state is not null;
create index row_version_name on row_version ((state->>'name')) where state is not null;

-- What is still to be done of an upload behind its rows: rows to leave out, or to take back.
create table list_work (
    import_id uuid not null,
    key text not null,
    primary key (import_id, key)
);

alter table import drop constraint import_state_check;
alter table import add constraint import_state_check
    check (state in ('queued', 'running', 'waiting', 'done', 'cancelled', 'failed'));
-- `replaces`: the file is the whole list. `delist_at_most`: so many partners may leave it without asking. `listed`,
-- `missing`: how many were on it before and are not in the file. `unmatched`: refused rows that mean no row of the list.
-- `leaving_since`: the newest version when the rows to leave out were settled.
alter table import add column replaces boolean not null default false, add column delist_at_most int,
    add column stage text not null default 'rows' check (stage in ('rows', 'leaving')),
    add column listed int, add column missing int, add column unmatched int not null default 0,
    add column leaving_since bigint, add column delisted int not null default 0;
-- Taking an upload back: since when, until when, how many rows went, came back or are listed by others as well.
-- Of what was uploaded before nobody kept who listed a row as well: it cannot be taken back.
alter table import add column versions_kept boolean not null default false;
alter table import alter column versions_kept set default true;
alter table import add column undo_asked_at timestamptz, add column undone_at timestamptz,
    add column undo_filled boolean not null default false, add column undo_detail text,
    add column undo_removed int not null default 0, add column undo_restored int not null default 0,
    add column undo_kept int not null default 0;
create index import_undoing on import (created_at) where undo_asked_at is not null and undone_at is null;
