"""Files as agencies have them, uploaded over HTTP: what was found in them is reported, and may be set otherwise."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.intake.column_report import RUNNING_NUMBER
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World
from tests.unit.registration.table_reading import field_case, workbook


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "files.") as world:
        await world.agency(regions=("33.11",))
        yield world
    await stack.drop(postgres, database)


async def refused(here: World, content: bytes, **fields: str) -> tuple[int, str, str]:
    """(status, code, field) of an upload that is refused at once."""
    files = {"file": ("x.csv", content)}
    data = {"kind": "partners"} | fields
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
    body = answer.json()
    return answer.status_code, body["code"], body["field"]


async def test_a_messy_workbook_is_read_and_what_was_found_is_reported(here: World) -> None:
    report = await here.upload(field_case("27-"), "partners", list="buku")
    assert (report["state"], report["rows"], report["accepted"]) == ("done", 4, 3)
    assert report["rejected_by"] == {"nik_excel_damaged": 1}
    assert (report["skipped"], report["skipped_by"]) == (1, {"sum": 1})
    assert {"header": "NIK PEMILIK", "read_as": "nik"} in report["columns"]
    assert {"header": "NO", "read_as": None, "note": RUNNING_NUMBER} in report["columns"]
    reading = report["reading"]
    assert (reading["sheet"], reading["hidden_sheets"], reading["hidden_rows"]) == ("DATA", ["DATA 2025 (lama)"], 1)


async def test_a_second_months_file_names_the_list_of_which_it_may_be_the_next_version(here: World) -> None:
    content = b"nama usaha;kab_kota\nToko Bulanan;Sukoharjo\n"
    january = await here.upload(content, "partners", list="umkm-januari-2026")
    february = await here.upload(content, "partners", list="umkm-februari-2026")
    again = await here.upload(content, "partners", list="umkm-januari-2026")
    assert [each["similar_lists"] for each in (january, february, again)] == [[], ["umkm-januari-2026"], []]
    claims = await here.upload(content, "partners", list="bpum")
    assert claims["similar_lists"] == []


async def test_a_claims_file_without_its_day_says_so_once_and_in_each_row(here: World) -> None:
    content = b"no klaim;no peserta;program;nilai;status\nK1;P1;JKK;1000;PROSES\nK2;P1;JKK;1000;PROSES\n"
    await here.agency("bpjs", scopes=("enroll",), regions=("33.11",))
    report = await here.upload(content, "claims", agency="bpjs")
    assert report["rejected_by"] == {"missing_field": 2}
    (missing,) = report["reading"]["missing_columns"]
    assert missing["field"] == "occurred_on"
    assert "tgl kejadian" in missing["known_as"]


async def test_sheet_header_and_columns_may_be_said(here: World) -> None:
    rows = [["Nama Usaha", "NIB"], ["Merek", "Kode"], ["Toko Lain", "7"]]
    content = workbook({"Data": [["Nama Usaha", "NIB"], ["Toko Satu", ""]], "Lain": rows})
    chosen = {"sheet": "Lain", "header_row": "2", "columns": '{"Merek": "name", "Kode": "ref"}'}
    report = await here.upload(content, "partners", list="dipilih", **chosen)
    assert (report["accepted"], report["reading"]["header_row"]) == (1, 2)
    assert report["columns"] == [{"header": "Merek", "read_as": "name"}, {"header": "Kode", "read_as": "ref"}]
    named = [item for item in (await here.get("/v1/partners", limit="1000"))["items"] if item["name"] == "Toko Lain"]
    assert [item["refs"] for item in named] == [["7"]]


async def test_a_refused_row_is_sent_again_with_the_meanings_that_its_upload_gave(here: World) -> None:
    content = "Merek;Nomor\nToko Sembilan;12\n"
    chosen = {"columns": '{"Merek": "name", "Nomor": "nib"}'}
    report = await here.upload(content, "partners", list="arti", **chosen)
    assert report["rejected_by"] == {"invalid_nib": 1}
    (entry,) = (await here.get("/v1/quarantine", import_id=report["id"]))["items"]
    address, headers = f"/v1/quarantine/{entry['id']}", here.bearer("dinas")
    corrected = {"cells": {"Nomor": "0000100009999"}}
    assert (await here.http.put(address, json=corrected, headers=headers)).status_code == 200
    assert (await here.http.post(f"{address}/retry", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"sheet": "x" * 300},
        {"sheet": "Data"},
        {"header_row": "0"},
        {"header_row": "ten"},
        {"header_row": "199"},
        {"header_row": "9" * 5000},
        {"columns": "nama"},
        {"columns": "[" * 5000},
        {"columns": '["nama"]'},
        {"columns": '{"nama usaha": "colour"}'},
        {"columns": '{"nama usaha": "name", "nib": "name"}'},
        {"columns": '{"nama usaha": 1}'},
        {"columns": '{"\\u0000": "name"}'},
        {"date_order": "ymd"},
        {"decimal": ";"},
    ],
)
async def test_a_field_that_cannot_be_is_refused_by_name(here: World, fields: dict[str, str]) -> None:
    (name,) = fields
    assert await refused(here, b"nama usaha;nib\nToko;\n", **fields) == (422, "invalid_value", name)


@pytest.mark.parametrize("fields", [{"date_order": "mdy"}, {"date_order": ""}, {"decimal": ","}, {"columns": " "}])
async def test_a_field_that_is_given_or_empty_is_taken(here: World, fields: dict[str, str]) -> None:
    report = await here.upload("nama usaha;nib\nToko Bidang;\n", "partners", list="bidang", **fields)
    assert (report["state"], report["accepted"]) == ("done", 1)


async def test_a_workbook_that_cannot_be_read_fails_with_a_sentence(here: World) -> None:
    content = workbook({"Data": [["Nama Usaha", "NIB"], ["Toko", ""]]})
    for broken, fields, sentence in (
        (content.replace(b"sheet1.xml", b"sheet9.xml"), {}, "cannot be read"),
        (workbook({"Data": [["halo"]]}), {}, "No header"),
        (content, {"sheet": "Salah"}, "its sheets are 'Data'"),
    ):
        report: dict[str, Any] = await here.upload(broken, "partners", list="rusak", **fields)
        assert report["state"] == "failed"
        assert sentence in report["detail"], report
