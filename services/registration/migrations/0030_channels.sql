-- The cooperative through which a participant was enrolled (its channel, `wadah`), by its newest version that names one:
-- when cooperatives merge, those enrolled through them are found by it.
alter table participant add column channel uuid;
create index participant_channel on participant (channel) where channel is not null;
