-- What decides who is one partner, beside numbers and names: keyed hashes, as those are. What the steps of `matching` join
-- is kept with each row, so that a change need not look at what it does not reach. Rows that were here before have no
-- groups until the service has started: only it can open what is sealed (`identity_upgrade.py`).
alter table evidence add column phone uuid, add column email uuid, add column owner uuid,
    add column number_group uuid, add column name_group uuid,
    add column texts_unknown boolean not null default false;
-- What else stood in such a row without a ref is not known: the same row sent again with more texts takes its place.
update evidence set texts_unknown = true where ref is null;
create index evidence_without_groups on evidence (key) where number_group is null;
create index evidence_texts_unknown on evidence (key) where texts_unknown;
drop index evidence_name;
drop index evidence_name_nib;
create index evidence_name on evidence (name, partner_id);

-- Rows that the rules put with another partner than before: they are settled, with the facts, when the service starts.
create table unsettled (
    key uuid primary key
);

alter table former add column key uuid, add column phone uuid, add column email uuid, add column owner uuid;

alter table participant add column phone uuid, add column email uuid, add column owner uuid;
alter table attendance add column phone uuid, add column email uuid, add column owner uuid;

-- What a person decided: the rows of each side as they were. Hashes and numbers only, as in `evidence`.
create table decided (
    decision uuid not null,
    same boolean not null,
    side int not null,
    key uuid not null,
    nib bigint,
    nik_koperasi text,
    nik uuid,
    name uuid not null,
    phone uuid,
    email uuid,
    owner uuid,
    primary key (decision, key)
);
create index decided_same on decided (same);
create index decided_key on decided (key);
create index decided_nib on decided (nib) where nib is not null;
create index decided_nik_koperasi on decided (nik_koperasi) where nik_koperasi is not null;
create index decided_name on decided (name);
