-- name: session(hash)
-- The session with this SHA-256, with its key as it is now, of which an administrator's has none.
select s.key_id, s.expires_at as session_ends_at, s.ended, k.agency, k.agent, k.scopes, k.regions, k.revoked,
       k.expires_at, k.requests_per_minute, k.key_id is not null as has_key
  from sessions s left join keys k on k.key_id = s.key_id
 where s.hash = $1;

-- name: store_session(hash, key_id, recorded_at, expires_at, ended)
-- Keeps the newest state of a session by its recorded_at. An end counts whenever it was recorded, and for good.
insert into sessions as s (hash, key_id, recorded_at, expires_at, ended) values ($1, $2, $3, $4, $5)
on conflict (hash) do update set expires_at = excluded.expires_at, ended = s.ended or excluded.ended,
    recorded_at = greatest(s.recorded_at, excluded.recorded_at)
where s.recorded_at <= excluded.recorded_at or excluded.ended;

-- name: drop_sessions(hashes)
-- Sessions that are over long since.
delete from sessions where hash = any($1::text[]);
