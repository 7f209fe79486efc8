-- What identified those who were erased, a row each time, until the dead letters that are theirs are deleted.
-- Only keyed hashes of what is personal, as in `quarantine`.
create table letters_to_forget (
    nib bigint[] not null,
    nik_koperasi text[] not null,
    nik uuid[] not null,
    name uuid[] not null,
    participant_no text[] not null
);
