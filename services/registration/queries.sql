-- name: lock_writer()
-- One writer at a time, over all instances, until its transaction ends: facts are numbered in the order they commit.
select pg_advisory_xact_lock(hashtext(current_schema() || '/writer'));

-- name: plan_by_index()
-- A dry run's statements are look-ups by key; statistics of a table just filled must not turn them into scans.
select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('jit', 'off', true);

-- name: begin_writing()
-- Takes the writer's lock, then moves the acceptance clock, which never goes back, whichever instance asks. From here to
-- the end of the transaction the writer's statements, which are look-ups by key, are planned as such: statistics of a
-- table just filled must not turn them into scans.
with locked as materialized (select pg_advisory_xact_lock(hashtext(current_schema() || '/writer')))
update clock set last = greatest(last, clock_timestamp()) from locked
returning last, set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
          set_config('jit', 'off', true);

-- name: overlay_tables()
-- From now on this session sees each table with its own changes laid over it, and no other session sees these: a
-- temporary view of the same name holds the rows of the table without those in `…__gone`, and those in `…__new`. What
-- is written to these tables by a dry run may therefore use no `on conflict`, which PostgreSQL has for tables alone:
-- `merge` does the same under the writer's lock.
do $overlay$
declare
    place regnamespace := current_schema()::regnamespace;
    t record;
begin
    create temporary sequence overlay_identity start 1099511627776;
    for t in
        select c.relname as name,
               string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns,
               string_agg(format('new.%I', a.attname), ', ' order by a.attnum) as new_values,
               coalesce(string_agg(format('%I', a.attname), ', ') filter (where k.is_key),
                        string_agg(format('%I', a.attname), ', ')) as key,
               coalesce(string_agg(format('u.%I', a.attname), ', ') filter (where k.is_key),
                        string_agg(format('u.%I', a.attname), ', ')) as key_of_view,
               coalesce(string_agg(format('old.%I', a.attname), ', ') filter (where k.is_key),
                        string_agg(format('old.%I', a.attname), ', ')) as old_key,
               coalesce(string_agg(format('g.%1$I = u.%1$I', a.attname), ' and ') filter (where k.is_key),
                        string_agg(format('g.%1$I is not distinct from u.%1$I', a.attname), ' and ')) as is_gone,
               coalesce(string_agg(format('n.%1$I = old.%1$I', a.attname), ' and ') filter (where k.is_key),
                        string_agg(format('n.%1$I is not distinct from old.%1$I', a.attname), ' and ')) as is_old,
               string_agg(format('alter view pg_temp.%I alter column %I set default %s;', c.relname, a.attname,
                                 case when a.attidentity <> '' then 'nextval(''pg_temp.overlay_identity'')'
                                      else pg_get_expr(d.adbin, d.adrelid) end), ' ')
                   filter (where a.attidentity <> '' or d.adbin is not null) as defaults
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
          left join pg_index i on i.indrelid = c.oid and i.indisprimary
         cross join lateral (select a.attnum = any(i.indkey::smallint[]) as is_key) k
         where c.relnamespace = place and c.relkind = 'r'
         group by c.relname
    loop
        execute format('create temporary table %I (like %s.%I including indexes)', t.name || '__new', place, t.name);
        execute format('create temporary table %I as select %s from %s.%I with no data', t.name || '__gone', t.key,
                       place, t.name);
        execute format('create index on pg_temp.%I (%s)', t.name || '__gone', t.key);
        execute format(
            'create temporary view %1$I as select %2$s from (select %2$s, false as is_new from %3$s.%1$I union all
             select %2$s, true from pg_temp.%4$I) u
              where u.is_new or not exists (select from pg_temp.%5$I g where %6$s)',
            t.name, t.columns, place, t.name || '__new', t.name || '__gone', t.is_gone);
        execute format(
            'create function pg_temp.%1$I() returns trigger language plpgsql as $write$
             begin
                 if tg_op <> ''INSERT'' then
                     delete from pg_temp.%2$I n where %3$s;
                     if not found then insert into pg_temp.%4$I values (%5$s); end if;
                 end if;
                 if tg_op = ''DELETE'' then return old; end if;
                 insert into pg_temp.%2$I (%6$s) values (%7$s);
                 return new;
             end $write$',
            t.name || '__write', t.name || '__new', t.is_old, t.name || '__gone', t.old_key, t.columns, t.new_values);
        execute format('create trigger write instead of insert or update or delete on pg_temp.%I
                        for each row execute function pg_temp.%I()', t.name, t.name || '__write');
        if t.defaults is not null then execute t.defaults; end if;
    end loop;
end $overlay$;

-- name: clock_now()
-- What the acceptance clock would show now; it is not moved.
select greatest(last, clock_timestamp()) from clock;

-- name: what_there_is()
-- Whether there are any of these at all; each is one look-up, and where there are none they need not be searched.
select exists (select from decided) as decisions,
       exists (select from decided where not same) as decisions_of_different,
       exists (select from former) as former_identifiers,
       exists (select from participant) as participants,
       exists (select from partner_with_several) as partners_with_several,
       exists (select from attendance) as guests,
       exists (select from evidence where texts_unknown) as rows_with_unknown_texts,
       exists (select from quarantine where missed is not null) as missed,
       exists (select from cases where closed_at is null and kind = 'region_conflict') as region_conflicts,
       exists (select from cases where closed_at is null and kind in ('possible_duplicate', 'conflict'))
           as identity_cases;

-- name: evidence_by_key(keys)
-- The rows with these keys, whole.
select * from evidence where key = any($1::uuid[]);

-- name: evidence_of_partners(partner_ids)
-- All rows of these partners, whole.
select * from evidence where partner_id = any($1::uuid[]);

-- name: evidence_sharing(nibs, nik_koperasis, niks)
-- Every row that shares a NIB, NIK Koperasi or NIK with those asked for, once.
select * from evidence where key in (
    select key from evidence where nib = any($1::bigint[])
    union select key from evidence where nik_koperasi = any($2::text[])
    union select key from evidence where nik = any($3::uuid[]));

-- name: evidence_near(nibs, nik_koperasis, niks, names)
-- Every row that shares a NIB, NIK Koperasi or NIK with those asked for, and all rows of the partners that bear one of
-- these names: each once for either reason, without what is sealed.
select key, sequence, partner_id, agency, list, nib, nik_koperasi, nik, name, region, kind, scale, occupation,
       cooperative, total, management, staff, labour, first_listed, last_listed, line, import_id, phone, email, owner,
       number_group, name_group, false as by_name
  from evidence where key in (
    select key from evidence where nib = any($1::bigint[])
    union select key from evidence where nik_koperasi = any($2::text[])
    union select key from evidence where nik = any($3::uuid[]))
union all
select key, sequence, partner_id, agency, list, nib, nik_koperasi, nik, name, region, kind, scale, occupation,
       cooperative, total, management, staff, labour, first_listed, last_listed, line, import_id, phone, email, owner,
       number_group, name_group, true
  from evidence where partner_id = any(array(select partner_id from evidence where name = any($4::uuid[])));

-- name: evidence_bearing(names)
-- All rows of the partners that bear one of these names, without what is sealed.
select key, sequence, partner_id, agency, list, nib, nik_koperasi, nik, name, region, kind, scale, occupation,
       cooperative, total, management, staff, labour, first_listed, last_listed, line, import_id, phone, email, owner,
       number_group, name_group
  from evidence where partner_id = any(array(select partner_id from evidence where name = any($1::uuid[])));

-- name: evidence_holding(niks)
-- All rows of the partners that hold one of these NIKs, without what is sealed.
select key, sequence, partner_id, agency, list, nib, nik_koperasi, nik, name, region, kind, scale, occupation,
       cooperative, total, management, staff, labour, first_listed, last_listed, line, import_id, phone, email, owner,
       number_group, name_group
  from evidence where partner_id = any(array(select partner_id from evidence where nik = any($1::uuid[])));

-- name: in_doubt(names, niks, hashes)
-- Those of these names and NIKs that several partners have: only these can be in doubt; and the open cases of who is
-- one partner that are about these names or NIKs, given as text.
select name as about, null as kind, null as subject
  from evidence where name = any($1::uuid[]) group by name having count(distinct partner_id) > 1
union all
select nik, null, null from evidence where nik = any($2::uuid[]) group by nik having count(distinct partner_id) > 1
union all
select null, kind, subject from cases
 where closed_at is null and kind in ('possible_duplicate', 'conflict')
   and split_part(subject, '/', 1) = any($3::text[]);

-- name: decided_rows(decision)
-- The rows of this decision, none if it was never taken.
select decision, same, side, key, nib, nik_koperasi, nik, name, phone, email, owner from decided where decision = $1;

-- name: drop_contradicted(keys, nibs, nik_koperasis)
-- What was decided before to be different, of which two sides have these rows or numbers, is the same from now on.
delete from decided where decision in (
    select decision from decided
     where not same and (key = any($1::uuid[]) or nib = any($2::bigint[]) or nik_koperasi = any($3::text[]))
     group by decision having count(distinct side) > 1);

-- name: erase_decided(keys, nibs, nik_koperasis, niks)
-- Nothing that was decided is kept of rows with these keys or numbers.
delete from decided where key = any($1::uuid[]) or nib = any($2::bigint[]) or nik_koperasi = any($3::text[])
    or nik = any($4::uuid[]);

-- name: any_without_groups()
-- Whether there are rows that were stored under former rules and not read anew.
select exists (select from evidence where number_group is null);

-- name: evidence_without_groups(after, limit)
-- Rows stored under former rules, whole, after a key, in the order of their keys.
select * from evidence where number_group is null and key > $1 order by key limit $2;

-- name: read_evidence(key, now, content, name, phone, email, owner)
-- What identifies these rows, read anew; the key that each has from now on is kept as its group until all are read.
update evidence e set name_group = n.now, content = n.content, name = n.name, phone = n.phone, email = n.email,
       owner = n.owner
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[])
       n (key, now, content, name, phone, email, owner)
 where e.key = n.key;

-- name: drop_rows_sent_again()
-- Of rows that are the same under the present rules the first stays, with the days of all.
with same as (
    select key, first_value(key) over w as stays, min(first_listed) over (partition by name_group) as first_listed,
           max(last_listed) over (partition by name_group) as last_listed
      from evidence where number_group is null window w as (partition by name_group order by sequence)),
gone as (delete from evidence e using same s where e.key = s.key and s.key <> s.stays)
update evidence e set first_listed = s.first_listed, last_listed = s.last_listed from same s
 where e.key = s.key and s.key = s.stays
   and (e.first_listed, e.last_listed) is distinct from (s.first_listed, s.last_listed);

-- name: take_read_keys()
-- Every row that was read anew has the key that it has from now on.
update evidence set key = name_group, number_group = name_group where number_group is null;

-- name: rename_participants(before, now)
-- Participants are looked up by the new hash of their name.
update participant p set name = n.now from unnest($1::uuid[], $2::uuid[]) n (before, now) where p.name = n.before;

-- name: rename_guests(before, now)
-- Guests are looked up by the new hash of their name.
update attendance a set name = n.now from unnest($1::uuid[], $2::uuid[]) n (before, now) where a.name = n.before;

-- name: rename_former(before, now)
-- What identified partners has the new hash of its name.
update former f set name = n.now from unnest($1::uuid[], $2::uuid[]) n (before, now) where f.name = n.before;

-- name: rename_refused(before, now)
-- What was refused is found by the new hash of its name.
update quarantine q set name = n.now from unnest($1::uuid[], $2::uuid[]) n (before, now) where q.name = n.before;

-- name: participants_named(names)
-- The histories of the participants with these names.
select participant_no, history from participant where name = any($1::uuid[]);

-- name: set_histories(participant_nos, histories)
-- Each of these participants has this history.
update participant p set history = n.history
  from unnest($1::text[], $2::bytea[]) n (participant_no, history) where p.participant_no = n.participant_no;

-- name: all_evidence()
-- All rows, without what is sealed.
select key, sequence, partner_id, agency, list, nib, nik_koperasi, nik, name, region, kind, scale, occupation,
       cooperative, total, management, staff, labour, first_listed, last_listed, line, import_id, phone, email, owner,
       number_group, name_group
  from evidence;

-- name: add_unsettled(keys)
-- These rows are to be settled.
insert into unsettled (key) select unnest($1::uuid[]);

-- name: count_unsettled()
-- How many rows are to be settled.
select count(*) from unsettled;

-- name: take_unsettled(limit)
-- Takes some of the rows that are to be settled; they are settled when the transaction commits.
delete from unsettled where key in (select key from unsettled order by key limit $1) returning key;

-- name: adopt_evidence(before, key, content)
-- Rows of which not all texts were known are the rows with these keys and contents; what has its key is left alone.
update evidence e set key = n.key, content = n.content, texts_unknown = false
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) n (before, key, content)
 where e.key = n.before and e.texts_unknown and not exists (select from evidence o where o.key = n.key);

-- name: newest_versions(keys)
-- Who listed each of these rows last, of those that several listed.
select distinct on (key) key, import_id from row_version
 where key = any($1::uuid[]) and left_out_by is null order by key, version desc;

-- name: add_base_versions(keys)
-- Who listed these rows until now, where it is not kept yet.
insert into row_version (key, import_id, first_listed, last_listed, line)
select e.key, e.import_id, e.first_listed, e.last_listed, e.line from evidence e
 where e.key = any($1::uuid[])
   and not exists (select from row_version v where v.key = e.key and v.left_out_by is null);

-- name: add_versions(keys, import_ids, first_listed, last_listed, lines)
-- Who lists these rows from now on.
insert into row_version (key, import_id, first_listed, last_listed, line)
select * from unnest($1::uuid[], $2::uuid[], $3::date[], $4::date[], $5::int[]);

-- name: renew_versions(keys, import_ids, first_listed, last_listed, lines, has_ref)
-- The upload that listed these rows last lists them again: with a ref on these days alone, else on these as well.
update row_version v
   set first_listed = case when n.has_ref then n.first else least(v.first_listed, n.first) end,
       last_listed = case when n.has_ref then n.last else greatest(v.last_listed, n.last) end,
       line = case when n.has_ref or v.line is null or (n.last, n.line) > (v.last_listed, v.line) then n.line else v.line end
  from unnest($1::uuid[], $2::uuid[], $3::date[], $4::date[], $5::int[], $6::bool[])
       n (key, import_id, first, last, line, has_ref)
 where v.key = n.key and v.left_out_by is null and v.import_id is not distinct from n.import_id
   and v.version = (select max(o.version) from row_version o where o.key = n.key and o.left_out_by is null);

