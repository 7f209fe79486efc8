"""Refused rows are downloaded, corrected in a spreadsheet and uploaded again: nothing is lost on the way."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import openpyxl
import pytest

from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World

COLUMNS = ["No", "NIK", "No KK", "Nama Pemilik", "Nama Usaha", "NIB", "Tgl Data", "Keterangan"]
ROWS = [
    ["1", "3311004101800021", "3311000101200001", "=Contohwati Satu", "Roti Café Andaï", "12345", "31/01/2026", "a;b"],
    ["2", "3311000202750021", "3311000101200002", "-Contohno Dua", "Tempe Rekaan", "12346", "05 Jan 2026", ""],
]
CORRECTED = {"Roti Café Andaï": "0000100009901", "Tempe Rekaan": "0000100009902"}
OUR_COLUMNS = ["error_code", "error_field", "error_detail", "error_line"]


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, f"trip{database.name[-6:]}.") as world:
        await world.agency(regions=("33.11",))
        yield world
    await stack.drop(postgres, database)


async def downloaded(here: World, path: str) -> bytes:
    answer = await here.http.get(path, headers=here.bearer("dinas"))
    assert answer.status_code == 200, answer.text
    return answer.content


def of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def of_workbook(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}, "texts"
    assert {cell.number_format for cell in sheet[2] if cell.value} == {"@"}, "what is typed stays a text"
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def as_semicolons(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_commas(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def as_workbook(rows: list[list[str]]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(content)
    return content.getvalue()


def corrected(rows: list[list[str]]) -> list[list[str]]:
    name, nib = rows[0].index("Nama Usaha"), rows[0].index("NIB")
    return [rows[0], *([*row[:nib], CORRECTED[row[name]], *row[nib + 1 :]] for row in rows[1:])]


async def refused(here: World, name: str) -> dict[str, Any]:
    report = await here.upload(as_semicolons([COLUMNS, *ROWS]), "partners", list=name)
    assert report["rejected_by"] == {"invalid_nib": 2}
    return report


READERS: list[tuple[str, Callable[[bytes], list[list[str]]]]] = [("csv", of_csv), ("xlsx", of_workbook)]


async def test_csv_for_a_spreadsheet_in_indonesia_comes_back_as_it_is(here: World) -> None:
    first = await refused(here, "indonesia")
    headers = here.bearer("dinas") | {"accept-language": "id-ID,id;q=0.9"}
    answer = await here.http.get(f"/v1/imports/{first['id']}/rejected.csv", headers=headers)
    assert answer.content.startswith(b"\xef\xbb\xbfNo;NIK;")
    assert b'"=""3311004101800021"""' in answer.content
    assert "NIB terdiri atas tepat 13 angka." in answer.content.decode()
    again = await here.upload(answer.content, "partners", list="indonesia")
    assert again["rejected_by"] == {"invalid_nib": 2}
    plain = of_csv(await downloaded(here, f"/v1/imports/{again['id']}/rejected.csv"))
    assert [row[1:3] for row in plain[1:]] == [row[1:3] for row in ROWS]


@pytest.mark.parametrize(("form", "opened"), READERS)
@pytest.mark.parametrize("saved", [as_semicolons, as_commas, as_workbook])
async def test_refused_rows_corrected_in_a_spreadsheet_are_taken(
    here: World, form: str, opened: Callable[[bytes], list[list[str]]], saved: Callable[[list[list[str]]], bytes]
) -> None:
    name = f"{form}-{saved.__name__}"
    first = await refused(here, name)
    rows = opened(await downloaded(here, f"/v1/imports/{first['id']}/rejected.{form}"))
    assert rows[0] == [*COLUMNS, *OUR_COLUMNS]
    assert [row[1:3] for row in rows[1:]] == [row[1:3] for row in ROWS], "long numbers keep their digits"
    assert rows[1][3] == "'=Contohwati Satu", "no formula, whatever the rows are saved as"

    unchanged = await here.upload(saved(rows), "partners", list=name)
    assert unchanged["rejected_by"] == {"invalid_nib": 2}
    again = opened(await downloaded(here, f"/v1/imports/{unchanged['id']}/rejected.{form}"))
    assert again == rows, "our columns are dropped and written anew"

    report = await here.upload(saved(corrected(rows)), "partners", list=name)
    assert (report["accepted"], report["rejected"]) == (2, 0), report
    assert {each["header"] for each in report["columns"] if each["read_as"] is None} >= {*OUR_COLUMNS, "No KK"}
    entries = (await here.get("/v1/quarantine"))["items"]
    assert [entry for entry in entries if entry["import_id"] in (first["id"], unchanged["id"])] == []
    listed = await here.downloaded(f"/v1/imports/{report['id']}/unregistered.csv")
    assert sorted((row["nik"], row["nib"], row["contact_person"]) for row in listed) == [
        ("3311000202750021", "0000100009902", "'-Contohno Dua"),
        ("3311004101800021", "0000100009901", "'=Contohwati Satu"),
    ]

    whole = await here.upload(as_semicolons(corrected([COLUMNS, *ROWS])), "partners", list=name)
    assert (whole["created"], whole["unchanged"]) == (0, 2), "our columns are no part of a row"


