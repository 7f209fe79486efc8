-- Who is on a list, in the order of their ids: counted and shown page by page without reading the rows.
drop index evidence_list;
create index evidence_list on evidence (agency, list, partner_id) include (first_listed);
-- The few participants that no list names, apart from the many.
create index participant_unlisted on participant (name) where not found;
