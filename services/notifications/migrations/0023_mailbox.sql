-- How far each folder of our mailbox was read: the number of the next message, under this validity of the numbers.
create table mailbox_positions (
    folder text primary key,
    validity bigint not null,
    next_uid bigint not null
);
