-- name: lock_writer()
-- One writer at a time, over all instances, until its transaction ends: facts are numbered in the order they commit.
select pg_advisory_xact_lock(hashtext(current_schema() || '/writer'));

-- name: plan_by_index()
-- The writer's statements are look-ups by key; statistics of a table just filled must not turn them into scans.
select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('jit', 'off', true);

-- name: tick()
-- The acceptance clock never goes back, whichever instance asks.
update clock set last = greatest(last, clock_timestamp()) returning last;

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
                                      else pg_get_expr(d.adbin, d.adrelid) end), ' ') as defaults
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

-- name: evidence_by_key(keys)
-- The rows with these keys, whole.
select * from evidence where key = any($1::uuid[]);

-- name: evidence_of_partners(partner_ids)
-- All rows of these partners, whole.
select * from evidence where partner_id = any($1::uuid[]);

-- name: evidence_sharing(nibs, nik_koperasis, niks, names, partner_ids)
-- Every row that shares a NIB, NIK Koperasi, NIK, name or partner with those asked for, once.
select * from evidence where key in (
    select key from evidence where nib = any($1::bigint[])
    union select key from evidence where nik_koperasi = any($2::text[])
    union select key from evidence where nik = any($3::uuid[])
    union select key from evidence where name = any($4::uuid[])
    union select key from evidence where partner_id = any($5::uuid[]));

-- name: clashing_names(names)
-- The names whose rows hold two NIKs or two NIBs: lowest and highest of each are one index look-up, however many rows.
select k.name from unnest($1::uuid[]) k (name)
 where (select e.nik from evidence e where e.name = k.name and e.nik is not null order by e.nik limit 1)
    <> (select e.nik from evidence e where e.name = k.name and e.nik is not null order by e.nik desc limit 1)
    or (select e.nib from evidence e where e.name = k.name and e.nib is not null order by e.nib limit 1)
    <> (select e.nib from evidence e where e.name = k.name and e.nib is not null order by e.nib desc limit 1);

-- name: remove_evidence(keys)
-- These rows are evidence no more.
delete from evidence where key = any($1::uuid[]);

-- name: move_evidence(keys, partner_ids)
-- Each of these rows belongs to the partner beside it from now on.
update evidence e set partner_id = m.partner_id
  from unnest($1::uuid[], $2::uuid[]) m (key, partner_id) where e.key = m.key;

-- name: move_partner(losers, survivors)
-- All rows of a merged partner go to its survivor.
update evidence e set partner_id = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where e.partner_id = m.loser;

-- name: move_cooperatives(losers, survivors)
-- Members of a merged cooperative are members of its survivor; returns them.
update evidence e set cooperative = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where e.cooperative = m.loser
returning e.partner_id;

-- name: keep_former(partner_id, nib, nik_koperasi, nik, name)
-- Each thing that identified a partner is kept once.
insert into former (partner_id, nib, nik_koperasi, nik, name)
select distinct n.partner_id, n.nib, n.nik_koperasi, n.nik, n.name
  from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[]) n (partner_id, nib, nik_koperasi, nik, name)
 where not exists (select from former f
                    where f.partner_id = n.partner_id
                      and (f.nib, f.nik_koperasi, f.nik, f.name)
                          is not distinct from (n.nib, n.nik_koperasi, n.nik, n.name));

-- name: former_sharing(nibs, nik_koperasis, niks, names)
-- All that identified the partners which have no row now and once held one of these NIBs, NIK Koperasi, NIKs or names.
select f.partner_id as partner, f.nib, f.nik_koperasi, f.nik, f.name
  from former f
 where f.partner_id in (
    select partner_id from former where nib = any($1::bigint[])
    union select partner_id from former where nik_koperasi = any($2::text[])
    union select partner_id from former where nik = any($3::uuid[])
    union select partner_id from former where name = any($4::uuid[]))
   and not exists (select from evidence e where e.partner_id = f.partner_id);

-- name: former_of(partner_ids)
-- What identified these partners in rows that were removed.
select partner_id as partner, nib, nik_koperasi, nik, name from former where partner_id = any($1::uuid[]);

-- name: move_former(losers, survivors)
-- What identified a merged partner identifies its survivor.
update former f set partner_id = m.survivor
  from unnest($1::uuid[], $2::uuid[]) m (loser, survivor) where f.partner_id = m.loser;

-- name: erase_former(partner_ids)
-- No later row gives these partners their ids back.
delete from former where partner_id = any($1::uuid[]);

