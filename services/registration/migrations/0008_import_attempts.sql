-- How often a worker began this upload since it last got on: a file that kills the service is set aside.
alter table import add column attempts int not null default 0;
