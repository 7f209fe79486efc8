-- name: assign_partitions(topic, partitions)
-- Makes the caller the owner from here on: a higher epoch makes every later batch of a former owner fail.
insert into consumer_offsets as o (topic, partition)
select $1, p from unnest($2::int[]) p
on conflict (topic, partition) do update set epoch = o.epoch + 1
returning partition, next_offset, epoch, topic_id, last_offset, fingerprint;

-- name: advance_offsets(topic, partitions, expected_offsets, next_offsets, epochs, last_offsets, fingerprints)
-- Compare-and-swap: updates only the rows that still have the expected offset and epoch; fewer rows than partitions mean
-- that somebody else owns one of them. The last record is kept beside its offset.
update consumer_offsets o set next_offset = n.next, last_offset = n.last, fingerprint = n.fingerprint
from unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
     n (partition, expected, next, epoch, last, fingerprint)
where o.topic = $1 and o.partition = n.partition and o.next_offset = n.expected and o.epoch = n.epoch;

-- name: note_topic_id(topic, topic_id)
-- From now on positions of this topic count in this one; those that already have an identity keep it.
update consumer_offsets set topic_id = $2 where topic = $1 and topic_id is null;

-- name: halts()
-- Where the service stands still, and why.
select topic, cause, reason, partition, next_offset, since from halts order by since, topic;

-- name: note_halt(topic, cause, reason, partition, next_offset)
-- The first reason stays, and the time since when it holds.
insert into halts (topic, cause, reason, partition, next_offset) values ($1, $2, $3, $4, $5)
on conflict (topic) do nothing;

-- name: end_halt(topic)
-- The service goes on with the topic; returns the topic if it stood still.
delete from halts where topic = $1 returning topic;

-- name: end_halts_for_log()
-- The service goes on where the log was the trouble.
delete from halts where cause = 'log';

-- name: forgiven()
-- Up to where bad records of each partition become dead letters without a halt.
select topic, partition, before_offset from forgiven;

-- name: forgive(topic, partitions, before_offsets)
-- The same, said anew for these partitions.
insert into forgiven (topic, partition, before_offset) select $1, * from unnest($2::int[], $3::bigint[])
on conflict (topic, partition) do update set before_offset = excluded.before_offset;

-- name: all_positions()
-- The next offset of each partition that was ever assigned.
select topic, partition, next_offset from consumer_offsets order by topic, partition;

-- name: known_topic_ids(topics)
-- The id of each topic that was read before.
select distinct topic, topic_id from consumer_offsets where topic = any($1::text[]) and topic_id is not null;

-- name: positions_of(topic)
-- The next offset of each partition of the topic.
select partition, next_offset from consumer_offsets where topic = $1 order by partition;

-- name: skip_to(topic, partition, next_offset)
-- Moves the position forward, never back, and fences out whoever has the partition: it reads the position again.
update consumer_offsets set next_offset = $3, last_offset = null, fingerprint = null, epoch = epoch + 1
 where topic = $1 and partition = $2 and next_offset < $3 returning partition;

-- name: begin_again(topics)
-- Reads these topics again from their first record on, in whichever log is there now.
update consumer_offsets set next_offset = 0, topic_id = null, last_offset = null, fingerprint = null, epoch = epoch + 1
 where topic = any($1::text[]) returning topic, partition;

-- name: try_lock_relay(lane)
-- True if this session may publish this lane now; one relay of a service and lane at a time, until the session is reset.
-- What the relay does need not be durable before it goes on: after a crash it publishes again.
select pg_try_advisory_lock(hashtext(current_schema() || $1)) and set_config('synchronous_commit', 'off', false) = 'off';

-- name: is_anything_waiting(is_access)
-- Whether an event of this lane is in the outbox.
select exists (select from outbox where (topic = 'access') = $1);

-- name: oldest_events(count, bytes)
-- The oldest rows visible now but those of `access`, in the order of their ids, which is the order of publication: no
-- more than so many bytes of values, the last row aside.
select id, topic, key, type, event_id, time, value, traceparent, events
  from (select *, sum(coalesce(octet_length(value), 0))
                      over (order by id rows between unbounded preceding and 1 preceding) as bytes_before
          from (select * from outbox where topic <> 'access' order by id limit $1) oldest) counted
 where coalesce(bytes_before, 0) < $2 order by id;