-- name: partner_states(partner_ids)
-- The partners with their last published facts, in the order of PartnerState.
select partner_id, first_recorded, status, merged_into, formed_by, region, listed_on, version, fact,
       enrollment_version, enrollment_fact, contact_version, contact_digest
  from partner where partner_id = any($1::uuid[]);

-- name: update_partner_states(partner_id, first_recorded, status, merged_into, formed_by, region, listed_on, version, fact, enrollment_version, enrollment_fact, contact_version, contact_digest)
-- Each partner gets this state; first_recorded never changes.
update partner p set status = n.status, merged_into = n.merged_into, formed_by = n.formed_by, region = n.region,
       listed_on = n.listed_on, version = n.version, fact = n.fact, enrollment_version = n.enrollment_version,
       enrollment_fact = n.enrollment_fact, contact_version = n.contact_version, contact_digest = n.contact_digest
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::date[], $8::int[],
              $9::bytea[], $10::int[], $11::bytea[], $12::int[], $13::uuid[])
       n (partner_id, first_recorded, status, merged_into, formed_by, region, listed_on, version, fact,
          enrollment_version, enrollment_fact, contact_version, contact_digest)
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

-- name: holders(nibs, nik_koperasis, niks, names)
-- The partners that hold these NIBs, NIKs, names; of a name at most two, since two already join nobody.
select 'nib' as kind, e.nib as nib, null as nik_koperasi, null::uuid as hash, e.partner_id
  from evidence e where e.nib = any($1::bigint[]) group by e.nib, e.partner_id
union all
select 'nik_koperasi', null, e.nik_koperasi, null, e.partner_id
  from evidence e where e.nik_koperasi = any($2::text[]) group by e.nik_koperasi, e.partner_id
union all
select 'nik', null, null, e.nik, e.partner_id
  from evidence e where e.nik = any($3::uuid[]) group by e.nik, e.partner_id
union all
select 'name', null, null, k.name, p.partner_id
  from unnest($4::uuid[]) k (name)
 cross join lateral (select distinct e.partner_id from evidence e where e.name = k.name limit 2) p;

-- name: identifiers(partner_ids)
-- Every NIB and NIK of these partners.
select partner_id, array_agg(distinct nib) filter (where nib is not null) as nibs,
       array_agg(distinct nik) filter (where nik is not null) as niks
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

-- name: any_participant()
-- Whether there is any participant at all; without one nothing has to be looked up again.
select exists (select from participant);

-- name: save_participants(participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name, anchor_row, anchor_partner, history)
-- Adds the participants, or replaces all of them but their number.
merge into participant p
using unnest($1::text[], $2::uuid[], $3::uuid[], $4::bool[], $5::text[], $6::bigint[], $7::text[], $8::uuid[],
             $9::uuid[], $10::uuid[], $11::uuid[], $12::bytea[])
      n (participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name, anchor_row, anchor_partner,
         history)
   on p.participant_no = n.participant_no
 when matched then update set partner_id = n.partner_id, own_id = n.own_id, found = n.found, region = n.region,
      nib = n.nib, nik_koperasi = n.nik_koperasi, nik = n.nik, name = n.name, anchor_row = n.anchor_row,
      anchor_partner = n.anchor_partner, history = n.history
 when not matched then insert (participant_no, partner_id, own_id, found, region, nib, nik_koperasi, nik, name,
      anchor_row, anchor_partner, history)
      values (n.participant_no, n.partner_id, n.own_id, n.found, n.region, n.nib, n.nik_koperasi, n.nik, n.name,
      n.anchor_row, n.anchor_partner, n.history);

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

-- name: briefing_of_day(agencies, days)
-- The briefing an agency held on a day and where, the first by key if there were several.
select distinct on (k.agency, k.held_on) k.agency, k.held_on, s.key, split_part(s.key, '/', 2) as region
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

-- name: any_attendance()
-- Whether there is any guest at all; without one nothing has to be looked up again.
select exists (select from attendance);

-- name: save_attendance(key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row, anchor_partner)
-- Adds the guests; one that is kept already gets this partner and briefing.
merge into attendance a
using unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::uuid[], $6::bigint[], $7::text[], $8::uuid[],
             $9::uuid[], $10::uuid[], $11::uuid[])
      n (key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row, anchor_partner)
   on a.key = n.key
 when matched then update set partner_id = n.partner_id, statement = n.statement
 when not matched then insert (key, agency, held_on, statement, partner_id, nib, nik_koperasi, nik, name, anchor_row,
      anchor_partner)
      values (n.key, n.agency, n.held_on, n.statement, n.partner_id, n.nib, n.nik_koperasi, n.nik, n.name,
      n.anchor_row, n.anchor_partner);

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

