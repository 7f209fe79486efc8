-- The key with which an agency's access to Kafka was issued, and with which it is revoked; null: it has none.
alter table agency add column kafka_key text;
