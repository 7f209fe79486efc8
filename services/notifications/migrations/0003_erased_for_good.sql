-- Since when a contact is erased: nothing that was said before comes back, known here or not.
alter table erased_contacts add column erased_at timestamptz not null default '-infinity';

-- Whose dead letters are still to be deleted.
create table letters_to_forget (
    partner_id uuid primary key
);
