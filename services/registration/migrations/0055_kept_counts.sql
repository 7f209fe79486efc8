-- What is counted over very many rows is kept as it changes, so that asking for it costs the same however many there are.

-- On which day so many more partners are on a list, of these are insured, and are on another list of its agency as well.
-- The writer adds what a partner's facts change (`records/list_movements.py`).
create table list_movement (
    agency text not null,
    list text not null,
    day date not null,
    listed int not null,
    enrolled int not null,
    on_other_lists int not null,
    primary key (agency, list, day)
);

-- All of it from the partners' facts: of those from before, and where facts came from elsewhere.
create function recount_lists() returns void language sql set search_path from current as $$
    delete from list_movement;
    insert into list_movement
    with listing as (
        select p.partner_id, p.enrollment_fact, l->>'agency' as agency, l->>'list' as list,
               (l->>'listed_on')::date as since
          from partner p cross join lateral jsonb_array_elements(convert_from(p.fact, 'UTF8')::jsonb->'lists') l
         where p.listed_on is not null),
    movement as (
        select agency, list, since as day, 1 as listed, 0 as enrolled, 0 as on_other_lists from listing
        union all
        select agency, list, d.day, 0, d.enrolled, 0
          from listing
         cross join lateral jsonb_array_elements(convert_from(enrollment_fact, 'UTF8')::jsonb->'periods') p
         cross join lateral (values (greatest((p->>'from')::date, since), 1), ((p->>'until')::date, -1)) d (day, enrolled)
         where enrollment_fact is not null and coalesce((p->>'until')::date > since, true) and d.day is not null
        union all
        select agency, list, greatest(since, case when place = 1 then second end), 0, 0, 1
          from (select agency, list, since, row_number() over w as place,
                       lead(since) over w as second, count(*) over (partition by partner_id, agency) as lists
                  from listing window w as (partition by partner_id, agency order by since, list)) several
         where lists > 1)
    select agency, list, day, sum(listed), sum(enrolled), sum(on_other_lists) from movement group by agency, list, day
    having (sum(listed), sum(enrolled), sum(on_other_lists)) <> (0, 0, 0)
$$;
select recount_lists();

-- Participants that no list names, and of these whose name several partners bear: kept by triggers. A dry run's are not.
alter table participant add column ambiguous boolean not null default false;
update participant set ambiguous = true where participant_no in (
    select participant_no from (
        select u.participant_no,
               (u.nib is not null and count(e.nib) > 0 and not bool_or(e.nib is not distinct from u.nib))
               or (u.nik is not null and count(e.nik) > 0 and not bool_or(e.nik is not distinct from u.nik)) as is_vetoed
          from participant u join evidence n on n.name = u.name join evidence e on e.partner_id = n.partner_id
         where not u.found
         group by u.participant_no, u.nib, u.nik, e.partner_id) bearing
     group by participant_no having count(*) > 1 and not bool_and(is_vetoed));

create table unlisted_participants (
    only_row boolean primary key default true check (only_row),
    participants bigint not null,
    ambiguous bigint not null
);
insert into unlisted_participants (participants, ambiguous)
select count(*), count(*) filter (where ambiguous) from participant where not found;

create function count_unlisted(more bigint, more_ambiguous bigint) returns void language sql as $$
    update unlisted_participants set participants = participants + more, ambiguous = ambiguous + more_ambiguous
     where (more, more_ambiguous) <> (0, 0)
$$;
create function count_unlisted_written() returns trigger
    language plpgsql set search_path from current as $$
begin
    if tg_op <> 'INSERT' then
        perform count_unlisted(-count(*), -count(*) filter (where b.ambiguous)) from before b where not b.found;
    end if;
    if tg_op <> 'DELETE' then
        perform count_unlisted(count(*), count(*) filter (where n.ambiguous)) from now_here n where not n.found;
    end if;
    return null;
end $$;
create trigger unlisted_added after insert on participant referencing new table as now_here
    for each statement execute function count_unlisted_written();
create trigger unlisted_removed after delete on participant referencing old table as before
    for each statement execute function count_unlisted_written();
create trigger unlisted_changed after update on participant referencing old table as before new table as now_here
    for each statement execute function count_unlisted_written();

-- The few partners that several participants belong to.
create table partner_with_several (
    partner_id uuid primary key
);
insert into partner_with_several
select partner_id from participant group by partner_id having count(*) > 1 and bool_or(found);

