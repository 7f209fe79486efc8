-- A partner is found by its phone; its numbers and names have their indexes already.
create index evidence_phone on evidence (phone) where phone is not null;