-- name: add_mentions(keys, import_id)
-- The upload means these rows, though it does not list them; once each.
insert into row_version (key, import_id)
select k.key, $2 from (select distinct unnest($1::uuid[]) as key) k
 where not exists (select from row_version v where v.key = k.key and v.import_id = $2 and v.left_out_by is null);

-- name: add_versions_of(keys, import_id, days, subjects)
-- This upload (null: an event) sent these rows.
insert into row_version (key, import_id, first_listed, last_listed, line, subject)
select n.key, $2, n.day, n.day, 0, n.subject from unnest($1::uuid[], $3::date[], $4::text[]) n (key, day, subject);

-- name: set_version_states(import_id, keys, states)
-- What these rows said until this upload (null: an event) is kept with the newest version of somebody else.
update row_version v set state = n.state from unnest($2::uuid[], $3::jsonb[]) n (key, state)
 where v.key = n.key and v.state is null
   and v.version = (select max(o.version) from row_version o where o.key = n.key and o.import_id is distinct from $1);

-- name: sent_versions(keys)
-- All versions of these rows, of whom they are and what they said, the oldest first.
select key, version, import_id, first_listed, last_listed, coalesce(line, 0) as line, state is not null as has_state,
       subject, state
  from row_version where key = any($1::uuid[]) order by key, version;

-- name: drop_versions_about(subjects)
-- Nothing is kept of who sent rows of these.
delete from row_version where subject = any($1::text[]);

-- name: remove_claims(claim_ids)
-- These claims were taken back.
delete from claim where claim_id = any($1::uuid[]);

-- name: remove_guests(keys)
-- These guests were taken back; returns the briefings that they attended.
delete from attendance where key = any($1::uuid[]) returning statement;

-- name: thin_versions(keys, most)
-- Of the versions of these rows the newest stay, so many, and the first.
delete from row_version where version in (
    select version from (
        select version, row_number() over (partition by key order by version desc) as age,
               min(version) over (partition by key) as first
          from row_version where key = any($1::uuid[]) and left_out_by is null) each
     where age > $2 and version <> first);

-- name: adopt_versions(before, key)
-- Rows of which not all texts were known are the rows with these keys: before these are stored as such.
update row_version v set key = n.key from unnest($1::uuid[], $2::uuid[]) n (before, key)
 where v.key = n.before and exists (select from evidence e where e.key = n.before and e.texts_unknown)
   and not exists (select from evidence o where o.key = n.key);

-- name: keep_states_before(keys, import_ids)
-- These uploads (null: events) are about to change these rows: the newest version of somebody else keeps them as they
-- are, unless it is kept already what that one left.
update row_version v set state = to_jsonb(e)
  from unnest($1::uuid[], $2::uuid[]) n (key, import_id) join evidence e on e.key = n.key
 where v.key = n.key and v.left_out_by is null and v.state is null
   and v.version = (select max(o.version) from row_version o
                     where o.key = n.key and o.left_out_by is null and o.import_id is distinct from n.import_id);

-- name: keep_version_states(keys)
-- These rows are about to go: their newest version keeps them as they are.
update row_version v set state = to_jsonb(e) from evidence e
 where v.key = e.key and e.key = any($1::uuid[]) and v.left_out_by is null
   and v.version = (select max(o.version) from row_version o where o.key = e.key and o.left_out_by is null);

-- name: leave_out_versions(keys, import_id)
-- The whole list of this upload leaves these rows out.
update row_version set left_out_by = $2 where key = any($1::uuid[]) and left_out_by is null;

-- name: set_first_days(import_id, keys, days)
-- By this upload these rows are listed since an earlier day: their partners were on the list before.
update row_version v set first_listed = least(v.first_listed, n.day)
  from unnest($2::uuid[], $3::date[]) n (key, day)
 where v.key = n.key and v.import_id = $1 and v.first_listed is not null and v.left_out_by is null;

-- name: bring_versions_back(keys, import_id)
-- What this upload left out is on the list again; a row that was listed anew meanwhile keeps that as its newest version.
with again as (
    insert into row_version (key, import_id, first_listed, last_listed, line)
    select e.key, e.import_id, e.first_listed, e.last_listed, e.line from evidence e
     where e.key = any($1::uuid[])
       and exists (select from row_version v where v.key = e.key and v.left_out_by = $2)
       and not exists (select from row_version v where v.key = e.key and v.left_out_by is null))
update row_version set left_out_by = null where key = any($1::uuid[]) and left_out_by = $2;

-- name: versions_of(keys)
-- All versions of these rows, the oldest first, those that whole lists left out among them.
select key, version, import_id, first_listed, last_listed, coalesce(line, 0) as line, state is not null as has_state,
       left_out_by
  from row_version where key = any($1::uuid[]) order by key, version;

-- name: version_states(versions)
-- The rows as these versions left them.
select v.version as of_version, e.* from row_version v, jsonb_populate_record(null::evidence, v.state) e
 where v.version = any($1::bigint[]) and v.state is not null;

-- name: inherit_states(versions, dropped)
-- Each of these versions has the state of the dropped one beside it: it said the same.
update row_version v set state = d.state
  from unnest($1::bigint[], $2::bigint[]) n (version, dropped) join row_version d on d.version = n.dropped
 where v.version = n.version;

-- name: drop_versions(versions)
-- These versions never were.
delete from row_version where version = any($1::bigint[]);

-- name: drop_versions_of(keys)
-- Nothing is kept of who listed these rows, but for what a whole list left out.
delete from row_version where key = any($1::uuid[]) and left_out_by is null;

-- name: erase_versions(agency, keys, nibs, nik_koperasis, niks, names)
-- Nothing is kept of who listed these rows, and of what rows once were that have these identifiers, of an agency (null:
-- all); a name alone finds only what has no better identifier: others bear it too.
delete from row_version where version in (
    select version from row_version where key = any($2::uuid[])
    union select version from row_version where state is not null and state->>'nib' = any($3::bigint[]::text[])
    union select version from row_version where state is not null and state->>'nik_koperasi' = any($4::text[])
    union select version from row_version where state is not null and state->>'nik' = any($5::uuid[]::text[])
    union select version from row_version
           where state is not null and state->>'name' = any($6::uuid[]::text[])
             and state->>'nik' is null and state->>'nib' is null)
   and ($1::text is null or state is null or state->>'agency' = $1);

-- name: rows_to_leave_out(import_id, keys)
-- Those of these rows that nobody listed again since it was settled which ones leave the list, whole.
select e.* from evidence e
 where e.key = any($2::uuid[])
   and not exists (select from row_version v join import i on i.import_id = $1
                    where v.key = e.key and v.left_out_by is null and v.version > i.leaving_since);

-- name: rows_staying(import_id, partner_ids, keys)
-- All other rows of these partners on the list of this upload, whole; `leaves`: it is to be left out as well.
select e.*, exists (select from list_work w where w.import_id = $1 and w.key = e.key::text) as leaves
  from evidence e join import i on i.import_id = $1 and i.agency = e.agency and i.list = e.list
 where e.partner_id = any($2::uuid[]) and not (e.key = any($3::uuid[]));

-- name: rows_meant(agency, list, refs, nibs, nik_koperasis, niks, names)
-- The rows of a list with one of these identifiers.
select key, ref, nib, nik_koperasi, nik, name from evidence where agency = $1 and list = $2 and key in (
    select key from evidence where agency = $1 and ref = any($3::text[])
    union select key from evidence where nib = any($4::bigint[])
    union select key from evidence where nik_koperasi = any($5::text[])
    union select key from evidence where nik = any($6::uuid[])
    union select key from evidence where name = any($7::uuid[]));

-- name: count_leaving(import_id, agency, list)
-- How many partners were on the list before this upload, of how many no row of the list is in it or in one uploaded after
-- it, and how many of its refused rows mean no row of the list. A dry run asks it in its own session.
with on_list as (
    select e.partner_id, coalesce(e.import_id >= $1, false) as is_new,
           coalesce(e.import_id >= $1, false)
           or exists (select from row_version v
                       where v.key = e.key and v.import_id >= $1 and v.left_out_by is null) as is_in_file
      from evidence e where e.agency = $2 and e.list = $3),
partners as (
    select bool_and(is_new) as is_new, bool_or(is_in_file) as stays from on_list group by partner_id)
select count(*) filter (where not is_new)::int as listed, count(*) filter (where not stays)::int as missing,
       (select unmatched from import where import_id = $1) as unmatched from partners;

-- name: note_dry_leaving(import_id, listed, missing, unmatched)
-- What a dry run found of who would leave the list.
update import set listed = $2, missing = $3, delisted = $3, unmatched = $4 where import_id = $1;

-- name: settle_leaving(import_id, agency, list)
-- The rows of the list that are neither in this upload nor in one after it are to be left out; ids of uploads grow.
with leaving as (
    insert into list_work (import_id, key)
    select $1, e.key::text from evidence e
     where e.agency = $2 and e.list = $3 and coalesce(e.import_id < $1, true)
       and not exists (select from row_version v
                        where v.key = e.key and v.import_id >= $1 and v.left_out_by is null))
update import set leaving_since = (select coalesce(max(version), 0) from row_version) where import_id = $1;

-- name: note_leaving(import_id, listed, missing)
-- How many partners were on the list before, and how many are not in the file.
update import set listed = $2, missing = $3 where import_id = $1;

-- name: add_unmatched(import_id, unmatched)
-- So many refused rows more mean no row of the list.
update import set unmatched = unmatched + $2 where import_id = $1;

-- name: end_of_rows(import_id)
-- All rows of the whole list are in; who is not among them is still to be taken off.
update import set stage = 'leaving', lease_until = now() + interval '15 seconds' where import_id = $1;

-- name: leaving_import(import_id)
-- The upload, while it takes rows off its list.
select * from import where import_id = $1 and state = 'running' and stage = 'leaving' for update;

-- name: supersede_waiting(import_id, agency, list, detail)
-- Earlier files that were to be the whole list and wait for an answer: a later one took their place.
update import set state = 'cancelled', detail = $4, finished_at = clock_timestamp()
 where agency = $2 and list = $3 and state = 'waiting' and import_id < $1;

-- name: wait_for_answer(import_id, detail)
-- Nobody leaves the list until somebody confirmed that.
update import set state = 'waiting', detail = $2, lease_until = null where import_id = $1 and state = 'running';

-- name: waiting_imports(agency, list)
-- The whole lists of this name that wait for an answer.
select import_id from import where agency = $1 and list = $2 and state = 'waiting';

-- name: ask_again(import_id, listed, missing, detail)
-- What is asked of a whole list that waits, counted anew.
update import set listed = $2, missing = $3, detail = $4 where import_id = $1 and state = 'waiting';

-- name: confirm_import(import_id, delist_at_most)
-- So many partners may leave the list.
update import set state = 'queued', detail = null, delist_at_most = $2, attempts = 0
 where import_id = $1 and state = 'waiting' returning import_id;

-- name: take_list_work(import_id, limit)
-- Takes some of what is to be done of the upload; it is done when the transaction commits.
delete from list_work w using (select import_id, key from list_work where import_id = $1 order by key limit $2) n
 where w.import_id = n.import_id and w.key = n.key returning w.key;

-- name: drop_list_work(import_id)
-- Nothing is to be done of the upload any more.
delete from list_work where import_id = $1;

-- name: add_delisted(import_id, delisted)
-- So many partners more left the list, in the transaction in which they did.
update import set delisted = delisted + $2, attempts = 0, lease_until = now() + interval '15 seconds' where import_id = $1;

-- name: ask_undo(import_id)
-- The upload, which ended, is to be taken back; nothing is returned if that was asked before.
update import set undo_asked_at = clock_timestamp(), undo_detail = null, attempts = 0, lease_until = null
 where import_id = $1 and undo_asked_at is null and finished_at is not null returning import_id;

-- name: settle_undo(import_id, agency, list)
-- The rows that the upload sent, mentioned or left out are to be taken back.
with work as (
    insert into list_work (import_id, key)
    select $1, e.key::text from evidence e where e.agency = $2 and e.list = $3 and e.import_id = $1
    union
    select $1, v.key::text from row_version v where v.import_id = $1 or v.left_out_by = $1)
update import set undo_filled = true where import_id = $1;

-- name: undoing_import(import_id)
-- The upload, while it is taken back.
select * from import where import_id = $1 and undo_asked_at is not null and undone_at is null for update;

-- name: advance_undo(import_id, removed, restored, kept)
-- So many rows more are taken back, in the transaction in which they are.
update import set undo_removed = undo_removed + $2, undo_restored = undo_restored + $3, undo_kept = undo_kept + $4,
       attempts = 0, lease_until = now() + interval '15 seconds' where import_id = $1;

-- name: finish_undo(import_id)
-- The upload is taken back: all that follows is durable.
update import set undone_at = clock_timestamp(), lease_until = null where import_id = $1;

-- name: fail_undo(import_id, detail)
-- The upload cannot be taken back now; it may be asked again.
update import set undo_asked_at = null, undo_detail = $2, lease_until = null where import_id = $1;

-- name: expire_versions(days)
-- An upload that ended so many days ago cannot be taken back any more: who else sent its rows is forgotten, but for rows
-- that a later upload sent as well. Nothing is returned when there is no such upload.
with old as (
    select import_id from import
     where versions_kept and not dry_run and finished_at < now() - make_interval(days => $1)
       and (undo_asked_at is null or undone_at is not null)
     order by finished_at limit 1 for update skip locked),
rows as (
    select key from row_version where import_id = (select import_id from old)
    union select key from row_version where left_out_by = (select import_id from old)),
gone as (
    delete from row_version v using rows r
     where v.key = r.key and not exists (
        select from row_version o join import i on i.import_id = any(array[o.import_id, o.left_out_by])
         where o.key = r.key and i.versions_kept
           and (i.finished_at is null or i.finished_at >= now() - make_interval(days => $1))))
update import i set versions_kept = false from old where i.import_id = old.import_id returning i.import_id;

-- name: keep_decided(decision, same, side, key, nib, nik_koperasi, nik, name, phone, email, owner)
-- Keeps the rows of decisions that are not kept yet.
insert into decided (decision, same, side, key, nib, nik_koperasi, nik, name, phone, email, owner)
select * from unnest($1::uuid[], $2::boolean[], $3::int[], $4::uuid[], $5::bigint[], $6::text[], $7::uuid[], $8::uuid[],
                     $9::uuid[], $10::uuid[], $11::uuid[]);

