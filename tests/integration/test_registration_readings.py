"""What an agency says of how its files are to be read holds for its next files with the same header."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World
from tests.unit.registration.table_reading import workbook

MEANINGS = {"columns": '{"Merek": "name", "Daerah": "region", "Dicatat": "date"}'}
UNKNOWN = "Daftar\nMerek;Daerah;Dicatat\nToko {n};Sukoharjo;03/04/2021\n"


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "readings.") as world:
        yield world
    await stack.drop(postgres, database)


numbers = iter(range(1_000_000))


@pytest.fixture
async def agency(here: World) -> str:
    return await here.agency(f"dinas-{next(numbers)}", regions=("33.11",))


async def status(here: World, agency: str, content: str | bytes, **fields: str) -> int:
    files = {"file": ("x.csv", content)}
    data = {"kind": "partners"} | fields
    return (await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer(agency))).status_code


def read_as(report: dict[str, Any]) -> dict[str, str | None]:
    return {each["header"]: each["read_as"] for each in report["columns"]}


async def test_what_an_upload_says_holds_for_the_next_ones_and_what_a_dry_run_says_does_not(
    here: World, agency: str
) -> None:
    assert await status(here, agency, UNKNOWN.format(n=1)) == 422
    tried = await here.upload(UNKNOWN.format(n=1), "partners", agency, dry_run="true", **MEANINGS)
    assert (tried["accepted"], "remembered_since" in tried["reading"]) == (1, False)
    assert await status(here, agency, UNKNOWN.format(n=1)) == 422
    await here.upload(UNKNOWN.format(n=1), "partners", agency, **MEANINGS)
    assert await status(here, agency, UNKNOWN.format(n=1), dry_run="true", columns="{}") == 422
    for number in (1, 2):
        report = await here.upload("Judul\n\n" + UNKNOWN.format(n=number), "partners", agency)
        assert (report["accepted"], report["reading"]["remembered_since"][:2]) == (1, "20")
        assert read_as(report) == {"Merek": "name", "Daerah": "region", "Dicatat": "date"}
    (row,) = (await here.upload(UNKNOWN.format(n=1), "partners", agency, dry_run="true"))["preview"]["rows"]
    assert row["fields"]["region"] == "33.11"


async def test_it_is_the_agencys_own_of_this_kind_and_this_header(here: World, agency: str) -> None:
    await here.upload(UNKNOWN.format(n=1), "partners", agency, **MEANINGS)
    stranger = await here.agency(f"asing-{next(numbers)}")
    assert await status(here, stranger, UNKNOWN.format(n=1)) == 422
    assert await status(here, agency, UNKNOWN.format(n=1), kind="attendance") == 422
    assert await status(here, agency, UNKNOWN.replace("Dicatat", "Catatan").format(n=1)) == 422
    assert await status(here, agency, UNKNOWN.replace(";", ",").upper().format(N=1)) == 202


async def test_another_mapping_replaces_it_and_an_empty_one_forgets_it(here: World, agency: str) -> None:
    content = "Nama Usaha;Merek;Kab/Kota\nCV Satu;Toko;Sukoharjo\n"
    for meanings in ('{"Merek": "ref"}', '{"Merek": "name", "Nama Usaha": null}'):
        await here.upload(content, "partners", agency, columns=meanings)
    report = await here.upload(content, "partners", agency)
    assert read_as(report) == {"Nama Usaha": None, "Merek": "name", "Kab/Kota": "region"}
    report = await here.upload(content, "partners", agency, columns="{}")
    assert read_as(report)["Nama Usaha"] == "name"
    report = await here.upload(content, "partners", agency)
    assert (read_as(report)["Nama Usaha"], "remembered_since" in report["reading"]) == ("name", False)


async def test_a_mapping_without_which_the_file_cannot_be_read_is_forgotten_too(here: World, agency: str) -> None:
    await here.upload(UNKNOWN.format(n=1), "partners", agency, **MEANINGS)
    assert await status(here, agency, UNKNOWN.format(n=1), columns="{}") == 422
    assert await status(here, agency, UNKNOWN.format(n=1)) == 422


async def test_what_is_given_stands_above_what_is_remembered_and_the_rest_holds(here: World, agency: str) -> None:
    content = "nama usaha;kab_kota;tgl input;jumlah pekerja\nToko;Sukoharjo;03/31/2021;1.500\n"
    await here.upload(content, "partners", agency, date_order="mdy", decimal=".")
    report = await here.upload(content, "partners", agency, decimal=",")
    assert (report["accepted"], report["reading"]["decimal"]) == (1, {"workers": ","})
    assert report["reading"]["date_order"] == {"date": "mdy"}
    assert "remembered_since" in report["reading"]
    tried = await here.upload(content, "partners", agency, dry_run="true")
    assert tried["preview"]["rows"][0]["fields"]["workers"] == 1500


async def test_a_header_is_found_again_where_it_stands_now_in_the_sheet_that_is_read(here: World, agency: str) -> None:
    table = [["Nama Usaha", "NIB"], ["Merek", "Kode"], ["Toko", "7"]]
    said = {"sheet": "Lain", "header_row": "2", "columns": '{"Merek": "name", "Kode": "ref"}'}
    await here.upload(
        workbook({"Data": [["Nama Usaha", "NIB"], ["Toko", ""]], "Lain": table}), "partners", agency, **said
    )
    moved = workbook({"Data": [["Nama Usaha", "NIB"], ["Toko", ""]], "Baru": [["Judul"], *table]})
    unsaid = await here.upload(moved, "partners", agency)
    assert (unsaid["reading"]["sheet"], read_as(unsaid)) == ("Data", {"Nama Usaha": "name", "NIB": "nib"})
    report = await here.upload(moved, "partners", agency, sheet="Baru")
    reading = report["reading"]
    assert (reading["sheet"], reading["header_row"], report["accepted"]) == ("Baru", 3, 1)
    assert read_as(report) == {"Merek": "name", "Kode": "ref"}


async def test_the_newest_hundred_are_kept(here: World, agency: str) -> None:
    rows = "select $1, 'partners', n::text, '{}', now() - n * interval '1 day' from generate_series(1, 100) n"
    await here.pool.execute(f"insert into remembered_reading {rows}", agency)
    await here.upload(UNKNOWN.format(n=1), "partners", agency, **MEANINGS)
    kept = await here.pool.fetch("select header from remembered_reading where agency = $1", agency)
    assert (len(kept), "100" in {row["header"] for row in kept}) == (100, False)
