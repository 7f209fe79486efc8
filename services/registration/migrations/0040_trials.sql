-- A file that the page tried out: one of few of an agency, given up for newer ones, as nobody may ever come back to it.
alter table upload add column of_page boolean not null default false;
