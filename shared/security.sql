-- name: valid_key(hash)
-- The holder of the key with this SHA-256, also of one that has expired; no row for an unknown or revoked key.
select key_id, agency, scopes, regions, expires_at from keys where hash = $1 and not revoked;

-- name: store_key(key_id, hash, agency, agent, scopes, regions, revoked, recorded_at, expires_at)
-- Keeps the newest state of a key by its recorded_at. A revocation counts whenever it was recorded, and for good.
insert into keys as k (key_id, hash, agency, agent, scopes, regions, revoked, recorded_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (key_id) do update set scopes = excluded.scopes, regions = excluded.regions,
    expires_at = excluded.expires_at, revoked = k.revoked or excluded.revoked,
    recorded_at = greatest(k.recorded_at, excluded.recorded_at)
where k.recorded_at <= excluded.recorded_at or excluded.revoked;
