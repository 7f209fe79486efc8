-- A cooperative's number finds what was refused of it, whatever its name is there.
alter table quarantine add column nik_koperasi text;
create index quarantine_nik_koperasi on quarantine (nik_koperasi) where nik_koperasi is not null;