-- name: drop_decided(decisions)
-- These decisions count no more.
delete from decided where decision = any($1::uuid[]);

-- name: decisions_about(keys, nibs, nik_koperasis, names)
-- All rows of the decisions of which one row has one of these keys, numbers or names.
select decision, same, side, key, nib, nik_koperasi, nik, name, phone, email, owner
  from decided where decision in (
    select decision from decided where key = any($1::uuid[])
    union select decision from decided where nib = any($2::bigint[])
    union select decision from decided where nik_koperasi = any($3::text[])
    union select decision from decided where name = any($4::uuid[]));

-- name: evidence_decided(keys, nibs, nik_koperasis, names)
-- Every row with one of these keys, numbers or names, once.
select * from evidence where key in (
    select unnest($1::uuid[])
    union select key from evidence where nib = any($2::bigint[])
    union select key from evidence where nik_koperasi = any($3::text[])
    union select key from evidence where name = any($4::uuid[]));

-- name: remove_evidence(keys)
-- These rows are evidence no more.
delete from evidence where key = any($1::uuid[]);

-- name: move_evidence(keys, partner_ids, number_groups, name_groups)
-- Each of these rows belongs to the partner and the groups beside it from now on.
update evidence e set partner_id = m.partner_id, number_group = m.number_group, name_group = m.name_group
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) m (key, partner_id, number_group, name_group)
 where e.key = m.key;

-- name: move_partner(losers, survivors)
-- All rows of a merged partner go to its survivor.
update evidence e set partner_id = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where e.partner_id = m.loser;

-- name: move_cooperatives(losers, survivors)
-- Members of a merged cooperative are members of its survivor; returns them.
update evidence e set cooperative = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where e.cooperative = m.loser
returning e.partner_id;

-- name: keep_former(partner_id, key, nib, nik_koperasi, nik, name, phone, email, owner)
-- Each thing that identified a partner is kept once.
insert into former (partner_id, key, nib, nik_koperasi, nik, name, phone, email, owner)
select distinct n.*
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
              $9::uuid[]) n (partner_id, key, nib, nik_koperasi, nik, name, phone, email, owner)
 where not exists (select from former f
                    where f.partner_id = n.partner_id
                      and (f.key, f.nib, f.nik_koperasi, f.nik, f.name, f.phone, f.email, f.owner)
                          is not distinct from
                          (n.key, n.nib, n.nik_koperasi, n.nik, n.name, n.phone, n.email, n.owner));

-- name: former_sharing(nibs, nik_koperasis, niks, names)
-- All that identified the partners which have no row now and once held one of these NIBs, NIK Koperasi, NIKs or names.
select f.partner_id as partner, f.key, f.nib, f.nik_koperasi, f.nik, f.name, f.phone, f.email, f.owner
  from former f
 where f.partner_id in (
    select partner_id from former where nib = any($1::bigint[])
    union select partner_id from former where nik_koperasi = any($2::text[])
    union select partner_id from former where nik = any($3::uuid[])
    union select partner_id from former where name = any($4::uuid[]))
   and not exists (select from evidence e where e.partner_id = f.partner_id);

-- name: former_of(partner_ids)
-- What identified these partners in rows that were removed.
select partner_id as partner, key, nib, nik_koperasi, nik, name, phone, email, owner from former where partner_id = any($1::uuid[]);

-- name: move_former(losers, survivors)
-- What identified a merged partner identifies its survivor.
update former f set partner_id = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where f.partner_id = m.loser;

-- name: erase_former(partner_ids)
-- No later row gives these partners their ids back.
delete from former where partner_id = any($1::uuid[]);

-- name: partner_states(partner_ids)
-- The partners with their last published facts, in the order of PartnerState.
select partner_id, first_recorded, status, merged_into, region, listed_on, version, fact,
       enrollment_version, enrollment_fact, contact_version, contact_digest, decided_region, decided_against
  from partner where partner_id = any($1::uuid[]);

-- name: update_partner_states(partner_id, first_recorded, status, merged_into, region, listed_on, version, fact, enrollment_version, enrollment_fact, contact_version, contact_digest)
-- Each partner gets this state; first_recorded and what a person decided do not change here.
update partner p set status = n.status, merged_into = n.merged_into, region = n.region,
       listed_on = n.listed_on, version = n.version, fact = n.fact, enrollment_version = n.enrollment_version,
       enrollment_fact = n.enrollment_fact, contact_version = n.contact_version, contact_digest = n.contact_digest
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::date[], $7::int[], $8::bytea[],
              $9::int[], $10::bytea[], $11::int[], $12::uuid[])
       n (partner_id, first_recorded, status, merged_into, region, listed_on, version, fact, enrollment_version,
          enrollment_fact, contact_version, contact_digest)
 where p.partner_id = n.partner_id;

-- name: merged_earlier(survivors)
-- Ids that were merged earlier into these: their answer moves on with them.
select partner_id from partner where merged_into = any($1::uuid[]);

-- name: survivors(partner_ids)
-- The id that answers for each of these now; unknown and erased ones are missing.
select p.partner_id as asked, coalesce(s.partner_id, p.partner_id) as partner_id, coalesce(s.region, p.region) as region
  from partner p left join partner s on p.status = 'merged' and s.partner_id = p.merged_into
 where p.partner_id = any($1::uuid[]) and coalesce(s.status, p.status) = 'active';

-- name: rows_by_ref(agencies, refs, lists)
-- The row of each of an agency's own references on a list, else the newest on any; `several` if those are two partners.
select distinct on (k.agency, k.ref, k.list) k.agency, k.ref, k.list, e.key,
       e.list is distinct from k.list
       and (select count(distinct o.partner_id) > 1 from evidence o where o.agency = k.agency and o.ref = k.ref) as several
  from unnest($1::text[], $2::text[], $3::text[]) k (agency, ref, list)
  join evidence e on e.agency = k.agency and e.ref = k.ref
 order by k.agency, k.ref, k.list, (e.list = k.list) is true desc, e.last_listed desc, e.line desc, e.key;

-- name: rows_of_list(agencies, lists, partner_ids)
-- The rows by which these partners are on these lists of their agencies.
select e.key, e.partner_id, e.agency, e.list
  from unnest($1::text[], $2::text[], $3::uuid[]) k (agency, list, partner_id)
  join evidence e on e.partner_id = k.partner_id and e.agency = k.agency and e.list = k.list;

-- name: listed_among(agencies, partner_ids)
-- Those of these pairs in which the agency lists the partner.
select k.agency, k.partner_id from unnest($1::text[], $2::uuid[]) k (agency, partner_id)
 where exists (select from evidence e where e.partner_id = k.partner_id and e.agency = k.agency);

-- name: cooperatives_among(partner_ids)
-- Those of these partners that a list calls a cooperative.
select distinct partner_id from evidence where partner_id = any($1::uuid[]) and kind = 'cooperative';

-- name: holders(nibs, nik_koperasis, niks, names)
-- The partners that hold these NIBs, NIK Koperasi, NIKs, names, each once.
select 'nib' as kind, e.nib as nib, null as nik_koperasi, null::uuid as hash, e.partner_id
  from evidence e where e.nib = any($1::bigint[]) group by e.nib, e.partner_id
union all
select 'nik_koperasi', null, e.nik_koperasi, null, e.partner_id
  from evidence e where e.nik_koperasi = any($2::text[]) group by e.nik_koperasi, e.partner_id
union all
select 'nik', null, null, e.nik, e.partner_id
  from evidence e where e.nik = any($3::uuid[]) group by e.nik, e.partner_id
union all
select 'name', null, null, e.name, e.partner_id
  from evidence e where e.name = any($4::uuid[]) group by e.name, e.partner_id;

-- name: identifiers(partner_ids)
-- Every NIB and NIK of these partners, and all their phones, e-mails and owners' names.
select partner_id, array_agg(distinct nib) filter (where nib is not null) as nibs,
       array_agg(distinct nik) filter (where nik is not null) as niks,
       array_agg(phone) filter (where phone is not null) || array_agg(email) filter (where email is not null)
       || array_agg(owner) filter (where owner is not null) as contacts
  from evidence where partner_id = any($1::uuid[]) group by partner_id;

-- name: partners_of_rows(keys)
-- The partner of each of these rows.
select key, partner_id from evidence where key = any($1::uuid[]);

-- name: participants(participant_nos)
-- These participants, those there are, whole.
select * from participant where participant_no = any($1::text[]);

-- name: participants_of(partner_ids)
-- The participants of these partners, whole.
select * from participant where partner_id = any($1::uuid[]);

-- name: participants_touching(nibs, nik_koperasis, niks, names, partner_ids, anchor_rows)
-- Participants that may now mean another partner: they hold one of these keys, or went by one of these ids.
select * from participant where participant_no in (
    select participant_no from participant where nib = any($1::bigint[])
    union select participant_no from participant where nik_koperasi = any($2::text[])
    union select participant_no from participant where nik = any($3::uuid[])
    union select participant_no from participant where name = any($4::uuid[])
    union select participant_no from participant where partner_id = any($5::uuid[])
    union select participant_no from participant where anchor_partner = any($5::uuid[])
    union select participant_no from participant where anchor_row = any($6::uuid[]));

-- name: save_participants(participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name, anchor_row, anchor_partner, phone, email, owner, history, channel, ambiguous)
-- Adds the participants, or replaces all of them but their number.
merge into participant p
using unnest($1::text[], $2::uuid[], $3::uuid[], $4::bool[], $5::text[], $6::bigint[], $7::text[], $8::uuid[],
             $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[], $15::bytea[], $16::uuid[],
             $17::bool[])
      n (participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name, anchor_row, anchor_partner,
         phone, email, owner, history, channel, ambiguous)
   on p.participant_no = n.participant_no
 when matched then update set partner_id = n.partner_id, own_id = n.own_id, found = n.found, region = n.region,
      nib = n.nib, nik_koperasi = n.nik_koperasi, nik = n.nik, name = n.name, anchor_row = n.anchor_row,
      anchor_partner = n.anchor_partner, phone = n.phone, email = n.email, owner = n.owner, history = n.history,
      channel = n.channel, ambiguous = n.ambiguous
 when not matched then insert (participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name,
      anchor_row, anchor_partner, phone, email, owner, history, channel, ambiguous)
      values (n.participant_no, n.partner_id, n.own_id, n.found, n.region, n.nib, n.nik_koperasi, n.nik, n.name,
      n.anchor_row, n.anchor_partner, n.phone, n.email, n.owner, n.history, n.channel, n.ambiguous);

-- name: enrolled_through(partner_ids)
-- The partners of the participants whose channel is one of these cooperatives.
select distinct partner_id from participant where channel = any($1::uuid[]);

-- name: count_participants(day, regions)
-- How many participants there are in these regencies (*: anywhere), and of how many the version that holds on a day is
-- active, has ended, or none has begun; the active by segment, and by programme, of which each holds several.
with moved as (
    select segment, programmes, sum(participants) as participants, sum(begun) filter (where day <= $1) as begun,
           sum(active) filter (where day <= $1) as active
      from participant_movement where region = any($2::text[]) group by segment, programmes),
segments as (select segment, sum(active)::int as holders from moved group by segment having sum(active) > 0),
held as (
    select programme, sum(active)::int as holders
      from moved cross join lateral jsonb_array_elements_text(programmes) programme
     group by programme having sum(active) > 0),
counted as (
    select coalesce(sum(participants), 0)::int as participants, coalesce(sum(begun), 0)::int as begun,
           coalesce(sum(active), 0)::int as active from moved)
select participants, active, begun - active as ended, participants - begun as not_yet_effective,
       coalesce((select jsonb_object_agg(segment, holders) from segments), '{}') as active_by_segment,
       coalesce((select jsonb_object_agg(programme, holders) from held), '{}') as active_by_programme
  from counted;

-- name: count_matches()
-- How many participants a list names; of the others how many mean one of several that bear their name in their regency,
-- since not all of these have another NIB or NIK; and how many partners have several participants.
select (select coalesce(sum(participants), 0)::int from participant_movement where region = '*')
       - u.participants::int as matched,
       u.participants::int as unlisted, u.ambiguous::int as ambiguous,
       (select count(*)::int from partner_with_several) as partners_with_several
  from unlisted_participants u;

-- name: keep_partners_with_several(partner_ids, several)
-- Of these partners those that several participants belong to are known, and no others.
with fewer as (delete from partner_with_several where partner_id = any($1::uuid[]) and not partner_id = any($2::uuid[]))
insert into partner_with_several
select s.partner_id from unnest($2::uuid[]) s (partner_id)
 where not exists (select from partner_with_several w where w.partner_id = s.partner_id);

-- name: add_list_movements(agency, list, day, listed, enrolled, on_other_lists)
-- From each of these days on so many more are on the list, insured, and on another list of the agency.
merge into list_movement m
using unnest($1::text[], $2::text[], $3::date[], $4::int[], $5::int[], $6::int[])
      n (agency, list, day, listed, enrolled, on_other_lists)
   on m.agency = n.agency and m.list = n.list and m.day = n.day
 when matched and (m.listed + n.listed, m.enrolled + n.enrolled, m.on_other_lists + n.on_other_lists) = (0, 0, 0)
      then delete
 when matched then update set listed = m.listed + n.listed, enrolled = m.enrolled + n.enrolled,
      on_other_lists = m.on_other_lists + n.on_other_lists
 when not matched then insert (agency, list, day, listed, enrolled, on_other_lists)
      values (n.agency, n.list, n.day, n.listed, n.enrolled, n.on_other_lists);

-- name: recount_lists()
-- What is counted of lists, from all partners' facts.
select recount_lists();

-- name: remove_periods(partner_ids)
-- The periods of these partners, which are written anew in the same transaction.
delete from period where partner_id = any($1::uuid[]);

-- name: claims_by_ref(agencies, claim_refs)
-- The claims that these agencies filed under these references.
select c.* from unnest($1::text[], $2::text[]) k (agency, claim_ref)
  join claim c on c.agency = k.agency and c.claim_ref = k.claim_ref;

-- name: claims_of(participant_nos)
-- All claims of these participants, whole.
select * from claim where participant_no = any($1::text[]);

