-- What a dry run's file looks like and its first rows as they were understood, sealed; gone with the refused rows.
alter table import add column preview bytea;
