"""A database as years of use leave it, written into registration's tables alone: one agency with so many own rows.

Sealed texts are a thousand, used in turn; numbers and hashes are random, as keyed hashes are.
"""

import asyncpg

from services.registration.vault import Vault

SEALED = 1_000
AGENCY, LIST = "bench", "besar"
FILL = (
    """
    create temporary table made as
    select gen_random_uuid() as id, gen_random_uuid() as key, gen_random_uuid() as name, n,
           (array['33.11', '32.04', '35.78', '12.71', '73.71'])[1 + n % 5] as region
      from generate_series(1, {rows}) n""",
    """
    insert into registration.partner (partner_id, first_recorded, region, listed_on, version, fact, contact_version,
                                      contact_digest, enrollment_version, enrollment_fact)
    select id, now(), region, '2025-01-15', 1, convert_to(format(
             '{{"partner_id":"%s","version":0,"status":"active","region":"%s","kind":"business","recorded_at":'
             '"2025-01-15T00:00:00Z","scale":"micro","workers":{{"management":0,"staff":0,"labour":4}},'
             '"lists":[{{"agency":"bench","list":"besar","listed_on":"2025-01-15"}}],"listed_on":"2025-01-15"}}',
             id, region), 'UTF8'), 1, gen_random_uuid(), (n % 5 < 2)::int, case when n % 5 < 2 then convert_to(format(
             '{{"partner_id":"%s","version":0,"kind":"business","recorded_at":"2025-01-15T00:00:00Z","periods":[{{'
             '"from":"%s","until":null,"region":"%s","segment":"BPU","programmes":["JKK","JKM"],'
             '"workers":{{"management":0,"staff":0,"labour":4}}}}]}}',
             id, date '2025-01-01' + n % 300, region), 'UTF8') end from made""",
    """
    insert into registration.evidence (key, partner_id, agency, list, content, nib, nik, name, region, kind, scale,
                                       total, first_listed, last_listed, line, phone, number_group, name_group, sealed,
                                       import_id)
    select key, id, 'bench', 'besar', gen_random_uuid(), case when n % 2 = 0 then 8000000000000 + n end,
           gen_random_uuid(), name, region, 'business', 'micro', 4, '2025-01-15', '2025-01-15', n, gen_random_uuid(),
           key, key, s.sealed, i.import_id
      from made join sealed s on s.at = n % {sealed}
      cross join (select import_id from registration.import where list = 'besar') i""",
    "insert into registration.period select id, date '2025-01-01' + n % 300, null from made where n % 5 < 2",
    """
    insert into registration.participant (participant_no, partner_id, found, region, nib, nik, name, history)
    select 'P' || n, id, n % 10 > 0, region, case when n % 2 = 0 then 8000000000000 + n end, gen_random_uuid(), name,
           convert_to(format(
             '[{{"effective_on":"%s","until":null,"region":"%s","segment":"%s","programmes":["JKK","JKM"],"workers":'
             '{{"management":0,"staff":0,"labour":4}},"scale":"micro","keys":null,"agency":"bench","channel":null}}]',
             date '2025-01-01' + n % 300, region, case when n % 3 > 0 then 'PU' else 'BPU' end), 'UTF8') from made""",
    """
    insert into registration.quarantine (id, agency, import_id, line, type, code, field, detail, nik, name, sealed,
                                         recorded_at)
    select id, 'bench', i.import_id, n, 'partners', (array['invalid_nik', 'unknown_region', 'missing_name'])[1 + n % 3],
           (array['nik', 'region', 'name'])[1 + n % 3], 'Refused.', gen_random_uuid(), name, r.sealed, now()
      from made cross join refused r cross join (select import_id from registration.import where list = 'besar') i
     where n <= {rows} / 20""",
    """
    insert into registration.statement (key, type, agency, fields)
    select 'briefing/33.11/' || n, 'briefing.held', 'bench', convert_to(format(
             '{{"region":"33.11","name":"Sosialisasi %s","batch":"1","held_on":"%s","quota":100,"present":null}}',
             n, date '2024-01-01' + n % 600), 'UTF8')
      from generate_series(1, {rows} / 1000) n""",
    """
    insert into registration.attendance (key, agency, held_on, statement, partner_id, name)
    select key, 'bench', date '2024-01-01' + (1 + n % ({rows} / 1000)) % 600,
           'briefing/33.11/' || 1 + n % ({rows} / 1000), id, name
      from made where n <= {rows} / 10""",
    "select registration.recount_lists()",
    """
    insert into registration.change (agency, partner_id, what, since, recorded_at)
    select 'bench', id, 'registered', '2025-01-01', now() from made""",
    """
    insert into registration.cases (id, kind, subject, sides, opened_at)
    select id, 'possible_duplicate', name::text, jsonb_build_array(jsonb_build_object(
             'partner', id, 'region', region, 'agencies', array['bench'])), now()
      from made where n <= {rows} / 100""",
    """
    insert into registration.import (import_id, agency, kind, list, list_date, require_nik, dry_run, state, file_id,
                                     created_at, finished_at)
    select gen_random_uuid(), 'bench', 'partners', 'daftar ' || n % 50, '2025-01-15', false, false, 'done',
           gen_random_uuid(), now() - n * interval '1 minute', now()
      from generate_series(1, {rows} / 1000) n""",
    """
    insert into registration.agency (slug, name, regions, scopes)
    select 'kantor-' || n, 'Kantor ' || n, array['33.11'], array['publish', 'read'] from generate_series(1, 600) n""",
    """
    insert into registration.keys (key_id, hash, agency, scopes, regions, recorded_at, purpose)
    select 'k' || n, md5(n::text), 'kantor-' || 1 + n % 600, array['publish', 'read'], array['33.11'], now(), 'Sistem'
      from generate_series(1, 1200) n""",
    "drop table made",
    "analyze",
)
UPLOAD = """
    insert into registration.import (import_id, agency, kind, list, list_date, require_nik, dry_run, state, header,
                                     rows, accepted, created, rejected, rejected_by, file_id, created_at, finished_at)
    values (gen_random_uuid(), 'bench', 'partners', 'besar', '2025-01-15', false, false, 'done',
            array['Nama Usaha', 'NIK', 'NIB', 'Kab/Kota'], $1, $1 - $1 / 20, $1 - $1 / 20, $1 / 20,
            jsonb_build_object('invalid_nik', $1 / 20), gen_random_uuid(), now(), now()) returning import_id::text"""


async def fill(db: asyncpg.Connection, vault: Vault, rows: int) -> str:
    """Add so many rows of the agency, of which a twentieth was refused; returns the id of their upload."""
    upload: str = await db.fetchval(UPLOAD, rows)
    await db.execute("create temporary table sealed (at int primary key, sealed bytea)")
    await db.execute("create temporary table refused (sealed bytea)")
    await db.executemany("insert into sealed values ($1, $2)", [(at, vault.seal(_details(at))) for at in range(SEALED)])
    cells = {"cells": ["Toko Salah", "3171", "", "Kab. Sukoharjo"]}
    await db.execute("insert into refused values ($1)", vault.seal(cells))
    for statement in FILL:
        await db.execute(statement.format(rows=int(rows), sealed=SEALED), timeout=3600)
    return upload


def _details(at: int) -> dict[str, object]:
    """As `listed_rows.personal` makes them."""
    return {
        "name": f"Toko Makmur {at}", "person": f"Siti Lestari {at}", "phone": f"+6281200{at:06d}", "email": None,
        "language": None, "address": f"Jl. Merdeka No. {at}", "nik": f"331101010180{at:04d}",
        "nib": None, "nik_koperasi": None,
    }  # fmt: skip
