-- The quarantine of an agency by reason: its pages, and how much of each there is from the index alone.
create index quarantine_reasons on quarantine (agency, code, id) include (import_id, type);
