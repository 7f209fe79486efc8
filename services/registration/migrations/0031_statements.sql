-- Statements are asked for one by one under an id that is made of their key, and by their agency.
create index statement_id on statement ((md5(key)::uuid));
create index statement_agency on statement (type, agency);
-- What was kept in another way than the sender may think, {"guest": 2}.
alter table import add column notes jsonb not null default '{}';
