-- name: assign_partitions(topic, partitions)
-- Makes the caller the owner from here on: a higher epoch makes every later batch of a former owner fail.
insert into consumer_offsets as o (topic, partition)
select $1, p from unnest($2::int[]) p
on conflict (topic, partition) do update set epoch = o.epoch + 1
returning partition, next_offset, epoch;

-- name: advance_offsets(topic, partitions, expected_offsets, next_offsets, epochs)
-- Compare-and-swap: updates only the rows that still have the expected offset and epoch; fewer rows than partitions mean
-- that somebody else owns one of them.
update consumer_offsets o set next_offset = n.next
from unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) n (partition, expected, next, epoch)
where o.topic = $1 and o.partition = n.partition and o.next_offset = n.expected and o.epoch = n.epoch;

-- name: try_lock_relay()
-- True if this session may publish now; one relay of a service at a time, the lock ends with the session at the latest.
select pg_try_advisory_lock(hashtext(current_schema() || '/relay'));

-- name: unlock_relay()
-- Lets another relay of the service publish.
select pg_advisory_unlock(hashtext(current_schema() || '/relay'));

-- name: oldest_events(count)
-- The oldest events visible now, in the order of their ids, which is the order of publication.
select id, topic, key, type, event_id, time, value from outbox order by id limit $1;

-- name: delete_events(ids)
-- Deletes exactly the published events: one that commits late with a smaller id stays for the next round.
delete from outbox where id = any($1::bigint[]);
