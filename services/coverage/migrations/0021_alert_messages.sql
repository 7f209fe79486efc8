-- Whether the operator's channel took the message that an alert opened, and that it was resolved.
alter table alerts add column opening_sent_at timestamptz, add column resolution_sent_at timestamptz;
-- What was there before is known by the page: only what happens from now on is sent.
update alerts set opening_sent_at = now(), resolution_sent_at = case when resolved_at is not null then now() end;
create index alerts_unsent on alerts (opened_at)
    where opening_sent_at is null or resolved_at is not null and resolution_sent_at is null;
