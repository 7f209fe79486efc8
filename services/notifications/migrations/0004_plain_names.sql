-- Tables get names that say what their rows are; the rows stay.
alter table letters_to_forget rename to dead_letters_to_erase;
alter index letters_to_forget_pkey rename to dead_letters_to_erase_pkey;
comment on table dead_letters_to_erase is 'partners whose dead letters of the topic `contacts` are still to be deleted';

alter table applied rename to applied_policy;
alter table applied_policy rename column policy to version;
alter index applied_pkey rename to applied_policy_pkey;
alter table applied_policy rename constraint applied_single_check to applied_policy_single_check;
comment on table applied_policy is 'one row: what all due times in `schedule` were calculated from';
