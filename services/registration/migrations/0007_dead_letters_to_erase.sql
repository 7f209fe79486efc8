-- One word for one thing: a person is erased, and so are the dead letters that name it.
alter table letters_to_forget rename to dead_letters_to_erase;
