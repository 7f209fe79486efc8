-- In which region a person decided that a partner is, and against which it was decided; null: nobody had to.
alter table partner add column decided_region text, add column decided_against text[];
-- How many sources an agency has is counted whenever it uses a new one.
create index source_agency on source (agency);
comment on table source is 'Who may send as a CloudEvents source: the agency whose accepted event used it first.';
-- Which import formed a partner is not asked any more: its report speaks of its agency's own lists.
alter table partner drop column formed_by;
-- Partners whose facts were derived when every agency's row counted: they are derived anew when the service starts.
create table partner_to_derive (partner_id uuid primary key);
insert into partner_to_derive
select partner_id from evidence group by partner_id having min(agency) <> max(agency);
