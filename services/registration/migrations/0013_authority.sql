-- In which region a person decided that a partner is, and against which it was decided; null: nobody had to.
alter table partner add column decided_region text, add column decided_against text[];