-- name: erase_participants(participant_nos)
-- These participants are gone, with their versions.
delete from participant where participant_no = any($1::text[]);

-- name: erase_claimants(participant_nos)
-- The claims still count where they happened; whose they were is erased.
update claim set participant_no = null where participant_no = any($1::text[]);

-- name: erase_guests(partner_ids)
-- The guests of these partners still count as present, but no longer as anybody.
update attendance set partner_id = null, nib = null, nik_koperasi = null, nik = null, name = null, anchor_row = null,
       anchor_partner = null
 where partner_id = any($1::uuid[]);

-- name: own_sources(sources, agency)
-- Takes the sources nobody has for the agency; returns who has each.
with taken as (
    insert into source (source, agency) select s, $2 from unnest($1::text[]) s on conflict do nothing
    returning source, agency)
select source, agency from taken union all select source, agency from source where source = any($1::text[]);

-- name: events(keys)
-- Which of these events were accepted already, with their content and partner.
select key, content, partner_id from event where key = any($1::uuid[]);

-- name: leave_quarantine(event_keys)
-- These events were accepted: what was refused of them before is gone.
delete from quarantine where event_key = any($1::uuid[]);

-- name: enter_quarantine(id, agency, event_key, type, code, field, detail, nib, nik_koperasi, nik, name, participant_no, sealed, recorded_at)
-- Keeps refused events; the same event refused again replaces what is kept of it.
insert into quarantine (id, agency, event_key, type, code, field, detail, nib, nik_koperasi, nik, name, participant_no,
                        sealed, recorded_at)
select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                     $9::text[], $10::uuid[], $11::uuid[], $12::text[], $13::bytea[], $14::timestamptz[])
on conflict (event_key) do update set type = excluded.type, code = excluded.code, field = excluded.field,
   detail = excluded.detail, nib = excluded.nib, nik_koperasi = excluded.nik_koperasi, nik = excluded.nik,
   name = excluded.name, participant_no = excluded.participant_no, sealed = excluded.sealed,
   recorded_at = excluded.recorded_at;

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

-- name: answer_request(agency, idempotency_key, status, answer)
-- The answer that the same Idempotency-Key gets from now on.
update request set status = $3, answer = $4 where agency = $1 and idempotency_key = $2;

-- name: drop_request(agency, idempotency_key)
-- The Idempotency-Key may be used again; not if its request was answered.
delete from request where agency = $1 and idempotency_key = $2 and answer is null;

-- name: add_agency(slug, name, regions, scopes)
-- Adds an agency; fails if there is one with this slug.
insert into agency (slug, name, regions, scopes) values ($1, $2, $3, $4);

-- name: agencies()
-- All agencies in the order of their slugs.
select slug, name, regions, scopes from agency order by slug;

-- name: agency(slug)
-- What an agency may do, kept as it is until the transaction ends.
select regions, scopes from agency where slug = $1 for share;

-- name: keys()
-- The keys of all agencies, the oldest first.
select key_id, agency, scopes, revoked, recorded_at from keys where agency is not null order by recorded_at, key_id;

-- name: add_key(key_id, hash, agency, scopes, regions, recorded_at)
-- Adds a key by its hash.
insert into keys (key_id, hash, agency, scopes, regions, recorded_at) values ($1, $2, $3, $4, $5, $6);

-- name: revoke_key(agency, key_id)
-- Nothing is returned for a key that the agency has not, or not any more.
update keys set revoked = true, recorded_at = greatest(recorded_at, clock_timestamp())
 where agency = $1 and key_id = $2 and not revoked returning hash, scopes, regions, recorded_at;

-- name: set_kafka_key(agency, key_id)
-- The agency's access to Kafka is revoked with this key from now on, not with an earlier one.
update agency set kafka_key = $2 where slug = $1;

-- name: holds_kafka_access(agency, key_id)
-- Whether the agency's access to Kafka was issued with this key; the agency stays as it is until the transaction ends.
select kafka_key = $2 from agency where slug = $1 for update;

