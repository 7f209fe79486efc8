-- How many messages left, by day in the capital and channel: what they cost follows from the policy of the day.
create table sent_counts (
    day date not null,
    channel text not null,
    messages bigint not null
);
comment on table sent_counts is 'a row for each time messages were recorded; they are summed up every few seconds';

insert into sent_counts (day, channel, messages)
select (coalesce(finished_at, started_at) at time zone 'Asia/Jakarta')::date, channel, count(distinct coalesce(digest, message_id))
from history where kind = 'reminder' and outcome = 'sent' group by 1, 2;
