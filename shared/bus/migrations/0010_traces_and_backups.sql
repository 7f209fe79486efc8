-- The W3C trace context of the request that an event came from; null: it is not traced.
alter table outbox add column traceparent text;
alter table outbox_set_aside add column traceparent text;

-- When the data of all services were saved; whoever saves them notes it, in registration's schema.
create table backups (taken_at timestamptz primary key);