-- name: add_import(import_id, agency, kind, list, list_date, require_nik, dry_run, options)
-- Adds an upload, which waits to be worked off.
insert into import (import_id, agency, kind, list, list_date, require_nik, dry_run, options)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: add_import_file(import_id, part, sealed)
-- Keeps a part of the upload's file, sealed, until the file is worked off.
insert into import_file (import_id, part, sealed) values ($1, $2, $3);

-- name: import_file(import_id, part)
-- One part of the upload's file, sealed; nothing behind the last one, and none once it was worked off.
select sealed from import_file where import_id = $1 and part = $2;

-- name: drop_import_file(import_id)
-- The upload's file is no longer needed.
delete from import_file where import_id = $1;

-- name: claim_import()
-- The oldest upload that waits, or whose worker's lease ran out; a killed worker's is taken over where it was.
update import i set state = 'running', attempts = attempts + 1, lease_until = now() + interval '15 seconds'
  from agency a
 where a.slug = i.agency and i.import_id = (
    select import_id from import
     where state in ('queued', 'running') and (lease_until is null or lease_until < now())
     order by created_at, import_id limit 1 for update skip locked)
returning i.*, a.regions;

-- name: begin_import(import_id, header, rows, skipped, skipped_by, columns, reading)
-- The upload was read: its header, how many rows it has, what else was found. Changes nothing once it was cancelled.
update import set header = $2, rows = $3, skipped = $4, skipped_by = $5, columns = $6, reading = $7,
       lease_until = now() + interval '15 seconds'
 where import_id = $1 and state = 'running';

-- name: renew_lease(import_id)
-- The upload's worker goes on working on it.
update import set lease_until = now() + interval '15 seconds' where import_id = $1 and state = 'running';

-- name: restart_dry_run(import_id)
-- A dry run that was interrupted begins anew: what it found so far is dropped with the effects it had.
with dropped as (delete from quarantine where import_id = $1)
update import set next_position = 0, accepted = 0, created = 0, unchanged = 0, replaced = 0, rejected = 0,
       rejected_by = '{}', warnings = '{}'
 where import_id = $1 and state = 'running' and next_position > 0;

-- name: import_due(import_id)
-- The import's next position, while it runs.
select next_position from import where import_id = $1 and state = 'running' for update;

-- name: advance_import(import_id, next_position, accepted, created, unchanged, rejected, rejected_by, warnings, replaced)
-- Adds a chunk's counts and moves the upload's place behind the chunk, in the chunk's transaction.
update import set next_position = $2, attempts = 0, accepted = accepted + $3, created = created + $4, unchanged = unchanged + $5,
       rejected = rejected + $6, rejected_by = add_counts(rejected_by, $7::jsonb),
       warnings = add_counts(warnings, $8::jsonb), replaced = replaced + $9, lease_until = now() + interval '15 seconds'
 where import_id = $1;

-- name: finish_import(import_id)
-- The upload is done: all that was accepted is durable.
update import set state = 'done', finished_at = clock_timestamp(), lease_until = null where import_id = $1;

-- name: fail_import(import_id, detail)
-- The upload cannot go on; what was accepted so far stays accepted.
update import set state = 'failed', detail = $2, finished_at = clock_timestamp(), lease_until = null
 where import_id = $1 and state in ('queued', 'running');

-- name: cancel_import(import_id, agency)
-- What was accepted so far stays accepted.
update import set state = 'cancelled', finished_at = clock_timestamp(), lease_until = null
 where import_id = $1 and agency = $2 and state in ('queued', 'running') returning import_id;

-- name: import(import_id, agency)
-- The agency's upload, or anybody's for the administrator (null).
select * from import where import_id = $1 and ($2::text is null or agency = $2);

-- name: imports(agency)
-- The newest 100 uploads of the agency, or of all for the administrator (null).
select * from import where ($1::text is null or agency = $1) order by created_at desc limit 100;

-- name: refused_rows(import_id)
-- The refused rows of an upload in the order of its lines, sealed.
select id, line, code, field, detail, sealed from quarantine where import_id = $1 order by line, id;

-- name: unregistered(agency, list, day)
-- The newest row of each partner of a list that is not insured on a day.
select distinct on (e.partner_id) e.partner_id, e.ref, e.nib, e.nik_koperasi, e.region, e.kind, e.scale, e.total, e.line,
       e.sealed
  from evidence e
 where e.agency = $1 and e.list = $2 and e.first_listed <= $3
   and not exists (select from period p
                    where p.partner_id = e.partner_id and p.start <= $3 and (p.until is null or p.until > $3))
 order by e.partner_id, e.last_listed desc, e.line desc;

