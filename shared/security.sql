-- name: valid_key(hash)
-- The holder of the key with this SHA-256, also of one that has expired; no row for an unknown or revoked key.
select key_id, agency, agent, scopes, regions, expires_at, requests_per_minute from keys where hash = $1 and not revoked;

-- name: store_key(key_id, hash, agency, agent, scopes, regions, revoked, recorded_at, expires_at, requests_per_minute)
-- Keeps the newest state of a key by its recorded_at. A revocation counts whenever it was recorded, and for good.
insert into keys as k
    (key_id, hash, agency, agent, scopes, regions, revoked, recorded_at, expires_at, requests_per_minute)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (key_id) do update set scopes = excluded.scopes, regions = excluded.regions,
    expires_at = excluded.expires_at, requests_per_minute = excluded.requests_per_minute, revoked = k.revoked or excluded.revoked,
    recorded_at = greatest(k.recorded_at, excluded.recorded_at)
where k.recorded_at <= excluded.recorded_at or excluded.revoked;

-- name: note_key_use(key_ids, times)
-- When keys were last used; an earlier time than what is known changes nothing.
update keys k set last_used_at = n.at from unnest($1::text[], $2::timestamptz[]) n (key_id, at)
 where k.key_id = n.key_id and (k.last_used_at is null or k.last_used_at < n.at);
