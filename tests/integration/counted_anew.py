"""What registration keeps counted must be what counting all rows gives: the database of every test is checked."""

from datetime import date, timedelta
from typing import Any

import asyncpg

from services.registration.queries import queries

LISTS = """
    with listed as (
        select distinct e.agency, e.list, e.partner_id from evidence e
         where ($1::text is null or e.agency = $1) and e.first_listed <= $2),
    insured as (
        select distinct s.partner_id from listed s join period p on p.partner_id = s.partner_id
         where p.start <= $2 and (p.until is null or p.until > $2)),
    several as (select agency, partner_id from listed group by agency, partner_id having count(*) > 1)
    select s.agency, s.list, count(*) as listed, count(i.partner_id) as enrolled, count(m.partner_id) as on_other_lists
      from listed s left join insured i using (partner_id) left join several m using (agency, partner_id)
     group by s.agency, s.list order by s.agency, s.list"""
MATCHES = """
    with unlisted as (select * from participant where not found),
    bearing as (
        select u.participant_no, e.partner_id,
               (u.nib is not null and count(e.nib) > 0 and not bool_or(e.nib is not distinct from u.nib))
               or (u.nik is not null and count(e.nik) > 0 and not bool_or(e.nik is not distinct from u.nik))
                   as is_vetoed
          from unlisted u join evidence n on n.name = u.name join evidence e on e.partner_id = n.partner_id
         group by u.participant_no, u.nib, u.nik, e.partner_id)
    select (select count(*)::int from participant where found) as matched,
           (select count(*)::int from unlisted) as unlisted,
           (select count(*)::int from (select participant_no from bearing group by participant_no
                                        having count(*) > 1 and not bool_and(is_vetoed)) each) as ambiguous,
           (select count(*)::int from (select partner_id from participant group by partner_id
                                        having count(*) > 1 and bool_or(found)) each) as partners_with_several"""
BRIEFINGS = """
    select md5(b.key)::uuid as id, count(a.key)::int as recorded, count(*) filter (where x.listed)::int as listed,
           count(*) filter (where x.listed and x.insured)::int as enrolled_on_the_day,
           count(*) filter (where x.listed and not x.insured and x.first_start > b.day
                              and x.first_start <= least(b.day + 90, $2::date))::int as registered_within_90_days
      from (select key, agency, (convert_from(fields, 'UTF8')::jsonb->>'held_on')::date as day from statement
             where type = 'briefing.held' and ($1::text is null or agency = $1)) b
      left join attendance a on a.statement = b.key
     cross join lateral (
        select exists (select from evidence e where e.partner_id = a.partner_id and ($1 is null or e.agency = $1))
                   as listed,
               coalesce(bool_or(p.start <= b.day and (p.until is null or p.until > b.day)), false) as insured,
               min(p.start) as first_start
          from period p where p.partner_id = a.partner_id) x
     group by b.key order by 1"""
COUNTED = ("id", "recorded", "listed", "enrolled_on_the_day", "registered_within_90_days")
DAYS = "select first_listed from evidence union select start from period union select until from period"


async def check(pool: asyncpg.Pool) -> None:
    """Compare in one snapshot, on the days on which something begins or ends and on those before."""
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        found = [row[0] for row in await db.fetch(DAYS) if row[0] is not None]
        days = sorted({day - timedelta(before) for day in found for before in (0, 1)})
        agencies = [None, *(row["slug"] for row in await db.fetch(queries["agencies"]))]
        for day in _some(days) or [date(2026, 1, 1)]:
            for agency in agencies if len(agencies) < 8 else agencies[:8]:
                await _equal(db, "lists", LISTS, agency, day)
        for agency in agencies[:8]:
            for day in _some(days)[-5:]:
                kept = await db.fetch(queries["briefings"], agency, None, day, None, None, None)
                one = sorted(tuple(row[name] for name in COUNTED) for row in kept)
                assert one == [tuple(row) for row in await db.fetch(BRIEFINGS, agency, day)]
        await _equal(db, "count_matches", MATCHES)


def _some(days: list[date], most: int = 12) -> list[date]:
    """At most so many of these, spread over all."""
    return days[:: max(1, len(days) // most)]


async def _equal(db: asyncpg.Connection, query: str, anew: str, *asked: Any) -> None:
    assert await db.fetch(queries[query], *asked) == await db.fetch(anew, *asked), (query, asked)