async def test_lines_that_were_no_rows_are_refused_again_until_they_are_corrected(here: World) -> None:
    lines = ['{"nama usaha": "Toko Baris", "kab_kota": "Sukoharjo", "nib": "", "nik": "", "catatan": ""}', "[1, 2]"]
    first = await here.upload("\n".join([*lines, '{"nama usaha": ["a"]}']).encode(), "partners", list="baris")
    assert first["rejected_by"] == {"malformed": 2}
    rows = of_workbook(await downloaded(here, f"/v1/imports/{first['id']}/rejected.xlsx"))
    again = await here.upload(as_workbook(rows), "partners", list="baris")
    assert (again["rejected_by"], again["skipped"]) == ({"malformed": 2}, 0)
    rows = of_workbook(await downloaded(here, f"/v1/imports/{again['id']}/rejected.xlsx"))
    mended = [rows[0], ["Toko Dua", "Sukoharjo", *rows[1][2:]], ["Toko Tiga", "Sukoharjo", *rows[2][2:]]]
    report = await here.upload(as_workbook(mended), "partners", list="baris")
    assert (report["accepted"], report["rejected"]) == (2, 0), report


async def test_who_is_unregistered_comes_as_a_workbook_too(here: World) -> None:
    report = await here.upload(as_semicolons(corrected([COLUMNS, *ROWS])), "partners", list="belum")
    path = f"/v1/imports/{report['id']}/unregistered"
    assert of_workbook(await downloaded(here, f"{path}.xlsx")) == of_csv(await downloaded(here, f"{path}.csv"))


@pytest.mark.parametrize(("form", "opened"), READERS)
async def test_who_is_unregistered_stays_the_same_partner_when_sent_again(
    here: World, form: str, opened: Callable[[bytes], list[list[str]]]
) -> None:
    name = f"lagi-{form}"
    rows = [["Nama Usaha", "Nama Pemilik", "Kab/Kota"], [f"Warung {form} Satu", "Contohwati", "Kab. Sukoharjo"]]
    report = await here.upload(
        as_semicolons([*rows, [f"Warung {form} Dua", "Contohno", "Sukoharjo"]]), "partners", list=name
    )
    table = opened(await downloaded(here, f"/v1/imports/{report['id']}/unregistered.{form}"))
    partners = {row[table[0].index("partner_id")] for row in table[1:]}
    phone = table[0].index("phone")
    called = [table[0], *([*row[:phone], "0860-1234-5678", *row[phone + 1 :]] for row in table[1:])]
    again = await here.upload(as_workbook(called), "partners", list=name, list_date="2021-02-28")
    assert (again["accepted"], again["created"], again["rejected"]) == (2, 0, 0), again
    listed = await here.downloaded(f"/v1/imports/{again['id']}/unregistered.csv")
    assert {(row["partner_id"], row["phone"]) for row in listed} == {(each, "+6286012345678") for each in partners}

    unknown = [
        called[0],
        [*called[1][:-1], "00000000-0000-4000-8000-000000000000"],
        [*called[1][:-1], "tidak ada nomor"],
    ]
    refused = await here.upload(as_workbook(unknown), "partners", list=name)
    assert refused["rejected_by"] == {"partner_unknown": 2}


async def test_rows_refused_for_their_region_or_name_leave_the_quarantine_once_corrected(here: World) -> None:
    header = ["Nama", "NIK", "Kab/Kota"]
    wrong = [["Ani Contohwati", "3311021402880001", "Kab. Mojokerto"], ["", "3311021402880002", "Kab. Sukoharjo"]]
    wrong += [["Budi Contohno", "331102140288000", "Kab. Sukoharjo"], ["Citra Contohwati", "3311021402880004", "Mana"]]
    first = await here.upload(as_commas([header, *wrong]), "persons", list="uji")
    assert (first["accepted"], first["rejected"]) == (0, 4)
    right = [["Ani Contohwati", "3311021402880001", "Kab. Sukoharjo"], ["Dedi", "3311021402880002", "Kab. Sukoharjo"]]
    right += [["Budi Contohno", "3311021402880003", "Sukoharjo"], ["Citra Contohwati", "3311021402880004", "33.11"]]
    again = await here.upload(as_commas([header, *right]), "persons", list="uji")
    assert (again["accepted"], again["rejected"]) == (4, 0)
    entries = (await here.get("/v1/quarantine"))["items"]
    assert [entry for entry in entries if entry["import_id"] == first["id"]] == []
