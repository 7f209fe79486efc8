-- Agents' caseload by cooperative or by list, beside their regions.
alter table partners add column cooperative_id uuid, add column lists text;
comment on column partners.lists is
    'keys of the lists it is on (agents/caseload.py), separated by spaces; null: read before there were any';

alter table agents
    add column cooperatives uuid[] not null default '{}',
    add column lists text[] not null default '{}';
comment on column agents.cooperatives is 'with `lists`: of its regions only these cooperatives, their members, and who is on one of these lists; both empty: all';
comment on column agents.lists is 'agency/list each';

-- The newest fact of each partner is read once more, for the two columns.
delete from consumer_offsets where topic = 'partners';
