-- What is known of addresses: who asked to stop, which were refused, when each was last contacted. An address stands
-- here as a keyed hash alone; without the service's secret it tells nothing.

alter table contacts
    add column phone_key uuid,
    add column email_key uuid,
    add column person_key uuid,
    add column is_keyed boolean not null default false;
create index contacts_by_phone on contacts (phone_key) where phone_key is not null;
create index contacts_by_email on contacts (email_key) where email_key is not null;
create index contacts_without_keys on contacts (partner_id) where not is_keyed;
comment on column contacts.phone_key is 'keyed hash of the number, null: none that can be used; email_key: the same';
comment on column contacts.person_key is 'keyed hash of what registration publishes instead of the NIK';
comment on column contacts.is_keyed is 'false: stored before there were keys, which follow at the next start';

-- The keys of a contact outlive it: an erased person that is listed again is not contacted again.
alter table erased_contacts add column phone_key uuid, add column email_key uuid, add column person_key uuid;

-- Addresses and persons that are not to be contacted, whoever lists them.
create table stops (
    key uuid primary key,
    kind text not null,
    at timestamptz not null
);
comment on column stops.kind is 'asked: somebody asked to stop; erased: the partner was erased';

-- Addresses that a channel's provider refused for good.
create table refused_addresses (
    key uuid not null,
    channel text not null,
    at timestamptz not null,
    primary key (key, channel)
);

-- One row for each message that left for an address, or is about to: what the caps count.
create table contacted (
    message_id text primary key,
    key uuid not null,
    at timestamptz not null
);
create index contacted_by_key on contacted (key, at);

-- What waits for one provider does not keep the others waiting. Empty: no message.
alter table schedule add column due_channel text not null default '';
drop index schedule_due;
create index schedule_due on schedule (due_channel, due_at) where due_at is not null;

alter table history
    add column digest text,
    add column receipt text,
    add column receipt_at timestamptz;
create index history_by_digest on history (digest) where digest is not null;
comment on column history.digest is 'message_id of the message in which it left, together with what fell on the same day';
comment on column history.receipt is 'what the provider said later: delivered, refused, delayed';

-- Deliveries of providers that were taken: the same one again has no effect.
create table taken_deliveries (
    id text primary key,
    at timestamptz not null
);
create index on taken_deliveries (at);

-- WhatsApp first, SMS second, e-mail third, unless the operator has set a policy.
update policies set body = jsonb_set(body, '{channels}', '["whatsapp", "sms", "email"]')
where effective_from = '2020-01-01' and recorded_at = '2020-01-01T00:00:00Z' and body -> 'channels' = '["email"]';