-- How each guest stands: whether its agency lists it, and whether anybody does, whether it was insured on the day, and since
-- when it first is. Set where it gets its partner, and by the writer where its partner changes.
alter table attendance add column own boolean not null default false, add column listed boolean not null default false,
    add column insured boolean not null default false, add column first_start date;

create function standing_of_guest(partner uuid, by_agency text, on_day date)
    returns table (own boolean, listed boolean, insured boolean, first_start date) language sql stable as $$
    select coalesce((select true from evidence e where e.partner_id = partner and e.agency = by_agency limit 1), false),
           coalesce((select true from evidence e where e.partner_id = partner limit 1), false),
           coalesce(bool_or(p.start <= on_day and (p.until is null or p.until > on_day)), false), min(p.start)
      from period p where p.partner_id = partner
$$;
update attendance a set own = s.own, listed = s.listed, insured = s.insured, first_start = s.first_start
  from attendance g cross join lateral standing_of_guest(g.partner_id, g.agency, g.held_on) s
 where a.key = g.key and g.partner_id is not null;

create function stand_guest() returns trigger
    language plpgsql set search_path from current as $$
begin
    select s.own, s.listed, s.insured, s.first_start into new.own, new.listed, new.insured, new.first_start
      from standing_of_guest(new.partner_id, new.agency, new.held_on) s;
    return new;
end $$;
create trigger guest_stands before insert or update of partner_id on attendance
    for each row execute function stand_guest();

-- How many came to a briefing, and of these first registered on a day within 90 days after it: of its agency's own, of
-- those on any list. What does not depend on the day that is asked for is kept at the briefing's.
create table briefing_movement (
    statement text not null,
    day date not null,
    recorded int not null,
    own int not null,
    listed int not null,
    own_insured int not null,
    listed_insured int not null,
    own_registered int not null,
    listed_registered int not null,
    primary key (statement, day)
);

create function add_guests(statements text[], days date[], are_own bool[], are_listed bool[], were_insured bool[],
                           first_starts date[], how_often int[]) returns void
    language sql as $$
    insert into briefing_movement as held
    select g.statement, m.day, sum(m.recorded * times), sum(m.recorded * own::int * times),
           sum(m.recorded * listed::int * times), sum(m.recorded * (own and insured)::int * times),
           sum(m.recorded * (listed and insured)::int * times), sum(m.registered * own::int * times),
           sum(m.registered * listed::int * times)
      from unnest(statements, days, are_own, are_listed, were_insured, first_starts, how_often)
           g (statement, held_on, own, listed, insured, first_start, times)
     cross join lateral (
        select held_on as day, 1 as recorded, 0 as registered
        union all
        select first_start, 0, 1
         where listed and not insured and first_start > held_on and first_start <= held_on + 90) m
     where g.statement is not null
     group by g.statement, m.day
     order by 1, 2
        on conflict (statement, day) do update
       set recorded = held.recorded + excluded.recorded, own = held.own + excluded.own,
           listed = held.listed + excluded.listed, own_insured = held.own_insured + excluded.own_insured,
           listed_insured = held.listed_insured + excluded.listed_insured,
           own_registered = held.own_registered + excluded.own_registered,
           listed_registered = held.listed_registered + excluded.listed_registered
$$;
create function count_guests_written() returns trigger
    language plpgsql set search_path from current as $$
begin
    if tg_op <> 'INSERT' then
        perform add_guests(array_agg(statement), array_agg(held_on), array_agg(own), array_agg(listed),
                           array_agg(insured), array_agg(first_start), array_agg(-1)) from before;
    end if;
    if tg_op <> 'DELETE' then
        perform add_guests(array_agg(statement), array_agg(held_on), array_agg(own), array_agg(listed),
                           array_agg(insured), array_agg(first_start), array_agg(1)) from now_here;
    end if;
    return null;
end $$;
create trigger guests_added after insert on attendance referencing new table as now_here
    for each statement execute function count_guests_written();
create trigger guests_removed after delete on attendance referencing old table as before
    for each statement execute function count_guests_written();
create trigger guests_changed after update on attendance referencing old table as before new table as now_here
    for each statement execute function count_guests_written();
select add_guests(array_agg(statement), array_agg(held_on), array_agg(own), array_agg(listed), array_agg(insured),
                  array_agg(first_start), array_agg(1)) from attendance;
-- Nothing else than the index was read for what is kept now.
drop index participant_unlisted;
