-- How many participants there are, and on which day so many more begin, are active or end, by region (*: anywhere) and, of
-- the active, by segment and programmes: what is counted on a day is a sum of few rows, however many participants there
-- are. Kept by triggers, so that whoever writes participants keeps it true; what a dry run writes is not counted.
create table participant_movement (
    region text not null,
    day date not null,
    segment text not null,
    programmes jsonb not null,
    participants int not null,
    begun int not null,
    active int not null,
    primary key (region, day, segment, programmes)
);
comment on column participant_movement.day is '1900-01-01, before all others: the participants themselves.';

-- The movements of one participant: each version holds from its effective_on until its end or the next version.
create function participant_movements(history bytea)
    returns table (day date, segment text, programmes jsonb, participants int, begun int, active int)
    language sql immutable as $$
    with version as (
        select (v->>'effective_on')::date as since, v->>'segment' as segment, v->'programmes' as programmes,
               least((v->>'until')::date, lead((v->>'effective_on')::date) over (order by n)) as until
          from jsonb_array_elements(convert_from(history, 'UTF8')::jsonb) with ordinality e (v, n))
    select date '1900-01-01', '', '[]'::jsonb, 1, 0, 0
    union all select min(since), '', '[]', 0, 1, 0 from version having count(*) > 0
    union all select since, segment, programmes, 0, 0, 1 from version where programmes <> '[]'
    union all select until, segment, programmes, 0, 0, -1 from version where programmes <> '[]' and until is not null
$$;

-- Adds the movements of each of these so many times.
create function add_movements(regions text[], histories bytea[], times int[]) returns void
    language sql as $$
    insert into participant_movement as held
    select r.region, m.day, m.segment, m.programmes, sum(m.participants * c.times), sum(m.begun * c.times),
           sum(m.active * c.times)
      from unnest(regions, histories, times) c (region, history, times)
     cross join lateral participant_movements(c.history) m
     cross join lateral (values (c.region), ('*')) r (region)
     group by r.region, m.day, m.segment, m.programmes
    having (sum(m.participants * c.times), sum(m.begun * c.times), sum(m.active * c.times)) <> (0, 0, 0)
     order by 1, 2, 3, 4
        on conflict (region, day, segment, programmes) do update
       set participants = held.participants + excluded.participants, begun = held.begun + excluded.begun,
           active = held.active + excluded.active
$$;

-- Whoever writes, the names are found where they are now.
create function count_participants_written() returns trigger
    language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        perform add_movements(array_agg(n.region), array_agg(n.history), array_agg(1)) from now_here n;
    elsif tg_op = 'DELETE' then
        perform add_movements(array_agg(o.region), array_agg(o.history), array_agg(-1)) from before o;
    else
        perform add_movements(array_agg(c.region), array_agg(c.history), array_agg(c.times)) from (
            select o.region, o.history, -1 as times from before o join now_here n using (participant_no)
             where (o.region, o.history) is distinct from (n.region, n.history)
            union all
            select n.region, n.history, 1 from before o join now_here n using (participant_no)
             where (o.region, o.history) is distinct from (n.region, n.history)) c;
    end if;
    return null;
end $$;
create trigger participants_added after insert on participant referencing new table as now_here
    for each statement execute function count_participants_written();
create trigger participants_removed after delete on participant referencing old table as before
    for each statement execute function count_participants_written();
create trigger participants_changed after update on participant referencing old table as before new table as now_here
    for each statement execute function count_participants_written();

select add_movements(array_agg(region), array_agg(history), array_agg(1)) from participant group by region;
