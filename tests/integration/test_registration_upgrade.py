"""Rows that were stored under the former rules are under the present ones once the service has started."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from services.registration.app import MIGRATIONS
from services.registration.identity.ids import Ids
from services.registration.identity.keys import Keys
from services.registration.records.timelines import Version
from services.registration.vault import Vault
from shared.database import connect, connection, migrate
from shared.events.model import Workers
from tests import stack
from tests.integration.registration_world import SECRET, world
from tests.stack import Database

IDS, VAULT = Ids(), Vault(SECRET)
DAY = date(2021, 1, 31)


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[Database]:
    made = await stack.clone(postgres, stack.EMPTY)
    yield made
    await stack.drop(postgres, made)


async def store(db: asyncpg.Connection, partner: UUID, compared: str, name: str, **more: Any) -> None:
    """A row as the former version stored it; `compared` is the name as it was compared."""
    personal = {"name": name, "nik": None, "person": None, "phone": None, "email": None, "language": None}
    personal |= {"address": more.pop("address", None), "phone": more.pop("phone", None)}
    agency, name_of_list = more.pop("agency", "dinas"), more.pop("list", "pasar")
    content = VAULT.hash("content", compared, *personal.values(), uuid4())
    values = {
        "key": VAULT.hash("evidence", agency, name_of_list, "row", content),
        "partner_id": partner,
        "agency": agency,
        "list": name_of_list,
        "content": content,
        "name": VAULT.name(compared, "33.11"),
        "region": "33.11",
        "kind": "business",
        "first_listed": DAY,
        "last_listed": DAY,
        "line": 1,
        "sealed": VAULT.seal(personal),
    } | more
    await db.copy_records_to_table("evidence", records=[tuple(values.values())], columns=list(values))


async def add_partner(db: asyncpg.Connection) -> UUID:
    partner = IDS()
    record = (partner, datetime(2021, 1, 1, tzinfo=UTC))
    await db.copy_records_to_table("partner", records=[record], columns=["partner_id", "first_recorded"])
    return partner


async def under_former_rules(database: Database, folder: Path) -> dict[str, UUID]:
    """Two kiosks with other phones as one partner; one cooperative in two spellings as two; a participant of it."""
    for script in MIGRATIONS.glob("[0-9]*.sql"):
        if script.name < "0015":
            (folder / script.name).write_text(script.read_text())
    pool = await connect(database.of("registration"))
    await migrate(pool, folder)
    async with connection(pool) as db:
        kiosks, one, other = [await add_partner(db) for _ in range(3)]
        await store(db, kiosks, "KIOS TAHU", "Kios Tahu", phone="+6286000001836")
        await store(db, kiosks, "KIOS TAHU", "Kios Tahu", phone="+6286000001837", list="lain")
        await store(db, one, "KSU MISAL", "KSU Misal")
        await store(db, other, "KOP SERBA USAHA MISAL", "Koperasi Serba Usaha Misal", list="lain")
        name = VAULT.name("KSU MISAL", "33.11")
        version = Version(
            DAY, None, "33.11", "PU", ("JKK", "JKM"), Workers(labour=1), keys=Keys(name=name), agency="bpjs"
        )
        history = msgspec.json.encode((version,))
        await db.execute(
            "insert into participant (participant_no, partner_id, found, region, name, history) "
            "values ('Z1', $1, true, '33.11', $2, $3)",
            *(one, name, history),
        )
    await pool.close()
    return {"kiosks": kiosks, "one": one, "other": other}


async def test_stored_rows_are_joined_anew_with_the_facts_that_follow(
    database: Database, kafka: str, tmp_path: Path
) -> None:
    before = await under_former_rules(database, tmp_path)
    async with world(database, kafka, f"upgrade{database.name[-6:]}.") as here:
        facts = await here.newest("partners")
        held = await here.pool.fetch("select partner_id, count(*) as rows from evidence group by partner_id")
        assert sorted(row["rows"] for row in held) == [1, 1, 2]
        assert facts[str(before["other"])]["merged_into"] == str(before["one"])
        assert len(facts) == 4
        assert {str(before["kiosks"]), str(before["one"])} <= {
            key for key, f in facts.items() if f["status"] == "active"
        }
        timeline = (await here.newest("enrollments"))[str(before["one"])]
        assert [period["programmes"] for period in timeline["periods"]] == [["JKK", "JKM"]]
        await here.agency()
        await here.send(
            here.event("enrollment.lapsed", {"participant_no": "Z1", "effective_on": "2021-06-01", "reason": "x"})
        )
        assert await here.pool.fetchval("select partner_id from participant") == before["one"]
    async with world(database, kafka, f"upgrade{database.name[-6:]}.") as again:
        assert await again.newest("partners") == facts


async def test_a_row_stored_before_is_the_one_that_is_sent_again_with_all_its_texts(
    database: Database, kafka: str, tmp_path: Path
) -> None:
    await under_former_rules(database, tmp_path)
    async with world(database, kafka, f"upgrade{database.name[-6:]}.") as here:
        await here.agency()
        rows = ["Kios Tahu;086000001836;33.11;tempe", "Kios Tahu;086000001836;33.11;tahu"]
        report = await here.upload("\n".join(["nama usaha;no hp;kab_kota;keterangan", *rows]), "partners", list="pasar")
        assert (report["accepted"], report["created"], report["unchanged"]) == (2, 0, 1)
        assert await here.pool.fetchval("select count(*) from evidence where list = 'pasar' and phone is not null") == 2
