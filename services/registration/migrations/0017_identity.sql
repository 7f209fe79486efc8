-- What tells who is one partner, beside numbers and names: keyed hashes, as those are. What the steps of `matching` join
-- is kept with each row, so that a change need not look at what it does not reach. Rows that were here before have the
-- new columns filled, and are joined again, when the service starts (`rule_of_before` is true until then).
alter table evidence add column phone uuid, add column email uuid, add column owner uuid,
    add column number_group uuid, add column name_group uuid, add column rule_of_before boolean;
alter table evidence alter column rule_of_before set default false;
update evidence set rule_of_before = true, number_group = key, name_group = key;
alter table evidence alter column rule_of_before set not null, alter column number_group set not null,
    alter column name_group set not null;
create index evidence_rule_of_before on evidence (key) where rule_of_before;
drop index evidence_name;
drop index evidence_name_nib;
create index evidence_name on evidence (name, partner_id);

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
