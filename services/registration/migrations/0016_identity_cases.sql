-- Cases about who is one partner are found by the hash of the name or NIK they are about.
create index cases_about on cases (split_part(subject, '/', 1))
 where closed_at is null and kind in ('possible_duplicate', 'conflict');