-- name: save_claims(claim_id, agency, claim_ref, participant_no, programme, amount, status, occurred_on, paid_on, version, fact)
-- Adds the claims, or replaces what may change in one; agency, reference, programme and day never do.
merge into claim c
using unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::date[],
             $9::date[], $10::int[], $11::bytea[])
      n (claim_id, agency, claim_ref, participant_no, programme, amount, status, occurred_on, paid_on, version, fact)
   on c.claim_id = n.claim_id
 when matched then update set participant_no = n.participant_no, amount = n.amount, status = n.status,
      paid_on = n.paid_on, version = n.version, fact = n.fact
 when not matched then insert (claim_id, agency, claim_ref, participant_no, programme, amount, status, occurred_on,
      paid_on, version, fact)
      values (n.claim_id, n.agency, n.claim_ref, n.participant_no, n.programme, n.amount, n.status, n.occurred_on,
      n.paid_on, n.version, n.fact);

-- name: statements(keys)
-- These statements, those there are, whole.
select * from statement where key = any($1::text[]);

-- name: save_statements(key, type, agency, fields, fact)
-- Adds the statements or replaces them; a key names one thing stated.
merge into statement s
using unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) n (key, type, agency, fields, fact)
   on s.key = n.key
 when matched then update set agency = n.agency, fields = n.fields, fact = n.fact
 when not matched then insert (key, type, agency, fields, fact)
      values (n.key, n.type, n.agency, n.fields, n.fact);

-- name: statements_page(type, agency, regions, day, id, limit)
-- The statements of this type of an agency (null: of all) about these regions (null: any), the newest first: behind a day
-- and id (null: from the first), so many (null: all).
select key, md5(key)::uuid as id, agency, fields, day from (
    select s.*, (coalesce(f->>'date', f->>'held_on', f->>'start', f->>'as_of'))::date as day, f->>'region' as region
      from statement s cross join lateral (select convert_from(s.fields, 'UTF8')::jsonb as f) decoded
     where s.type = $1 and ($2::text is null or s.agency = $2)) found
 where ($3::text[] is null or region = any($3)) and ($4::date is null or (day, md5(key)::uuid) < ($4, $5::uuid))
 order by day desc, md5(key)::uuid desc limit $6::int;

-- name: count_statements(type, agency, regions)
-- How many `statements_page` shows in all.
select count(*)::int from statement
 where type = $1 and ($2::text is null or agency = $2)
   and ($3::text[] is null or convert_from(fields, 'UTF8')::jsonb->>'region' = any($3));

-- name: briefings(agency, regions, as_of, since, until, id)
-- The briefings of an agency (null: of all), of regions, held between two days, of one id (null: any), the newest first:
-- how many attendees are recorded, how many of them are on that agency's own lists (null: on any), were insured on the
-- day, and first within 90 days after it, up to a day.
select b.key, md5(b.key)::uuid as id, b.agency, b.fields, b.day, g.*
  from (select s.*, (f->>'held_on')::date as day, f->>'region' as region
          from statement s cross join lateral (select convert_from(s.fields, 'UTF8')::jsonb as f) decoded
         where s.type = 'briefing.held' and ($1::text is null or s.agency = $1)
           and ($6::uuid is null or md5(s.key)::uuid = $6)) b
 cross join lateral (
    select coalesce(sum(m.recorded), 0)::int as recorded,
           coalesce(sum(case when $1::text is null then m.listed else m.own end), 0)::int as listed,
           coalesce(sum(case when $1::text is null then m.listed_insured else m.own_insured end), 0)::int
               as enrolled_on_the_day,
           coalesce(sum(case when $1::text is null then m.listed_registered else m.own_registered end)
                    filter (where m.day <= $3::date), 0)::int as registered_within_90_days
      from briefing_movement m where m.statement = b.key) g
 where ($2::text[] is null or region = any($2)) and ($4::date is null or day >= $4) and ($5::date is null or day <= $5)
 order by b.day desc, md5(b.key)::uuid desc;

-- name: attendees(statement, agency, as_of, after, limit)
-- Who came to a briefing, after a cursor: whether that agency lists it (null: anybody), and what became of it up to a day.
select a.key, a.partner_id, l.listed, l.first_start,
       case when l.insured then 'enrolled_on_the_day'
            when l.first_start > a.held_on and l.first_start <= least(a.held_on + 90, $3::date)
                then 'registered_within_90_days'
            else 'not_registered' end as outcome
  from attendance a cross join lateral (
    select coalesce((select true from evidence e where e.partner_id = a.partner_id
                      and ($2::text is null or e.agency = $2) limit 1), false) as listed,
           coalesce((select true from period x where x.partner_id = a.partner_id and x.start <= a.held_on
                      and (x.until is null or x.until > a.held_on) limit 1), false) as insured,
           (select min(x.start) from period x where x.partner_id = a.partner_id) as first_start) l
 where a.statement = $1 and a.key > $4 order by a.key limit $5;

-- name: without_briefing(agency)
-- The days of which an agency (null: any) recorded attendance and stated no briefing, and how many came.
select agency, held_on, count(*)::int as recorded from attendance
 where statement is null and ($1::text is null or agency = $1) group by agency, held_on order by agency, held_on;

-- name: briefing_of_day(agencies, days)
-- The briefing an agency held on a day and where, the first by key if there were several.
select distinct on (k.agency, k.held_on) k.agency, k.held_on, s.key, split_part(s.key, '/', 2) as region,
       (convert_from(s.fields, 'UTF8')::jsonb->>'quota')::bigint as quota,
       (select count(*) from attendance a where a.statement = s.key) as recorded
  from unnest($1::text[], $2::date[]) k (agency, held_on)
  join statement s on s.type = 'briefing.held' and s.agency = k.agency
   and s.key like 'briefing.held/%/' || k.held_on || '/%'
 order by k.agency, k.held_on, s.key;

-- name: seat_guests(keys)
-- Guests who were recorded before the briefing of their day was stated belong to it now.
update attendance a set statement = s.key
  from statement s
 where s.key = any($1::text[]) and s.type = 'briefing.held'
   and a.statement is null and a.agency = s.agency and a.held_on = split_part(s.key, '/', 3)::date;

-- name: attendance_touching(nibs, nik_koperasis, niks, names, partner_ids)
-- Guests that may now mean another partner: they hold one of these identifiers, or belong to one of these partners.
select * from attendance where key in (
    select key from attendance where nib = any($1::bigint[])
    union select key from attendance where nik_koperasi = any($2::text[])
    union select key from attendance where nik = any($3::uuid[])
    union select key from attendance where name = any($4::uuid[])
    union select key from attendance where partner_id = any($5::uuid[]));

-- name: attendance_of(statements)
-- The guests of these briefings, whole.
select * from attendance where statement = any($1::text[]);

-- name: known_attendance(keys)
-- Which of these guests are kept already.
select key from attendance where key = any($1::uuid[]);

-- name: guests_of_day(agencies, days)
-- How many guests each of these agencies has recorded of each day, 0 for none.
select k.agency, k.held_on, (select count(*) from attendance a where a.agency = k.agency and a.held_on = k.held_on)
  from unnest($1::text[], $2::date[]) k (agency, held_on);

-- name: save_attendance(key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row, anchor_partner, phone, email, owner)
-- Adds the guests; one that is kept already gets this partner, briefing and contact.
merge into attendance a
using unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::uuid[], $6::bigint[], $7::text[], $8::uuid[],
             $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[])
      n (key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row, anchor_partner, phone,
         email, owner)
   on a.key = n.key
 when matched then update set partner_id = n.partner_id, statement = n.statement, phone = n.phone, email = n.email,
      owner = n.owner
 when not matched then insert (key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row,
      anchor_partner, phone, email, owner)
      values (n.key, n.agency, n.held_on, n.statement, n.partner_id, n.nib, n.nik_koperasi, n.nik, n.name,
      n.anchor_row, n.anchor_partner, n.phone, n.email, n.owner);

-- name: drop_other_guests(statement, keys)
-- Of this briefing's guests only those with these keys stay.
delete from attendance where statement = $1 and not (key = any($2::uuid[]));

-- name: sealed_evidence(keys)
-- The sealed personal details of these rows.
select key, sealed from evidence where key = any($1::uuid[]);

-- name: move_attendance(keys, partner_ids)
-- Each of these guests belongs to the partner beside it from now on, null for none.
update attendance a set partner_id = m.partner_id
  from unnest($1::uuid[], $2::uuid[]) m (key, partner_id) where a.key = m.key;

-- name: stand_guests(partner_ids)
-- How the guests of these partners stand now, where that is otherwise than before.
update attendance a set own = n.own, listed = n.listed, insured = n.insured, first_start = n.first_start
  from (select g.key, s.* from attendance g cross join lateral standing_of_guest(g.partner_id, g.agency, g.held_on) s
         where g.partner_id = any($1::uuid[])) n
 where a.key = n.key
   and (a.own, a.listed, a.insured, a.first_start) is distinct from (n.own, n.listed, n.insured, n.first_start);

-- name: set_statement_fact(key, fact)
-- The statement's last published fact is this one.
update statement set fact = $2 where key = $1;

-- name: partners_of_participants(participant_nos)
-- The partner of each of these participants, as saved.
select participant_no, partner_id from participant where participant_no = any($1::text[]);

-- name: erase_from_quarantine(nibs, nik_koperasis, niks, names, participant_nos)
-- A name alone finds only what has no better identifier: others bear it too.
delete from quarantine where nib = any($1::bigint[]) or nik_koperasi = any($2::text[]) or nik = any($3::uuid[])
    or (name = any($4::uuid[]) and nik is null and nib is null) or participant_no = any($5::text[]);

-- name: refused_briefings()
-- Their guests can be read from what was sent alone.
select id, sealed from quarantine where type = 'briefing.held';

-- name: erase_refused(ids)
-- These entries of the quarantine are gone.
delete from quarantine where id = any($1::uuid[]);

-- name: add_dead_letters_to_erase(nibs, nik_koperasis, niks, names, participant_nos)
-- Notes whose dead letters are to be deleted, in the transaction of the erasure.
insert into dead_letters_to_erase values ($1::bigint[], $2::text[], $3::uuid[], $4::uuid[], $5::text[]);

-- name: take_dead_letters_to_erase()
-- Takes the notes of whose dead letters are to be deleted; they are gone when the transaction commits.
delete from dead_letters_to_erase returning nib, nik_koperasi, nik, name, participant_no;

-- name: note_intake_erasure()
-- What agencies wrote to Kafka until now is to be deleted, in the transaction of the erasure.
insert into intake_erasure default values;

-- name: take_intake_erasures()
-- Takes the notes of erasures; they are gone when the transaction commits.
delete from intake_erasure returning noted_at;

-- name: add_intake_deletions(topics, partitions, before_offsets)
-- Records before these offsets are to be deleted; an offset only ever moves ahead.
insert into intake_deletion as d (topic, partition, before_offset)
select * from unnest($1::text[], $2::int[], $3::bigint[])
on conflict (topic, partition) do update set before_offset = greatest(d.before_offset, excluded.before_offset);

-- name: due_intake_deletions()
-- The partitions whose records up to the offset are all consumed.
select d.topic, d.partition, d.before_offset from intake_deletion d
  join consumer_offsets o using (topic, partition) where o.next_offset >= d.before_offset;

-- name: drop_intake_deletions(topics, partitions, before_offsets)
-- These deletions are done; one whose offset moved ahead meanwhile stays.
delete from intake_deletion d using unnest($1::text[], $2::int[], $3::bigint[]) n (topic, partition, before_offset)
 where d.topic = n.topic and d.partition = n.partition and d.before_offset = n.before_offset;

-- name: erase_participants(participant_nos)
-- These participants are gone, with their versions.
delete from participant where participant_no = any($1::text[]);

-- name: erase_claimants(participant_nos)
-- The claims still count where they happened; whose they were is erased.
update claim set participant_no = null where participant_no = any($1::text[]);

-- name: erase_cases(partner_ids, participant_nos)
-- No case is about these any more.
delete from cases where (kind = 'region_conflict' and subject = any($1::text[]))
                     or (kind = 'participant_claimed' and subject = any($2::text[]))
                     or (kind in ('possible_duplicate', 'conflict')
                         and exists (select from jsonb_array_elements(sides) s where s->>'partner' = any($1::text[])));

-- name: others_concerned(partner_id, agency, regions)
-- Whether another agency lists the partner, or a participant of it is outside these regencies.
select exists (select from evidence e where e.partner_id = $1 and e.agency <> $2)
    or exists (select from participant p where p.partner_id = $1 and p.region <> all($3::text[]));

-- name: evidence_of_agency(agency, partner_ids)
-- What this agency sent of these partners, whole.
select * from evidence where partner_id = any($2::uuid[]) and agency = $1;

-- name: withdraw_from_quarantine(agency, nibs, nik_koperasis, niks, names)
-- Of what was refused of this agency; a name alone finds only what has no better identifier: others bear it too.
delete from quarantine
 where agency = $1 and (nib = any($2::bigint[]) or nik_koperasi = any($3::text[]) or nik = any($4::uuid[])
                        or (name = any($5::uuid[]) and nik is null and nib is null));

-- name: erase_guests_of(agency, partner_ids)
-- This agency's guests still count as present, but no longer as anybody.
update attendance set partner_id = null, nib = null, nik_koperasi = null, nik = null, name = null, anchor_row = null,
       anchor_partner = null, phone = null, email = null, owner = null
 where agency = $1 and partner_id = any($2::uuid[]);

-- name: erase_guests(partner_ids)
-- The guests of these partners still count as present, but no longer as anybody.
update attendance set partner_id = null, nib = null, nik_koperasi = null, nik = null, name = null, anchor_row = null,
       anchor_partner = null, phone = null, email = null, owner = null
 where partner_id = any($1::uuid[]);

-- name: count_sources(agency)
-- How many sources the agency has.
select count(*) as held from source where agency = $1;

-- name: take_sources(sources, agency)
-- The sources are the agency's; one that somebody has stays theirs.
insert into source (source, agency) select s, $2 from unnest($1::text[]) s on conflict do nothing;

-- name: sources_of(agency)
-- The sources of an agency, or of all (null).
select source, agency from source where ($1::text is null or agency = $1) order by agency, source;

-- name: release_source(source)
-- Nobody has the source any more; nothing is returned if nobody had.
delete from source where source = $1 returning agency;

-- name: sent_before(keys, sources)
-- Which of these events were accepted already, with their content and partner, and who has which of these sources.
select key, content, partner_id, null::text as source, null::text as agency from event where key = any($1::uuid[])
union all
select null, null, null, source, agency from source where source = any($2::text[]);

-- name: keep_events(keys, contents, partner_ids, settled)
-- These events were accepted, and what was refused before of all that are settled is gone.
with settled as (delete from quarantine where event_key = any($4::uuid[]))
insert into event (key, content, partner_id) select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]);

