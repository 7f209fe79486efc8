"""Partners that are there before a benchmark begins, written into the tables alone: how much slower it is beside them.

Numbers and hashes are random, as keyed hashes are, and are nobody's; rows and facts are as large as those of a list.
"""

import asyncpg

MADE = """
    create temporary table made as
    select gen_random_uuid() as id, gen_random_uuid() as key, gen_random_uuid() as name, n,
           (array['33.11', '32.04', '35.78', '12.71', '73.71'])[1 + n % 5] as region
      from generate_series(1, {count}) n"""
FILL = (
    """
    insert into registration.partner (partner_id, first_recorded, region, listed_on, version, fact, contact_version,
                                      contact_digest)
    select id, now(), region, '2025-01-15', 1, convert_to(repeat('f', 330), 'UTF8'), 1, gen_random_uuid() from made""",
    """
    insert into registration.evidence (key, partner_id, agency, list, content, nib, nik, name, region, kind, scale,
                                       total, first_listed, last_listed, line, phone, number_group, name_group, sealed)
    select key, id, 'present', 'present', gen_random_uuid(), case when n % 2 = 0 then 8000000000000 + n end,
           gen_random_uuid(), name, region, 'business', 'micro', 4, '2025-01-15', '2025-01-15', n, gen_random_uuid(),
           key, key, convert_to(repeat('s', 250), 'UTF8')
      from made""",
    """
    insert into notifications.partners (partner_id, version, status, region, kind, listed_known_at, agencies,
                                        applied_at)
    select id, 1, 'active', region, 'business', now(), 'present', now() from made""",
    """
    insert into notifications.contacts (partner_id, version, name, phone, recorded_at)
    select id, 1, 'Toko Sudah Ada', '+6281200000000', now() from made""",
    "insert into notifications.schedule (partner_id, state) select id, 'unreachable' from made",
    """
    insert into coverage.partners (partner_id, version, recorded, timeline, region, lists)
    select id, 1, 0, convert_to(repeat('t', 60), 'UTF8'), region, '{present/present}' from made""",
    "drop table made",
    "analyze",
)


async def fill(db: asyncpg.Connection, count: int) -> None:
    """Add so many partners to the tables of all services; about 50 µs each. They are on no topic."""
    await db.execute(MADE.format(count=int(count)), timeout=3600)
    for statement in FILL:
        await db.execute(statement, timeout=3600)
