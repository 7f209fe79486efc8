-- Rows hold what is read again, and no more: the sentence, channel and template of a decision follow from the facts
-- whenever somebody asks.
alter table schedule drop column why, drop column channel, drop column template;
alter table schedule set (fillfactor = 90);
drop index schedule_due;
create index schedule_due on schedule (due_at) where due_at is not null;

-- The agencies as one text, separated by spaces: half the size of an array.
alter table partners alter column agencies drop default;
alter table partners alter column agencies type text using array_to_string(agencies, ' ');
alter table partners alter column agencies set default '';
alter table partners set (fillfactor = 90);

-- A region alone: equal keys share an entry of the index. Within a region partners are few enough to sort.
drop index partners_region_partner_id_idx;
create index partners_by_region on partners (region);