-- name: lists(agency, day)
-- An agency's lists (or everybody's): partners on them on a day, how many of those are insured, how many are on
-- another list of that agency.
with listed as (
    select distinct e.agency, e.list, e.partner_id
      from evidence e where ($1::text is null or e.agency = $1) and e.first_listed <= $2),
insured as (
    select distinct s.partner_id from listed s join period p on p.partner_id = s.partner_id
     where p.start <= $2 and (p.until is null or p.until > $2)),
several as (select agency, partner_id from listed group by agency, partner_id having count(*) > 1)
select s.agency, s.list, count(*) as listed, count(i.partner_id) as enrolled, count(m.partner_id) as on_other_lists
  from listed s left join insured i using (partner_id) left join several m using (agency, partner_id)
 group by s.agency, s.list order by s.agency, s.list;

-- name: own_partners(agency, day, after, regions, registered, limit)
-- Partners an agency (or anybody) listed, after a cursor, in the order of their ids.
select p.partner_id, p.region, p.listed_on, p.fact,
       exists (select from period x where x.partner_id = p.partner_id and x.start <= $2
                  and (x.until is null or x.until > $2)) as registered
  from partner p
 where p.partner_id > $3 and p.status = 'active'
   and exists (select from evidence e where e.partner_id = p.partner_id and ($1::text is null or e.agency = $1))
   and ($4::text[] is null or p.region = any($4))
   and ($5::boolean is null or $5 = exists (select from period x where x.partner_id = p.partner_id and x.start <= $2
                                              and (x.until is null or x.until > $2)))
 order by p.partner_id limit $6;

-- name: own_partner(agency, partner_id, day)
-- One partner, by its own id or one merged into it, if the agency listed it (or for the administrator).
select p.partner_id, p.region, p.listed_on, p.fact,
       exists (select from period x where x.partner_id = p.partner_id and x.start <= $3
                  and (x.until is null or x.until > $3)) as registered
  from partner asked join partner p on p.partner_id = coalesce(asked.merged_into, asked.partner_id)
 where asked.partner_id = $2 and p.status = 'active' and p.fact is not null
   and ($1::text is null or exists (select from evidence e where e.partner_id = p.partner_id and e.agency = $1));

-- name: own_rows(partner_ids, agency)
-- What an agency sent of these partners, newest first.
select partner_id, key, list, ref, nib, nik_koperasi, first_listed, last_listed, sealed
  from evidence where partner_id = any($1::uuid[]) and ($2::text is null or agency = $2)
 order by partner_id, last_listed desc, line desc;

-- name: quarantine_page(agency, after, import_id, limit)
-- What a dry run would refuse is only in its report.
select * from quarantine q where agency = $1 and id > $2 and ($3::uuid is null or import_id = $3)
   and not exists (select from import i where i.import_id = q.import_id and i.dry_run)
 order by id limit $4;

-- name: quarantined(id, agency)
-- One entry of the agency's quarantine, with what its upload declared if it is a row of one.
select q.*, i.kind, i.list, i.list_date, i.require_nik, i.header, i.options, i.reading
  from quarantine q left join import i on i.import_id = q.import_id
 where q.id = $1 and q.agency = $2 and i.dry_run is not true;

-- name: correct_quarantined(id, agency, sealed, nib, nik_koperasi, nik, name, participant_no, event_key)
-- Replaces what an entry holds by its corrected form.
update quarantine set sealed = $3, nib = $4, nik_koperasi = $5, nik = $6, name = $7, participant_no = $8, event_key = $9
 where id = $1 and agency = $2;

-- name: set_refusal(id, agency, code, field, detail)
-- Why a corrected entry is refused now.
update quarantine set code = $3, field = $4, detail = $5 where id = $1 and agency = $2;

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

-- name: unseat_guests(keys)
-- The guests of these briefings wait until their briefing is stated again.
update attendance set statement = null where statement = any($1::text[]);

-- name: drop_outgoing_with(text, encoded)
-- What of the topic `reference` holds the text is not published any more, nor kept aside.
with waiting as (
    delete from outbox where topic = 'reference' and (position($1::text in key) > 0 or position($2::bytea in value) > 0))
delete from outbox_set_aside
 where topic = 'reference' and (position($1 in key) > 0 or position($2 in value) > 0);
