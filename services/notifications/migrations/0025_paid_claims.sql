-- What was paid where, for what messages tell of a region: nothing about whom it was paid to.
create table paid_claims (
    claim_id uuid primary key,
    version int not null,
    region text not null,
    programme text not null,
    amount bigint not null,
    paid_on date
);
create index paid_claims_by_region on paid_claims (region, paid_on) where paid_on is not null;
comment on column paid_claims.paid_on is 'null: not paid, or not any more';
