-- Since when a partner's listing stands as it does here, and who has ever listed it.
alter table partners
    add column applied_at timestamptz,
    add column agencies text[] not null default '{}';

comment on column partners.applied_at is 'when its newest listing or merge was read here; nothing is sent for a moment after it';
comment on column partners.agencies is 'every agency on whose list it stands or stood: these may ask about it';

-- What was read without this is read again from the beginning of the log.
update partners set version = 0, status = 'unknown', merged_into = null, merged_at = null, listed_known_at = null;
delete from consumer_offsets where topic = 'partners';
