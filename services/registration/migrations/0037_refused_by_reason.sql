-- The refused rows of an upload are counted and leafed through by their reason.
create index quarantine_reason on quarantine (import_id, code, line, id) where import_id is not null;
