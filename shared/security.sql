-- name: valid_key(hash)
-- The holder of the key with this SHA-256; no row for an unknown or revoked key.
select key_id, agency, scopes, regions from keys where hash = $1 and not revoked;

-- name: store_key(key_id, hash, agency, agent, scopes, regions, revoked, recorded_at)
-- Keeps the newest state of a key by its recorded_at: an older event that comes later changes nothing.
insert into keys as k (key_id, hash, agency, agent, scopes, regions, revoked, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (key_id) do update set scopes = excluded.scopes, regions = excluded.regions,
    revoked = excluded.revoked, recorded_at = excluded.recorded_at
where k.recorded_at <= excluded.recorded_at;
