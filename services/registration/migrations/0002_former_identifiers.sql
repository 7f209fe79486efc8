-- What identified a partner in the rows that were removed: named by a list again, it is the same partner as before.
-- Only keyed hashes of what is personal, as in `evidence`; erasure removes them.
create table former (
    partner_id uuid not null,
    nib bigint,
    nik_koperasi text,
    nik uuid,
    name uuid not null
);
create index former_partner on former (partner_id);
create index former_nib on former (nib) where nib is not null;
create index former_nik_koperasi on former (nik_koperasi) where nik_koperasi is not null;
create index former_nik on former (nik) where nik is not null;
create index former_name on former (name);
