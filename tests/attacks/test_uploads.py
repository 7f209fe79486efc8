"""Files and values that make a reader or the database raise: they cost their own row, never the service."""

import pytest

from services.registration.identity import listed_rows
from services.registration.intake import row_kinds
from tests import stack
from tests.integration import registration_world

CLAIMS = "no klaim;no peserta;program;tgl kejadian;nilai;status\n"
LISTED = "nama usaha;kab_kota\n"


@pytest.fixture
async def world(kafka, postgres, topics):
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency()
        yield world
    await stack.drop(postgres, database)


@pytest.mark.parametrize("digits", ["9" * 5000, "1." + ".".join(["000"] * 2000), "٣" * 5000, "0" * 4301 + "1"])
async def test_an_endless_number_refuses_its_row_alone(world, digits: str) -> None:
    row = "K-1;P-1;JKK;2021-01-31;{};DIAJUKAN\n"
    report = await world.upload(CLAIMS + row.format(digits) + row.format("1000"), "claims")
    assert report["state"] == "done"
    assert report["rejected_by"] == {"too_long": 1, "unknown_participant": 1}
    after = await world.upload(LISTED + "Toko Sesudah;Sukoharjo\n", "partners", list="sesudah")
    assert (after["state"], after["accepted"]) == ("done", 1)


async def test_a_reader_that_raises_costs_its_row_alone(world, monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(cells, file):
        if "Racun" in cells["name"]:
            raise ZeroDivisionError(cells["name"])
        return row_kinds.READERS["partners"](cells, file)

    monkeypatch.setattr("services.registration.intake.row_reader.READERS", {**row_kinds.READERS, "partners": listing})
    rows = "".join(f"Toko {name};Sukoharjo\n" for name in ("Satu", "Racun", "Dua"))
    report = await world.upload(LISTED + rows, "partners")
    assert (report["state"], report["accepted"], report["rejected_by"]) == ("done", 2, {"failed": 1})


async def test_a_transaction_that_raises_costs_the_row_at_fault_alone(world, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = listed_rows.personal

    def raising(command):
        if "Racun" in command.name:
            raise ZeroDivisionError(command.name)
        return plain(command)

    monkeypatch.setattr(listed_rows, "personal", raising)
    rows = "".join(f"Toko {number}{' Racun' if number == 13 else ''};Sukoharjo\n" for number in range(20))
    report = await world.upload(LISTED + rows, "partners")
    assert (report["state"], report["accepted"]) == ("done", 19)
    assert report["rejected_by"] == {"failed": 1}
    (entry,) = (await world.get("/v1/quarantine"))["items"]
    assert (entry["line"], entry["code"]) == (15, "failed")


async def test_a_file_on_which_the_process_died_three_times_is_set_aside(world) -> None:
    report = await world.upload(LISTED + "Toko Satu;Sukoharjo\n", "partners")
    assert report["state"] == "done"
    content = world.app.state.services.vault.seal((LISTED + "Toko Dua;Sukoharjo\n").encode())
    async with world.pool.acquire() as db, db.transaction():
        await db.execute("update import set state = 'queued', attempts = 3, next_position = 0, lease_until = null")
        await db.execute("insert into import_file (file_id, sealed) select import_id, $1 from import", content)
    world.app.state.services.imports.wake()
    report = await world.done(f"/v1/imports/{report['id']}")
    assert report["state"] == "failed"
    assert "three times" in report["detail"]