-- name: note_arrived(hashes, at)
-- Those of these arrived that something misses.
merge into arrived a
using (select h.missed from unnest($1::uuid[]) h (missed)
        where exists (select from quarantine q where q.missed = h.missed)) n on a.missed = n.missed
 when matched then update set at = $2::timestamptz
 when not matched then insert (missed, at) values (n.missed, $2);

-- name: mark_due(limit)
-- Some of the entries that missed what arrived since are due to be sent again, and miss it no more.
with due as (
    select q.id from arrived a join quarantine q on q.missed = a.missed and q.missed_at <= a.at
     limit $1 for update of q skip locked)
update quarantine q set retry_at = now(), missed = null from due where q.id = due.id returning q.id;

-- name: has_arrived()
-- Whether something arrived that entries missed.
select exists (select from arrived);

-- name: drop_arrived()
-- What nothing waits for any more is forgotten; under the writer's lock, so that nothing arrives meanwhile.
delete from arrived a
 where not exists (select from quarantine q where q.missed = a.missed and q.missed_at <= a.at);

-- name: claim_retries(limit)
-- Some of the entries that are due of the agency whose turn it is, with what their uploads declared; a worker that is
-- killed leaves them due a minute later.
with first as (
    select agency from quarantine where retry_at <= now() order by retry_at limit 1),
due as (
    select id from quarantine where retry_at <= now() and agency = (select agency from first)
     order by retry_at, id limit $1 for update skip locked),
taken as (
    update quarantine q set retry_at = now() + interval '1 minute' from due where q.id = due.id returning q.*)
select q.*, i.kind, i.list, i.list_date, i.require_nik, i.header, i.options, i.reading, i.undo_asked_at,
       coalesce(i.dry_run, false) as dry_run, a.regions, a.scopes
  from taken q join agency a on a.slug = q.agency left join import i on i.import_id = q.import_id order by q.id;

-- name: drop_retries(ids)
-- These were taken and are not sent again by themselves; what became due meanwhile is.
update quarantine set retry_at = null where id = any($1::uuid[]) and retry_at > now();

-- name: entries_to_retry(agency, after, code, import_id, limit)
-- The agency's entries after a cursor, if given only with this code or of this upload, with what their uploads declared.
select q.*, i.kind, i.list, i.list_date, i.require_nik, i.header, i.options, i.reading, i.undo_asked_at
  from quarantine q left join import i on i.import_id = q.import_id
 where q.agency = $1 and q.id > $2 and ($3::text is null or q.code = $3) and ($4::uuid is null or q.import_id = $4)
   and i.dry_run is not true
 order by q.id limit $5;

-- name: settle_retried(id, agency, by_itself)
-- The entry was accepted when it was sent again: where it came from is kept, not what it held.
with gone as (delete from quarantine where id = $1 and agency = $2 returning id, agency, import_id, line, type, code)
insert into retried (id, agency, import_id, line, type, code, by_itself) select *, $3 from gone;

-- name: retried_page(agency, after, import_id, hidden, limit)
-- The agency's entries that were accepted when they were sent again, but for the kinds with these first words.
select * from retried where agency = $1 and id > $2 and ($3::uuid is null or import_id = $3)
   and (type is null or split_part(type, '.', 1) <> all($4::text[])) order by id limit $5;

-- name: expire_retried(days)
-- Deletes some of what was sent again so many days ago; returns them, nothing when none is left.
delete from retried where id in (
    select id from retried where retried_at < now() - make_interval(days => $1) limit 5000)
returning id;

-- name: enter_quarantine(id, agency, event_key, type, code, field, detail, nib, nik_koperasi, nik, name, participant_no, sealed, recorded_at, missed)
-- Keeps refused events; the same event refused again replaces what is kept of it.
insert into quarantine (id, agency, event_key, type, code, field, detail, nib, nik_koperasi, nik, name, participant_no,
                        sealed, recorded_at, missed, missed_at)
select *, n.recorded_at
  from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
              $9::text[], $10::uuid[], $11::uuid[], $12::text[], $13::bytea[], $14::timestamptz[], $15::uuid[])
    n (id, agency, event_key, type, code, field, detail, nib, nik_koperasi, nik, name, participant_no, sealed,
       recorded_at, missed)
on conflict (event_key) do update set type = excluded.type, code = excluded.code, field = excluded.field,
   detail = excluded.detail, nib = excluded.nib, nik_koperasi = excluded.nik_koperasi, nik = excluded.nik,
   name = excluded.name, participant_no = excluded.participant_no, sealed = excluded.sealed,
   recorded_at = excluded.recorded_at, missed = excluded.missed, missed_at = excluded.missed_at, retry_at = null;

-- name: older_refusals(agency, kind, list, import_id)
-- Whether rows of another upload of this list are in the quarantine.
select exists (select from quarantine q join import i on i.import_id = q.import_id
                where i.agency = $1 and i.kind = $2 and i.list = $3 and i.import_id <> $4 and not i.dry_run);

-- name: replace_refused(row_keys, import_id)
-- A dry run's refused rows stay: they are its report.
delete from quarantine q using import i
 where i.import_id = q.import_id and not i.dry_run and q.row_key = any($1::uuid[]) and q.import_id <> $2;

-- name: begin_request(agency, idempotency_key, body)
-- Takes an Idempotency-Key; nothing is returned when it is taken already. One that never got its answer (a crash)
-- may be taken again after a while.
insert into request (agency, idempotency_key, body) values ($1, $2, $3)
on conflict (agency, idempotency_key) do update set body = excluded.body, created_at = now()
 where request.answer is null and request.created_at < now() - interval '2 minutes'
returning true;

-- name: request(agency, idempotency_key)
-- The request with this Idempotency-Key; its answer is null while it is being worked on.
select body, status, answer from request where agency = $1 and idempotency_key = $2;

-- name: answer_requests(agency, idempotency_key, status, answer)
-- The answers that the same Idempotency-Keys get from now on.
update request r set status = n.status, answer = n.answer
  from unnest($1::text[], $2::text[], $3::int[], $4::bytea[]) n (agency, idempotency_key, status, answer)
 where r.agency = n.agency and r.idempotency_key = n.idempotency_key;

-- name: drop_request(agency, idempotency_key)
-- The Idempotency-Key may be used again; not if its request was answered.
delete from request where agency = $1 and idempotency_key = $2 and answer is null;

-- name: add_agency(slug, name, regions, scopes)
-- Adds an agency; fails if there is one with this slug.
insert into agency (slug, name, regions, scopes) values ($1, $2, $3, $4);

-- name: agencies()
-- All agencies in the order of their slugs.
select slug, name, regions, scopes, requests_per_minute from agency order by slug;

-- name: agencies_page(after, limit)
-- Some agencies behind a slug, in the order of their slugs.
select slug, name, regions, scopes, requests_per_minute from agency where slug > $1 order by slug limit $2;

-- name: agency_names()
-- The names of all agencies, in the order of their slugs.
select slug, name from agency order by slug;

-- name: agency(slug)
-- What an agency may do, kept as it is until the transaction ends.
select regions, scopes, requests_per_minute from agency where slug = $1 for share;

-- name: take_partners_to_derive(limit)
-- Some of the partners whose facts wait to be derived anew; they wait no more when the transaction commits.
delete from partner_to_derive where partner_id in (select partner_id from partner_to_derive limit $1)
returning partner_id;

-- name: regions_of_agencies(slugs)
-- Where these agencies may work.
select slug, regions from agency where slug = any($1::text[]);

-- name: open_cases(id, kind, subject, sides, opened_at)
-- A case of the same kind and subject gets these sides; one that was decided opens again only for other sides.
merge into cases c
using unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[]) n (id, kind, subject, sides, opened_at)
   on c.kind = n.kind and c.subject = n.subject
 when matched and (c.sides <> n.sides or (c.closed_at is not null and c.decision is null)) then
      update set sides = n.sides, closed_at = null, decision = null, decided_by = null, decided_at = null,
             opened_at = case when c.closed_at is null then c.opened_at else n.opened_at end
 when not matched then insert (id, kind, subject, sides, opened_at)
      values (n.id, n.kind, n.subject, n.sides, n.opened_at);

-- name: close_cases(kind, subjects, closed_at)
-- Those of these that are open are closed without a decision.
update cases set closed_at = $3 where kind = $1 and subject = any($2::text[]) and closed_at is null;

-- name: decided(kind, subjects)
-- What was decided of those of these subjects of which something was.
select subject, decision from cases where kind = $1 and subject = any($2::text[]) and decision is not null;

-- name: cases_page(after, kinds, regions, is_open, limit)
-- Cases of these kinds all of whose sides lie in these regencies (null: anywhere), after a cursor, the oldest first.
select * from cases c
 where c.id > $1 and c.kind = any($2::text[]) and (c.closed_at is null) = $4
   and ($3::text[] is null or not exists (
        select from jsonb_array_elements(c.sides) side where (side->>'region' = any($3)) is not true))
 order by c.id limit $5;

-- name: case_to_decide(id)
-- The case, which nobody else decides until the transaction ends.
select * from cases where id = $1 for update;

-- name: case_of(id)
-- One case.
select * from cases where id = $1;

-- name: decide_some(id, decision, decided_by, decided_at)
-- Some of the case's sides are decided about: it is open until nothing is left in doubt.
update cases set decision = $2, decided_by = $3, decided_at = $4, closed_at = null where id = $1;

-- name: decide_case(id, decision, decided_by, decided_at)
-- The case is closed with this decision; one decided before gets the new decision.
update cases set decision = $2, decided_by = $3, decided_at = $4, closed_at = $4 where id = $1;

-- name: decide_region(partner_id, region, against)
-- A person decided that the partner is in this region and not in those.
update partner set decided_region = $2, decided_against = $3 where partner_id = $1;

-- name: keys()
-- The keys of all agencies, the oldest first.
select key_id, agency, scopes, revoked, issued_at, expires_at from keys where agency is not null order by issued_at, key_id;

-- name: keys_of(agencies)
-- The keys of these agencies, 500 of each at most, the newest first; those that ended are shown for ninety days.
select k.* from unnest($1::text[]) as of(slug) cross join lateral (
  select *, case when revoked then 'revoked' when expires_at <= now() then 'expired' else 'live' end as state
    from keys
   where agency = of.slug and not (revoked and recorded_at < now() - interval '90 days')
     and (expires_at is null or expires_at > now() - interval '90 days')
   order by issued_at desc, key_id limit 500) k
 order by k.issued_at desc, k.key_id;

-- name: scopes_of_key(agency, key_id)
-- What a key of the agency may do.
select scopes from keys where agency = $1 and key_id = $2;

-- name: lock_keys(agency)
-- An agency's keys are replaced one at a time, until the transaction ends.
select pg_advisory_xact_lock(hashtext(current_schema() || '/keys/' || $1));

-- name: count_live_keys(agency, purpose)
-- How many keys of the agency are live for this purpose.
select count(*) from keys
 where agency = $1 and purpose = $2 and not revoked and (expires_at is null or expires_at > now());

-- name: live_key(agency, key_id)
-- The agency's key, if it opens anything.
select * from keys
 where agency = $1 and key_id = $2 and not revoked and (expires_at is null or expires_at > now()) for update;

-- name: is_being_replaced(agency, key_id)
-- Whether a live key took this one's place.
select exists (select from keys where agency = $1 and replaces = $2 and not revoked
                                  and (expires_at is null or expires_at > now()));

-- name: end_key(agency, key_id, ends_at)
-- From then on the key opens nothing, or from when it was to end before.
update keys set expires_at = least(expires_at, $3), recorded_at = greatest(recorded_at, clock_timestamp())
 where agency = $1 and key_id = $2 returning *;

-- name: limit_keys(agency, requests_per_minute)
-- All live keys of the agency may make so many requests a minute.
update keys set requests_per_minute = $2, recorded_at = greatest(recorded_at, clock_timestamp())
 where agency = $1 and not revoked and (expires_at is null or expires_at > now()) returning *;

-- name: change_agency(slug, name, limits, requests_per_minute)
-- A null name leaves the name; `limits`: whether the number of requests is given.
update agency set name = coalesce($2, name),
       requests_per_minute = case when $3::boolean then $4::int else requests_per_minute end
 where slug = $1 returning slug, name, regions, scopes, requests_per_minute;

-- name: add_key(key_id, hash, agency, scopes, regions, recorded_at, expires_at, requests_per_minute, purpose, replaces)
-- Adds a key by its hash.
insert into keys
    (key_id, hash, agency, scopes, regions, recorded_at, issued_at, expires_at, requests_per_minute, purpose, replaces)
values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10);

-- name: revoke_key(agency, key_id)
-- Nothing is returned for a key that the agency has not, or not any more.
update keys set revoked = true, recorded_at = greatest(recorded_at, clock_timestamp())
 where agency = $1 and key_id = $2 and not revoked returning *;

-- name: set_kafka_key(agency, key_id)
-- The agency's access to Kafka is revoked with this key from now on, not with an earlier one.
update agency set kafka_key = $2 where slug = $1;

-- name: lock_kafka_access(agency)
-- Held until the transaction ends: an agency's access to Kafka is given or taken by one at a time. The agency's row is
-- not locked, so that nobody waits for the events that are taken in with its rights.
select pg_advisory_xact_lock(hashtext(current_schema() || '/kafka/' || $1));

-- name: holds_kafka_access(agency, key_id)
-- Whether the agency's access to Kafka was issued with this key.
select kafka_key = $2 from agency where slug = $1;

-- name: add_import(import_id, agency, kind, list, list_date, require_nik, dry_run, options, replaces, delist_at_most, preview, file_id, size, traceparent)
-- Adds an upload, which waits to be worked off; the preview, sealed, is what a dry run's beginning showed. What follows from
-- it belongs to its request's trace.
insert into import (import_id, agency, kind, list, list_date, require_nik, dry_run, options, replaces, delist_at_most,
                    preview, file_id, size, traceparent)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: await_file(import_id)
--- No worker begins the dry run before its file is there, for two minutes at most.
update import set lease_until = now() + interval '2 minutes' where import_id = $1;

-- name: begin_dry_run(import_id)
--- Its file is there. Changes nothing once it was given up.
update import set lease_until = null where import_id = $1 and state = 'queued';

-- name: add_import_file(file_id, part, sealed)
-- Keeps a part of a file, sealed, until the file is worked off.
insert into import_file (file_id, part, sealed) values ($1, $2, $3);