-- name: oldest_access_events(count, bytes)
-- The same for the topic `access`, found by its own index however much else waits.
select id, topic, key, type, event_id, time, value, traceparent, events
  from (select *, sum(coalesce(octet_length(value), 0))
                      over (order by id rows between unbounded preceding and 1 preceding) as bytes_before
          from (select * from outbox where topic = 'access' order by id limit $1) oldest) counted
 where coalesce(bytes_before, 0) < $2 order by id;

-- name: delete_rows(ids)
-- Deletes exactly the rows that were published: one that commits late with a smaller id stays for the next round.
delete from outbox where id = any($1::bigint[]);

-- name: delete_published(ids, topics, partitions, next_offsets)
-- The same, and keeps in the same transaction how far each partition is published now; never less than before.
with gone as (delete from outbox where id = any($1::bigint[]))
insert into published as p (topic, partition, next_offset)
select * from unnest($2::text[], $3::int[], $4::bigint[])
on conflict (topic, partition) do update set next_offset = excluded.next_offset
 where p.next_offset < excluded.next_offset;

-- name: published(topics)
-- How far these topics are published.
select topic, partition, topic_id, next_offset from published where topic = any($1::text[]);

-- name: count_published(topics, partitions, topic_ids, next_offsets)
-- Counts partitions from these offsets on, and says of counted ones in which topic.
insert into published as p (topic, partition, topic_id, next_offset)
select * from unnest($1::text[], $2::int[], $3::text[], $4::bigint[])
on conflict (topic, partition) do update set topic_id = coalesce(p.topic_id, excluded.topic_id);

-- name: count_redriven(topics, partitions, ends)
-- These partitions of ours end there now, since somebody put records back; never less than before.
update published p set next_offset = n.end_offset
  from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, end_offset)
 where p.topic = n.topic and p.partition = n.partition and p.next_offset < n.end_offset;

-- name: forget_published(topics)
-- Nothing is known of these topics any more.
delete from published where topic = any($1::text[]);

-- name: adopts_log()
-- Whether the log is taken as it is, since this database never counted.
select coalesce((select adopts from adopts_log), false);

-- name: log_is_adopted()
-- From now on the log must fit.
update adopts_log set adopts = false where adopts;

-- name: waiting_events()
-- How many events of each topic wait to be published.
select topic, sum(events)::bigint as events from outbox group by topic;

-- name: count_waiting()
-- How many events wait to be published, of all topics, and when the oldest one was accepted.
select coalesce(sum(events), 0)::bigint as events, min(time) as oldest_at from outbox;

-- name: add_numbered(ids, topics, keys, types, event_ids, times, values, traceparents)
-- Each event of a bundle as a row of its own, in the place that its number gives it.
insert into outbox (id, topic, key, type, event_id, time, value, traceparent) overriding system value
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[],
                     $8::text[]);

-- name: set_aside(id, reason)
-- Moves an event out of the outbox: it is in one of the two tables, never in both or none.
with refused as (
    delete from outbox where id = $1 returning id, topic, key, type, event_id, time, value, traceparent)
insert into outbox_set_aside (id, topic, key, type, event_id, time, value, traceparent, reason)
select *, $2 from refused;

-- name: drop_superseded(ids, topics, keys)
-- Deletes the events set aside whose key a later one of these, now published, has; returns what they were.
delete from outbox_set_aside s using unnest($1::bigint[], $2::text[], $3::text[]) p (id, topic, key)
 where s.topic = p.topic and s.key = p.key and s.id < p.id returning s.topic, s.event_id;

-- name: count_set_aside(is_access)
-- How many events of this lane are set aside, and why the oldest one is.
select count(*) as count, (array_agg(topic || ': ' || reason order by id))[1] as reason
  from outbox_set_aside where (topic = 'access') = $1;

-- name: set_aside_events()
-- What is set aside, the oldest first, without keys and values.
select id, topic, type, event_id, time, coalesce(octet_length(value), 0) as bytes, reason, set_aside_at
  from outbox_set_aside order by id;

-- name: lock_relays()
-- Held until the transaction ends: no relay of the service publishes anything meanwhile.
select pg_advisory_xact_lock(hashtext(current_schema() || '/relay')),
       pg_advisory_xact_lock(hashtext(current_schema() || '/relay/access'));

-- name: release_set_aside(ids)
-- Puts events (null: all) back into the outbox in their old places, before everything that was added since.
with released as (
    delete from outbox_set_aside where $1::bigint[] is null or id = any($1)
    returning id, topic, key, type, event_id, time, value, traceparent)
insert into outbox (id, topic, key, type, event_id, time, value, traceparent) overriding system value
select * from released returning id;
