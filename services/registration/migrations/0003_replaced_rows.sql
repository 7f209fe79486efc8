-- Rows of an upload that replaced one of the same ref: neither new nor merged.
alter table import add column replaced int not null default 0;