-- name: import_file(file_id, part)
-- One part of a file, sealed; nothing behind the last one, and none once it was worked off.
select sealed from import_file where file_id = $1 and part = $2;

-- name: drop_unused_file(file_id)
-- The file goes unless an import still waits for its rows or it is kept as an upload.
delete from import_file f
 where f.file_id = $1 and not exists (select from upload where upload_id = $1)
   and not exists (select from import where file_id = $1 and state in ('queued', 'running') and stage = 'rows');

-- name: bytes_waiting(agency)
-- How many bytes the agency's files take that wait: uploads with their whole length, other files of imports, each once (a
-- dry run's file stays until it is through, also when its upload was deleted), and what is just being received.
select coalesce((select sum(bytes) from receiving where agency = $1 and expires_at > now()), 0)
     + coalesce((select sum(length) from upload where agency = $1 and expires_at > now()), 0)
     + coalesce((select sum(size) from (
            select distinct on (i.file_id) i.size from import i
             where i.agency = $1 and i.state in ('queued', 'running') and i.stage = 'rows'
               and not exists (select from upload u where u.upload_id = i.file_id)) files), 0);

-- name: reserve(request, agency, bytes)
-- So many bytes of a request that is being received count for the agency, for ten minutes.
insert into receiving (request, agency, bytes, expires_at) values ($1, $2, $3, clock_timestamp() + interval '10 minutes')
    on conflict (request) do update set bytes = excluded.bytes, expires_at = excluded.expires_at;

-- name: release(request)
-- The request was received; those of which nobody said so for ten minutes go as well.
delete from receiving where request = $1 or expires_at <= now();

-- name: lock_quota(agency)
-- Held until the transaction ends: what an agency's new upload may take is judged one after the other.
select pg_advisory_xact_lock(hashtext(current_schema() || '/quota/' || $1));

-- name: add_upload(upload_id, agency, filename, length, of_page)
-- An upload of which nothing arrived yet; one of the page is there to be tried out.
insert into upload (upload_id, agency, filename, length, of_page) values ($1, $2, $3, $4, $5);

-- name: upload(upload_id, agency)
-- The agency's upload, unless its time is over.
select * from upload where upload_id = $1 and agency = $2 and expires_at > now();

-- name: uploads(agency, after, limit)
-- The agency's uploads behind this id, the oldest first.
select * from upload where agency = $1 and upload_id > $2 and expires_at > now() order by upload_id limit $3;

-- name: open_uploads(agency, of_page)
-- How many uploads the agency has that no import took, those of the page or the others.
select count(*) from upload where agency = $1 and expires_at > now() and of_page = $2;

-- name: give_up_trials(agency, kept)
-- Gives up the agency's uploads of the page but for so many of the newest, those of which more arrived within the last hour
-- and those that are read; returns their ids.
delete from upload where upload_id in (
    select upload_id from upload u
     where agency = $1 and of_page and (received = length or expires_at < now() + interval '23 hours')
       and not exists (select from import where file_id = u.upload_id and state in ('queued', 'running'))
     order by upload_id desc offset $2)
returning upload_id;

-- name: give_up_oldest_trial(agency)
-- As `give_up_trials`, the oldest one alone.
delete from upload where upload_id = (
    select upload_id from upload u
     where agency = $1 and of_page and (received = length or expires_at < now() + interval '23 hours')
       and not exists (select from import where file_id = u.upload_id and state in ('queued', 'running'))
     order by upload_id limit 1)
returning upload_id;

-- name: add_upload_part(upload_id, offset, bytes, sealed)
-- Adds what follows the bytes received so far, and nothing if these are not as many as the sender thinks: of two who send
-- the same part one adds it. The upload then stays for another day. Returns how many bytes there are.
with grown as (
    update upload set received = received + $3, parts = parts + 1, expires_at = clock_timestamp() + interval '1 day'
     where upload_id = $1 and received = $2 and received + $3 <= length
    returning upload_id, parts, received),
added as (insert into import_file (file_id, part, sealed) select upload_id, parts - 1, $4 from grown)
select received from grown;

-- name: take_upload(upload_id, agency)
-- The whole upload becomes an import's file; nothing if another import took it.
delete from upload where upload_id = $1 and agency = $2 and received = length returning upload_id;

-- name: import_of_upload(upload_id, agency)
-- The import that took this upload.
select import_id from import where file_id = $1 and agency = $2 and not dry_run;

-- name: delete_upload(upload_id, agency)
-- The upload is given up by its agency.
delete from upload where upload_id = $1 and agency = $2 and expires_at > now() returning upload_id;

-- name: expire_upload()
-- Deletes an upload whose time is over and for which no import waits; returns its id.
delete from upload where upload_id = (
    select upload_id from upload u
     where expires_at <= now()
       and not exists (select from import where file_id = u.upload_id and state in ('queued', 'running'))
     limit 1 for update skip locked)
returning upload_id;

-- name: claim_import(dry_run)
-- An upload that waits or is to be taken back, or whose worker's lease ran out; a killed worker's is taken over where it
-- was. Of the agencies whose last upload ended longest ago the oldest: who uploads much waits for itself. Either dry runs
-- or those that are meant.
update import i set state = case when i.undo_asked_at is null then 'running' else i.state end,
       attempts = attempts + 1, lease_until = now() + interval '15 seconds'
  from agency a
 where a.slug = i.agency and i.import_id = (
    select import_id from import due
     where (state in ('queued', 'running') or (undo_asked_at is not null and undone_at is null)) and dry_run = $1
       and (lease_until is null or lease_until < now())
     order by state <> 'running', (select max(ended.finished_at) from import ended where ended.agency = due.agency)
              nulls first, created_at, import_id limit 1 for update skip locked)
returning i.*, a.regions;

-- name: begin_import(import_id, header, rows, skipped, skipped_by, columns, reading, options)
-- The upload was read: its header, how many rows it has, what else was found, and what it was read with, which a worker
-- that goes on with it does not look up again. Changes nothing once it was cancelled.
update import set header = $2, rows = $3, skipped = $4, skipped_by = $5, columns = $6, reading = $7, options = $8,
       lease_until = now() + interval '15 seconds'
 where import_id = $1 and state = 'running';

-- name: remembered_readings(agency, kind)
-- What the agency said of how its files of this kind are to be read, the newest first.
select header, options, since from remembered_reading where agency = $1 and kind = $2 order by since desc;

-- name: remember_reading(agency, kind, header, options)
-- Holds for the next files with this header; said again in the same words it keeps its time. Of each agency and kind the
-- newest hundred are kept.
with old as (
    delete from remembered_reading r using (
        select header from remembered_reading where agency = $1 and kind = $2 and header <> $3
         order by since desc offset 99) o
     where r.agency = $1 and r.kind = $2 and r.header = o.header)
insert into remembered_reading (agency, kind, header, options) values ($1, $2, $3, $4)
on conflict (agency, kind, header) do update set options = excluded.options, since = clock_timestamp()
 where remembered_reading.options <> excluded.options;

-- name: forget_reading(agency, kind, header)
-- Files with this header are read as they are found again.
delete from remembered_reading where agency = $1 and kind = $2 and header = $3;

-- name: set_preview(import_id, preview)
-- What the file of a dry run looks like, sealed; nothing is kept of one that was cancelled or is gone.
update import set preview = $2 where import_id = $1 and dry_run and state in ('queued', 'running');

-- name: refused_lines(import_id, lines)
-- Why these lines of an upload were refused, as far as it got.
select line, code, field, detail from quarantine where import_id = $1 and line = any($2::int[]) order by line, id;

-- name: drop_previews()
-- A person was erased who may be shown in one of them.
update import set preview = null where preview is not null;

-- name: renew_lease(import_id)
-- The upload's worker goes on working on it.
update import set lease_until = now() + interval '15 seconds'
 where import_id = $1 and (state = 'running' or (undo_asked_at is not null and undone_at is null));

-- name: forget_attempts(import_id)
-- What was begun before does not count: it was interrupted by no fault of the upload.
update import set attempts = 1 where import_id = $1;

-- name: hand_back_import(import_id)
-- Whoever asks next goes on with the upload where it is.
update import set lease_until = null where import_id = $1;

-- name: restart_dry_run(import_id)
-- A dry run that was interrupted begins anew: what it found so far is dropped with the effects it had.
with dropped as (delete from quarantine where import_id = $1)
update import set next_position = 0, accepted = 0, created = 0, unchanged = 0, replaced = 0, rejected = 0,
       rejected_by = '{}', warnings = '{}', notes = '{}'
 where import_id = $1 and state = 'running' and next_position > 0;

-- name: import_due(import_id)
-- The import's next position, while it runs.
select next_position from import where import_id = $1 and state = 'running' for update;

-- name: advance_import(import_id, next_position, accepted, created, unchanged, rejected, rejected_by, warnings, replaced, notes)
-- Adds a chunk's counts and moves the upload's place behind the chunk, in the chunk's transaction.
update import set next_position = $2, attempts = 0, accepted = accepted + $3, created = created + $4, unchanged = unchanged + $5,
       rejected = rejected + $6, rejected_by = add_counts(rejected_by, $7::jsonb),
       warnings = add_counts(warnings, $8::jsonb), replaced = replaced + $9, notes = add_counts(notes, $10::jsonb),
       lease_until = now() + interval '15 seconds'
 where import_id = $1;

-- name: finish_import(import_id)
-- The upload is done: all that was accepted is durable.
update import set state = 'done', finished_at = clock_timestamp(), lease_until = null where import_id = $1;

-- name: fail_import(import_id, detail)
-- The upload cannot go on; what was accepted so far stays accepted.
update import set state = 'failed', detail = $2, finished_at = clock_timestamp(), lease_until = null
 where import_id = $1 and state in ('queued', 'running');

-- name: cancel_import(import_id, agency)
-- What was accepted so far stays accepted, and nobody leaves the list; not once its rows are in and others leave.
update import set state = 'cancelled', detail = null, finished_at = clock_timestamp(), lease_until = null,
       preview = null
 where import_id = $1 and agency = $2 and (state = 'waiting' or (state in ('queued', 'running') and stage = 'rows'))
returning import_id;

-- name: import(import_id, agency)
-- The agency's upload, or anybody's for the administrator (null).
select * from import where import_id = $1 and ($2::text is null or agency = $2);

-- name: lists_before(import_id, agency, kind)
-- The names under which the agency sent files of this kind before this upload; the newest thousand.
select list from import where agency = $2 and kind = $3 and not dry_run and import_id < $1
 group by list order by max(import_id::text) desc limit 1000;

-- name: imports(agency)
-- The newest 100 uploads of the agency, or of all for the administrator (null).
select * from import where ($1::text is null or agency = $1) order by created_at desc limit 100;

-- name: imports_page(agency, before, limit)
-- The newest uploads of the agency, or of all for the administrator (null), before one of them (null: from the newest on).
-- Of the trials of a file that is still here the newest is among them, until an upload takes the file.
select i.* from import i
 where ($1::text is null or i.agency = $1)
   and ($2::uuid is null
        or (i.created_at, i.import_id) < (select created_at, import_id from import
                                           where import_id = $2 and ($1::text is null or agency = $1)))
   and (not i.dry_run
        or (exists (select from upload u where u.upload_id = i.file_id and u.expires_at > now())
            and not exists (select from import n where n.file_id = i.file_id and n.import_id > i.import_id)))
 order by i.created_at desc, i.import_id desc limit $3;

-- name: lists_sent(agency)
-- The names of the lists that the agency sent, the latest first.
select list from import where agency = $1 and not dry_run group by list order by max(created_at) desc limit 50;

-- name: imports_watched(import_ids)
-- How far these uploads are.
select import_id, kind, state, stage, dry_run, replaces, next_position, rows, skipped, accepted, created, replaced, unchanged,
       rejected, delisted, finished_at, undo_asked_at, undone_at, undo_detail, undo_removed, undo_restored, undo_kept
  from import where import_id = any($1::uuid[]);

-- name: refused_reasons(import_id)
-- How many rows of an upload are refused still, by code.
select code, count(*)::int as rows from quarantine where import_id = $1 group by code order by count(*) desc, code;

-- name: refused_left(import_ids)
-- How many rows of each of these uploads are refused still; nothing of one that has none.
select import_id, count(*)::int as rows from quarantine where import_id = any($1::uuid[]) group by import_id;

-- name: refused_page(import_id, line, id, limit)
-- Refused rows of an upload behind this line and entry, in the order of its lines.
select id, agency, import_id, line, type, code, field, detail, sealed from quarantine
 where import_id = $1 and (line, id) > ($2, $3::uuid) order by line, id limit $4;

-- name: refused_page_of_code(import_id, line, id, limit, code)
-- The same of one reason: a statement of its own, since its plan is another one.
select id, agency, import_id, line, type, code, field, detail, sealed from quarantine
 where import_id = $1 and code = $5 and (line, id) > ($2, $3::uuid) order by line, id limit $4;

-- name: leaving_page(import_id, agency, list, after, limit)
-- The newest row of each partner that would leave the list: no row of it is in this upload or in one after it.
with leaving as (
    select e.partner_id from evidence e
     where e.agency = $2 and e.list = $3 and e.partner_id > $4
     group by e.partner_id
    having not bool_or(coalesce(e.import_id >= $1, false)
                       or exists (select from row_version v
                                   where v.key = e.key and v.import_id = $1 and v.left_out_by is null))
     order by e.partner_id limit $5)
select distinct on (e.partner_id) e.partner_id, e.region, e.line, e.sealed
  from leaving l join evidence e using (partner_id)
 where e.agency = $2 and e.list = $3
 order by e.partner_id, e.last_listed desc, e.line desc, e.sequence desc;

-- name: unregistered_page(agency, list, day, after, regions, limit, last)
-- As `unregistered`, behind a partner and up to another (null: to the end), in these regions if any are given.
select distinct on (e.partner_id) e.partner_id, e.ref, e.nib, e.nik_koperasi, e.region, e.kind, e.scale, e.total,
       e.line, e.sealed
  from evidence e
 where e.agency = $1 and e.list = $2 and e.first_listed <= $3 and e.partner_id > $4
   and ($7::uuid is null or e.partner_id <= $7)
   and ($5::text[] is null or e.region = any($5))
   and not exists (select from period p
                    where p.partner_id = e.partner_id and p.start <= $3 and (p.until is null or p.until > $3))
 order by e.partner_id, e.last_listed desc, e.line desc, e.sequence desc limit $6;

