-- What notifications did towards partners, act by act, for the question what became of it. Nothing personal.
create table outreach (
    event_id text primary key,
    partner_id uuid not null,
    recorded bigint not null,                 -- seconds since 1970
    region text not null,
    kind text not null,                       -- the type of its event
    template text,
    channel text,
    agent text,
    outcome text,
    causation text                            -- the reminder, task or event that led to it
);
create index outreach_by_region on outreach (region, recorded);
create index outreach_by_causation on outreach (causation) where kind = 'reminder.sent';

-- Every statement of a briefing, also that it was withdrawn; of one `key` the newest holds.
create table briefings (
    key text not null,
    recorded bigint not null,
    region text not null,
    held_on date not null,
    agency text not null,
    quota int,
    present int,
    attendees uuid[] not null,
    withdrawn boolean not null,
    arrival bigint generated always as identity,
    unique (key, recorded, withdrawn)
);
create index briefings_by_region on briefings (region);

-- Briefings that were read before this table existed are not in it: until a rebuild read them anew they are not known.
create table briefings_complete (complete boolean not null);
insert into briefings_complete select not exists (select from statements);
