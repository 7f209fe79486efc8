-- A question about a period reads the pages of that period alone: acts come in the order of time.
create index outreach_by_recorded on outreach using brin (recorded) with (pages_per_range = 32, autosummarize = on);