-- name: count_unregistered(agency, list, day)
-- How many partners of a list are not insured on a day.
select coalesce(sum(listed) - sum(enrolled), 0)::int as count
  from list_movement where agency = $1 and list = $2 and day <= $3;

-- name: list_position(agency, list, after, rows)
-- The partner so many rows of the list behind this one, null if there are not so many.
select partner_id from evidence where agency = $1 and list = $2 and partner_id > $3
 order by partner_id offset $4 limit 1;

-- name: refused_rows(import_id)
-- The refused rows of an upload in the order of its lines, sealed.
select id, line, code, field, detail, sealed from quarantine where import_id = $1 order by line, id;

-- name: delete_refused_rows(import_id)
-- The refused rows of a finished upload are gone, which stays noted; returns how many, nothing for one that goes on.
with ended as (
    update import set refused_deleted_at = coalesce(refused_deleted_at, clock_timestamp()), preview = null
     where import_id = $1 and finished_at is not null returning import_id),
dropped as (delete from quarantine q using ended e where q.import_id = e.import_id returning 1)
select (select count(*) from dropped) as refused_rows from ended;

-- name: expired_import(days)
-- An upload that ended so many days ago and whose refused rows, or which as a dry run, was not deleted yet.
select import_id from import
 where finished_at < now() - make_interval(days => $1) and refused_deleted_at is null
 order by finished_at limit 1 for update skip locked;

-- name: delete_dry_run(import_id)
-- A finished dry run is gone, with its report.
delete from import where import_id = $1 and dry_run and finished_at is not null;

-- name: expire_refused_events(days)
-- Deletes some of the events that were refused so many days ago; returns them, nothing when none is left.
delete from quarantine where id in (
    select id from quarantine where import_id is null and recorded_at < now() - make_interval(days => $1) limit 5000)
returning id;

-- name: unregistered(agency, list, day)
-- The newest row of each partner of a list that is not insured on a day.
select distinct on (e.partner_id) e.partner_id, e.ref, e.nib, e.nik_koperasi, e.region, e.kind, e.scale, e.total, e.line,
       e.sealed
  from evidence e
 where e.agency = $1 and e.list = $2 and e.first_listed <= $3
   and not exists (select from period p
                    where p.partner_id = e.partner_id and p.start <= $3 and (p.until is null or p.until > $3))
 order by e.partner_id, e.last_listed desc, e.line desc, e.sequence desc;

-- name: list_named(agency, list)
-- A list of the agency with rows on it, and its newest upload, null if it came by events alone.
select e.agency, e.list, (select i.import_id from import i where i.agency = $1 and i.list = $2 and not i.dry_run
                           order by i.created_at desc limit 1) as import_id
  from evidence e where e.agency = $1 and e.list = $2 limit 1;

-- name: lists(agency, day)
-- An agency's lists (or everybody's): partners on them on a day, how many of those are insured, how many are on
-- another list of that agency.
select agency, list, sum(listed) as listed, sum(enrolled) as enrolled, sum(on_other_lists) as on_other_lists
  from list_movement where ($1::text is null or agency = $1) and day <= $2
 group by agency, list having sum(listed) > 0 order by agency, list;

-- name: partners_with(agency, nib, nik_koperasi, nik, names, phone, participant_no, asked)
-- The partners with rows of the agency (null: of anybody) that have all of what is asked for, so many things; what is
-- null is not asked for.
select partner_id from (
    select 'nib' as thing, partner_id from evidence where nib = $2 and ($1::text is null or agency = $1)
    union all
    select 'nik_koperasi', partner_id from evidence where nik_koperasi = $3 and ($1::text is null or agency = $1)
    union all
    select 'nik', partner_id from evidence where nik = $4 and ($1::text is null or agency = $1)
    union all
    select 'name', partner_id from evidence where name = any($5::uuid[]) and ($1::text is null or agency = $1)
    union all
    select 'phone', partner_id from evidence where phone = $6 and ($1::text is null or agency = $1)
    union all
    select 'participant_no', partner_id from participant where participant_no = $7) found
 group by partner_id having count(distinct thing) = $8;

-- name: own_partners(agency, day, after, regions, registered, limit, among)
-- Partners an agency (or anybody) listed, after a cursor, in the order of their ids, if given only among these. For an
-- agency a partner is in the region of its own newest row: where others list it is not shown. Here and where else it is
-- asked of single partners whether they are insured, `limit 1` makes it a look-up: `exists` may be read from all periods.
select p.partner_id, p.region, p.listed_on, p.fact,
       coalesce((select true from period x where x.partner_id = p.partner_id and x.start <= $2
                  and (x.until is null or x.until > $2) limit 1), false) as registered
  from partner p
 where p.partner_id > $3 and p.status = 'active' and ($7::uuid[] is null or p.partner_id = any($7))
   and exists (select from evidence e where e.partner_id = p.partner_id and ($1::text is null or e.agency = $1))
   and ($4::text[] is null or coalesce((
        select e.region from evidence e where e.partner_id = p.partner_id and e.agency = $1
         order by e.last_listed desc, e.line desc, e.list desc, e.sequence desc limit 1), p.region) = any($4))
   and ($5::boolean is null
        or $5 = coalesce((select true from period x where x.partner_id = p.partner_id and x.start <= $2
                             and (x.until is null or x.until > $2) limit 1), false))
 order by p.partner_id limit $6;

-- name: own_partner(agency, partner_id, day)
-- One partner, by its own id or one merged into it, if the agency listed it (or for the administrator), with how many
-- claims were filed for its participants.
select p.partner_id, p.region, p.listed_on, p.fact, p.enrollment_fact,
       coalesce((select true from period x where x.partner_id = p.partner_id and x.start <= $3
                  and (x.until is null or x.until > $3) limit 1), false) as registered,
       (select count(*)::int from participant m join claim c using (participant_no)
         where m.partner_id = p.partner_id) as claims
  from partner asked join partner p on p.partner_id = coalesce(asked.merged_into, asked.partner_id)
 where asked.partner_id = $2 and p.status = 'active' and p.fact is not null
   and ($1::text is null or exists (select from evidence e where e.partner_id = p.partner_id and e.agency = $1));

-- name: known_cooperative(agency, partner_id)
-- The id that answers for this partner, if the agency listed it or a member of it (null: for the administrator).
select p.partner_id
  from partner asked join partner p on p.partner_id = coalesce(asked.merged_into, asked.partner_id)
 where asked.partner_id = $2 and p.status = 'active'
   and ($1::text is null
        or exists (select from evidence e where e.partner_id = p.partner_id and e.agency = $1)
        or exists (select from evidence e where e.cooperative = p.partner_id and e.agency = $1));

-- name: members(cooperative, agency, day, after, registered, limit)
-- The cooperative's members that the agency listed by a day, after a cursor, in the order of their ids: by its own newest
-- row of each that names a cooperative, for the administrator (null) by the partner's last fact.
with listed as (
    select distinct on (e.partner_id) e.partner_id, e.cooperative
      from evidence e
     where e.partner_id in (select partner_id from evidence
                             where cooperative = $1 and ($2::text is null or agency = $2) and first_listed <= $3
                               and partner_id > $4)
       and e.cooperative is not null and ($2::text is null or e.agency = $2)
     order by e.partner_id, e.last_listed desc, e.line desc, e.agency desc, e.list desc, e.sequence desc),
found as (
    select p.partner_id, p.region, p.listed_on, p.fact,
           coalesce((select true from period x where x.partner_id = p.partner_id and x.start <= $3
                      and (x.until is null or x.until > $3) limit 1), false) as registered
      from listed l join partner p using (partner_id)
     where p.status = 'active'
       and case when $2::text is null then convert_from(p.fact, 'UTF8')::jsonb->>'cooperative_id' = $1::uuid::text
                else l.cooperative = $1 end)
select * from found where $5::boolean is null or registered = $5 order by partner_id limit $6;

-- name: count_members(cooperative, agency, day)
-- How many members `members` shows in all, and how many of them are insured on that day.
with listed as (
    select distinct on (e.partner_id) e.partner_id, e.cooperative
      from evidence e
     where e.partner_id in (select partner_id from evidence
                             where cooperative = $1 and ($2::text is null or agency = $2) and first_listed <= $3)
       and e.cooperative is not null and ($2::text is null or e.agency = $2)
     order by e.partner_id, e.last_listed desc, e.line desc, e.agency desc, e.list desc, e.sequence desc)
select count(*)::int as listed,
       count(*) filter (where coalesce((select true from period x where x.partner_id = p.partner_id and x.start <= $3
                                         and (x.until is null or x.until > $3) limit 1), false))::int as registered
  from listed l join partner p using (partner_id)
 where p.status = 'active'
   and case when $2::text is null then convert_from(p.fact, 'UTF8')::jsonb->>'cooperative_id' = $1::uuid::text
            else l.cooperative = $1 end;

-- name: own_rows(partner_ids, agency)
-- What an agency sent of these partners, whole, newest first.
select * from evidence where partner_id = any($1::uuid[]) and ($2::text is null or agency = $2)
 order by partner_id, last_listed desc, line desc, agency desc, list desc, sequence desc;

-- name: quarantine_page(agency, after, import_id, hidden, kind, limit)
-- But for the kinds with these first words; what a dry run would refuse is only in its report.
select q.*, i.header, i.list from quarantine q left join import i on i.import_id = q.import_id
 where q.agency = $1 and q.id > $2 and ($3::uuid is null or q.import_id = $3)
   and (q.type is null or q.code = 'forbidden_type' or split_part(q.type, '.', 1) <> all($4::text[]))
   and ($5::text is null or q.type = $5) and i.dry_run is not true
 order by q.id limit $6;

-- name: quarantine_of_code(agency, after, import_id, hidden, kind, limit, code)
-- The same of one reason: a statement of its own, since its plan is another one.
select q.*, i.header, i.list from quarantine q left join import i on i.import_id = q.import_id
 where q.agency = $1 and q.code = $7 and q.id > $2 and ($3::uuid is null or q.import_id = $3)
   and (q.type is null or q.code = 'forbidden_type' or split_part(q.type, '.', 1) <> all($4::text[]))
   and ($5::text is null or q.type = $5) and i.dry_run is not true
 order by q.id limit $6;

-- name: quarantine_counts(agency, import_id, hidden)
-- How many entries of each reason and kind these are, those of dry runs left out; counted by upload first, in an index.
select code, type, sum(entries)::bigint as count
  from (select q.code, q.type, q.import_id, count(*) as entries from quarantine q
         where q.agency = $1 and ($2::uuid is null or q.import_id = $2)
           and (q.type is null or q.code = 'forbidden_type' or split_part(q.type, '.', 1) <> all($3::text[]))
         group by q.code, q.type, q.import_id) counted
  left join import i using (import_id)
 where i.dry_run is not true group by code, type order by count desc, code, type;

-- name: reported_columns(import_ids)
-- What the columns of these uploads were read as.
select import_id, columns from import where import_id = any($1::uuid[]);

-- name: quarantined(id, agency)
-- One entry of the agency's quarantine, with what its upload declared if it is a row of one.
select q.*, i.kind, i.list, i.list_date, i.require_nik, i.header, i.options, i.reading, i.undo_asked_at
  from quarantine q left join import i on i.import_id = q.import_id
 where q.id = $1 and q.agency = $2 and i.dry_run is not true;

-- name: correct_quarantined(id, agency, before, sealed, nib, nik_koperasi, nik, name, participant_no, event_key)
-- Replaces what an entry holds by its corrected form, if it still holds what was there before; returns its id.
update quarantine set sealed = $4, nib = $5, nik_koperasi = $6, nik = $7, name = $8, participant_no = $9,
       event_key = $10, missed = null, retry_at = null
 where id = $1 and agency = $2 and sealed = $3
returning id;

-- name: set_refusal(id, agency, code, field, detail, missed, now)
-- Why an entry that was sent again is refused now, and what it misses. That it was sent again shows where the reason is
-- another one: else it would show that what it misses exists elsewhere.
update quarantine set retried_at = case when (code, field) is distinct from ($3, $4) then now() else retried_at end,
       code = $3, field = $4, detail = $5, missed = $6, retry_at = null,
       missed_at = $7::timestamptz + interval '1 microsecond'
 where id = $1 and agency = $2;

-- name: drop_quarantined(id, agency)
-- The entry was accepted, or its agency gave it up.
delete from quarantine where id = $1 and agency = $2;

-- name: statements_with(text, encoded)
-- The statements that hold a text, in their key as it is, elsewhere as JSON writes it.
select key, type from statement
 where position($1::text in key) > 0 or position($2::bytea in fields) > 0 or position($2 in fact) > 0 order by key;

-- name: drop_statements(keys)
-- These statements are gone; whoever stated them may state them anew.
delete from statement where key = any($1::text[]);

-- name: drop_versions_with(text, keys)
-- Nothing is kept of who sent these statements, nor of what any statement said before that holds the text.
delete from row_version
 where subject = any($2::text[]) or (subject like '%/%' and state is not null and position($1::text in state::text) > 0);

-- name: unseat_guests(keys)
-- The guests of these briefings wait until their briefing is stated again.
update attendance set statement = null where statement = any($1::text[]);

-- name: drop_outgoing_with(text, encoded)
-- What of the topic `reference` holds the text is not published any more, nor kept aside.
with waiting as (
    delete from outbox where topic = 'reference' and (position($1::text in key) > 0 or position($2::bytea in value) > 0))
delete from outbox_set_aside
 where topic = 'reference' and (position($1 in key) > 0 or position($2 in value) > 0);

-- name: lock_audit()
-- One entry at a time is added, over all instances, until the transaction ends: each holds the hash of the one before.
select pg_advisory_xact_lock(hashtext(current_schema() || '/audit'));

-- name: last_audited()
-- The newest entry of the audit trail.
select number, hash from audit order by number desc limit 1;

-- name: audit_time()
-- When an entry is added, asked under the lock: the times of the entries never go back.
select greatest(clock_timestamp(), (select at from audit order by number desc limit 1));

-- name: add_audit(number, at, actor, key_id, agency, action, subjects, hash)
-- Adds an entry; the table takes no changes.
insert into audit (number, at, actor, key_id, agency, action, subjects, hash)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8);

-- name: audit_trail()
-- All entries, the oldest first.
select * from audit order by number;

-- name: audited(agency, action)
-- The entries of an agency (null: all) and, if given, of one action, the oldest first.
select * from audit where ($1::text is null or agency = $1) and ($2::text is null or action = $2) order by number;

-- name: audit_page(agency, before, action, limit)
-- The newest entries of an agency (null: all) before a number.
select * from audit
 where number < $2 and ($1::text is null or agency = $1) and ($3::text is null or action = $3)
 order by number desc limit $4;

-- name: end_of_changes()
-- The newest number that a change ever had and that is visible; whatever becomes visible later has a higher one, since
-- changes are numbered under the writer's lock.
select greatest((select max(number) from change), (select number from change_horizon));

-- name: changes_after(agency, number, until, limit)
-- An agency's changes after a number and up to another, in their order, each with the agency's refs of the partner: as
-- they are, or as they were where its rows are gone.
select c.number, c.partner_id, c.what, c.since, c.other, c.recorded_at,
       coalesce(c.refs, array(
           select distinct e.ref from evidence e
            where e.partner_id = case c.what when 'merged' then c.other else c.partner_id end
              and e.agency = c.agency and e.ref is not null
            order by e.ref limit 100)) as refs
  from change c where c.agency = $1 and c.number > $2 and c.number <= $3 order by c.number limit $4;

-- name: change_horizon()
-- Up to this number changes are deleted.
select number from change_horizon;

-- name: agencies_of_changes(after, until)
-- Who has changes with these numbers.
select distinct agency from change where number > $1 and number <= $2;

-- name: erase_changes(partner_ids)
-- By which refs an agency knew a partner that it listed is forgotten.
update change set refs = null where partner_id = any($1::uuid[]) and refs is not null;

-- name: advance_idle_webhooks()
-- What has nothing to deliver is delivered up to here: nothing of it is missing when older changes are deleted.
update webhook w set position = n.number
  from (select greatest((select max(number) from change), (select number from change_horizon)) as number) n
 where w.state = 'active' and w.lease is null and w.position < n.number
   and not exists (select from change c where c.agency = w.agency and c.number > w.position);

-- name: expire_changes(days)
-- Deletes the oldest changes that are so many days old, and notes up to where; returns nothing when there is none.
with gone as (
    delete from change where number in (
        select number from (select number, recorded_at from change order by number limit 5000) oldest
         where recorded_at < now() - make_interval(days => $1)) returning number)
update change_horizon set number = greatest(number, (select max(number) from gone))
 where exists (select from gone) returning number;

-- name: lock_webhooks(agency)
-- One webhook of an agency is added at a time, until the transaction ends.
select pg_advisory_xact_lock(hashtext(current_schema() || '/webhooks/' || $1));

-- name: count_webhooks(agency)
-- How many webhooks the agency has.
select count(*) from webhook where agency = $1;

-- name: add_webhook(webhook_id, agency, key_id, events, sealed, position)
-- A webhook of what comes after this number.
insert into webhook (webhook_id, agency, key_id, events, sealed, position) values ($1, $2, $3, $4, $5, $6);

-- name: webhooks(agency)
-- The agency's webhooks, the oldest first, and what waits for each: counted up to a thousand.
select w.*, (select count(*) from (select from change c where c.agency = w.agency and c.number > w.position
                                      and c.what = any(w.events) limit 1000) waiting) as waiting
  from webhook w where w.agency = $1 order by w.created_at, w.webhook_id;

-- name: webhook(webhook_id, agency)
-- One webhook of the agency.
select * from webhook where webhook_id = $1 and agency = $2;

-- name: delete_webhook(webhook_id, agency)
-- The webhook is gone; a delivery under way is not noted any more.
delete from webhook where webhook_id = $1 and agency = $2 returning webhook_id;

-- name: resume_webhook(webhook_id, agency, key_id, position)
-- Goes on, from this number if it is higher than where it was; the answers of a delivery that is under way count no more.
-- From now on it is the webhook of the key that resumed it.
update webhook set state = 'active', reason = null, key_id = $3, attempts = 0, failing_since = null,
       next_attempt_at = now(), lease = null, lease_until = null,
       delivering_to = case when $4 > position then null else delivering_to end, position = greatest(position, $4)
 where webhook_id = $1 and agency = $2 returning webhook_id;

-- name: pause_webhooks_of(agency, key_id)
-- What a key made goes no further once it is revoked.
update webhook set state = 'paused', reason = 'its key was revoked', lease = null, lease_until = null
 where agency = $1 and key_id = $2 and state = 'active' returning webhook_id;

-- name: move_webhooks(agency, key_id, successor)
-- A key's webhooks are those of the key that takes its place.
update webhook set key_id = $3 where agency = $1 and key_id = $2;

-- name: claim_webhook(lease, seconds)
-- A webhook that has something to deliver now, for this instance alone until the lease runs out; those of a killed one
-- are taken over then.
update webhook set lease = $1, lease_until = now() + make_interval(secs => $2)
 where webhook_id = (
    select w.webhook_id from webhook w
     where w.state = 'active' and w.next_attempt_at <= now() and (w.lease_until is null or w.lease_until < now())
       and exists (select from change c where c.agency = w.agency and c.number > w.position)
     order by w.next_attempt_at limit 1 for update skip locked)
returning *;

-- name: begin_delivery(webhook_id, lease, until)
-- The delivery reaches up to this number, however often it is tried; returns nothing if the lease is lost.
update webhook set delivering_to = $3 where webhook_id = $1 and lease = $2 returning webhook_id;

-- name: end_delivery(webhook_id, lease, position, delivered)
-- All up to this number is delivered, or, if nothing was to be, passed over.
update webhook set position = $3, delivering_to = null, attempts = 0, failing_since = null, last_error = null,
       last_delivered_at = case when $4::boolean then now() else last_delivered_at end, next_attempt_at = now(),
       lease = null, lease_until = null
 where webhook_id = $1 and lease = $2;

-- name: fail_delivery(webhook_id, lease, error, seconds, pause_after_days, is_final)
-- The delivery is tried again so many seconds later; what failed for so many days, or for good, is paused.
update webhook set attempts = attempts + 1, failing_since = coalesce(failing_since, now()), last_error = $3,
       next_attempt_at = now() + make_interval(secs => $4), lease = null, lease_until = null,
       state = case when $6 or failing_since < now() - make_interval(days => $5) then 'paused' else state end,
       reason = case when $6 or failing_since < now() - make_interval(days => $5) then $3 else reason end
 where webhook_id = $1 and lease = $2;

-- name: usable_key(key_id)
-- Whose key this is, if it opens anything now.
select agency from keys where key_id = $1 and not revoked and (expires_at is null or expires_at > now());

-- name: end_session(hash)
-- Ends a session that goes on; nothing is returned for one that does not.
update sessions set ended = true, recorded_at = greatest(recorded_at, clock_timestamp())
 where hash = $1 and not ended returning key_id, recorded_at, expires_at;

-- name: expire_sessions()
-- Sessions that are over for a day, a thousand at most, and links as old: long enough that no service still has to
-- learn of an end.
with links as (delete from sign_in_link where expires_at < now() - interval '1 day')
delete from sessions where hash in (
    select hash from sessions where expires_at < now() - interval '1 day' order by expires_at limit 1000)
returning hash;

-- name: add_sign_in_link(hash, key_id, expires_at)
-- Adds a link that nobody used yet.
insert into sign_in_link (hash, key_id, expires_at) values ($1, $2, $3);

-- name: take_sign_in_link(hash)
-- The link is used, by one caller alone; nothing is returned for one that was used, is too old, or never was.
update sign_in_link set used_at = clock_timestamp()
 where hash = $1 and used_at is null and expires_at > now() returning key_id;

-- name: last_facts()
-- The last published facts of every partner, to publish those again that the log lacks.
select partner_id, version, fact, enrollment_version, enrollment_fact from partner order by partner_id;

-- name: contact_versions()
-- The partners with a published contact, and its version.
select partner_id, contact_version from partner where contact_digest is not null;

-- name: last_claims()
-- The last published facts of all claims.
select claim_id, version, fact from claim where fact is not null order by claim_id;

-- name: last_statements()
-- The last published facts of all statements.
select key, type, fact from statement where fact is not null order by key;

-- name: all_keys()
-- Every key as it is published.
select key_id, hash, recorded_at, agency, scopes, regions, revoked, expires_at, requests_per_minute from keys;

-- name: derive_contacts_again(partner_ids)
-- Their contacts are published anew when the service next starts, as new versions.
with again as (update partner set contact_digest = null where partner_id = any($1::uuid[]) returning partner_id)
insert into partner_to_derive select partner_id from again on conflict do nothing;

-- name: fact_versions()
-- Every partner's newest published versions.
select partner_id, version, enrollment_version, contact_version from partner;

-- name: claim_versions()
-- Every claim's newest published version.
select claim_id, version from claim;

-- name: take_back_partner(partner_id, first_recorded, status, merged_into, region, listed_on, version, fact, enrollment_version, enrollment_fact, contact_version)
-- Keeps a partner as the log has it; of one that is known, the newer versions with their facts alone.
insert into partner as p (partner_id, first_recorded, status, merged_into, region, listed_on, version, fact,
                          enrollment_version, enrollment_fact, contact_version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (partner_id) do update set
    version = greatest(p.version, excluded.version),
    fact = case when excluded.version > p.version then excluded.fact else p.fact end,
    enrollment_version = greatest(p.enrollment_version, excluded.enrollment_version),
    enrollment_fact = case when excluded.enrollment_version > p.enrollment_version
                           then excluded.enrollment_fact else p.enrollment_fact end,
    contact_version = greatest(p.contact_version, excluded.contact_version),
    contact_digest = case when excluded.contact_version > p.contact_version then null else p.contact_digest end;

-- name: take_back_claim(claim_id, version, fact)
-- The newer version of a claim, with its fact.
update claim set version = $2, fact = $3 where claim_id = $1 and version < $2;

-- name: take_back_key(key_id, hash, agency, scopes, regions, revoked, recorded_at, expires_at)
-- A key that only the log knows, if its agency is known; of one that is known, that it was revoked.
insert into keys (key_id, hash, agency, scopes, regions, revoked, recorded_at, expires_at)
select $1::text, $2::text, $3::text, $4::text[], $5::text[], $6::boolean, $7::timestamptz, $8::timestamptz
 where exists (select from agency where slug = $3)
on conflict (key_id) do update set revoked = true where excluded.revoked and not keys.revoked;

-- name: is_sealed_anew(key_id)
-- Whether nothing is sealed under a former key any more.
select exists (select from sealed_anew where key_id = $1);

-- name: note_sealed_anew(key_id)
-- All that is sealed is sealed under this key from now on; noting it again changes nothing.
insert into sealed_anew (key_id) select $1::text where not exists (select from sealed_anew where key_id = $1);

-- name: next_sealed_evidence(size, after)
-- The next rows by their keys, with what is sealed of each.
select key, sealed from evidence where key > $2 order by key limit $1;

-- name: reseal_evidence(keys, former, sealed)
-- Replaces what nobody changed and nobody holds meanwhile, so that nobody waits; the rest comes with the next round.
with free as (
    select e.key, n.sealed from evidence e join unnest($1::uuid[], $2::bytea[], $3::bytea[]) n (key, former, sealed)
        on n.key = e.key and n.former = e.sealed
       for update of e skip locked)
update evidence e set sealed = f.sealed from free f where f.key = e.key;

-- name: next_sealed_versions(size, after)
-- The next kept states of rows, with what is sealed of each.
select version, (state->>'sealed')::bytea from row_version
 where version > $2 and state is not null order by version limit $1;

-- name: reseal_versions(versions, former, sealed)
-- As `reseal_evidence`, of the kept states of rows.
with free as (
    select v.version, n.sealed
      from row_version v join unnest($1::bigint[], $2::bytea[], $3::bytea[]) n (version, former, sealed)
        on n.version = v.version and n.former = (v.state->>'sealed')::bytea
       for update of v skip locked)
update row_version v set state = jsonb_set(v.state, '{sealed}', to_jsonb(f.sealed)) from free f
 where f.version = v.version;

-- name: next_sealed_refusals(size, after)
-- The next refused rows and events, with what is sealed of each.
select id, sealed from quarantine where id > $2 order by id limit $1;

-- name: reseal_refusals(ids, former, sealed)
-- As `reseal_evidence`, of refused rows and events.
with free as (
    select q.id, n.sealed from quarantine q join unnest($1::uuid[], $2::bytea[], $3::bytea[]) n (id, former, sealed)
        on n.id = q.id and n.former = q.sealed
       for update of q skip locked)
update quarantine q set sealed = f.sealed from free f where f.id = q.id;

-- name: next_sealed_previews(size, after)
-- The next uploads with a preview.
select import_id, preview from import where import_id > $2 and preview is not null order by import_id limit $1;

-- name: reseal_previews(import_ids, former, sealed)
-- As `reseal_evidence`, of uploads' previews.
with free as (
    select i.import_id, n.sealed
      from import i join unnest($1::uuid[], $2::bytea[], $3::bytea[]) n (import_id, former, sealed)
        on n.import_id = i.import_id and n.former = i.preview
       for update of i skip locked)
update import i set preview = f.sealed from free f where f.import_id = i.import_id;

-- name: next_sealed_file_parts(size, after, part)
-- The next parts of files that are not worked off yet.
select file_id, part, sealed from import_file where (file_id, part) > ($2::uuid, $3::int)
 order by file_id, part limit $1;

-- name: reseal_file_parts(file_ids, parts, former, sealed)
-- As `reseal_evidence`, of parts of files.
with free as (
    select i.file_id, i.part, n.sealed
      from import_file i
      join unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[]) n (file_id, part, former, sealed)
        on n.file_id = i.file_id and n.part = i.part and n.former = i.sealed
       for update of i skip locked)
update import_file i set sealed = f.sealed from free f where f.file_id = i.file_id and f.part = i.part;

-- name: next_sealed_webhooks(size, after)
-- The next webhooks, with what is sealed of each.
select webhook_id, sealed from webhook where webhook_id > $2 order by webhook_id limit $1;

-- name: reseal_webhooks(webhook_ids, former, sealed)
-- As `reseal_evidence`, of webhooks.
with free as (
    select w.webhook_id, n.sealed
      from webhook w join unnest($1::uuid[], $2::bytea[], $3::bytea[]) n (webhook_id, former, sealed)
        on n.webhook_id = w.webhook_id and n.former = w.sealed
       for update of w skip locked)
update webhook w set sealed = f.sealed from free f where f.webhook_id = w.webhook_id;

-- name: last_backup()
-- When everything was last saved, in seconds since 1970; null: never.
select extract(epoch from max(taken_at))::float8 from backups;
