"""What a file looks like before it is taken, from its beginning alone and within bounds."""

import gzip
import io
import zipfile
from datetime import date
from tempfile import TemporaryFile
from typing import Any

import pytest
import xlsxwriter

from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import table_beginning, workbook_beginning
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from services.registration.writer import uploads
from shared.regions import Regions
from tests.unit.registration.table_reading import workbook

REGIONS = Regions.load()
HEADER = "Nama Usaha;NIB;NIK;Kab/Kota;No HP;Jumlah Pekerja;Kode\n"
ROW = "Toko {n};;3311004101800061;Sukoharjo;0812-3456-7890;2;x\n"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a workbook is opened in time."""
    for module in (table_beginning, uploads):
        monkeypatch.setattr(module, "WORKBOOK_SECONDS", 60.0)


def preview(content: str | bytes, kind: Any = "partners", **options: Any) -> dict[str, Any] | Refusal | None:
    raw = content.encode() if isinstance(content, str) else content
    upload = UploadContext(Jurisdiction(REGIONS, ("ID",)), "l", date(2021, 1, 1), options=ReadingOptions(**options))
    with TemporaryFile() as file:
        file.write(raw)
        found = uploads.read_beginning(file, kind, upload, {})
        return found.preview if isinstance(found, uploads.Beginning) else found


def seen(content: str | bytes, kind: Any = "partners", **options: Any) -> dict[str, Any]:
    found = preview(content, kind, **options)
    assert isinstance(found, dict), found
    return found


def test_rows_are_shown_as_understood_with_their_warnings_or_why_they_are_refused() -> None:
    rows = "Toko Satu;0;;Kab. Sukoharjo;123;;x\nToko Dua;12;;Solo;;3;x\n"
    found = seen(HEADER + ROW.format(n=0) + rows)
    first, second, third = found["rows"]
    assert first["line"] == 2
    assert first["fields"] | {"name": "Toko 0", "nik": "3311004101800061", "region": "33.11"} == first["fields"]
    assert (first["fields"]["phone"], first["fields"]["workers"]) == ("+6281234567890", 2)
    assert sorted(second["warnings"]) == ["number_left_out", "phone_unusable"]
    assert (third["refused"]["code"], third["fields"]["region"]) == ("invalid_nib", "Solo")
    assert found["counts"] == {
        "accepted": 2,
        "rejected": 1,
        "rejected_by": {"invalid_nib": 1},
        "warnings": {"number_left_out": 1, "phone_unusable": 1},
    }
    assert (found["of_rows"], found["is_whole"]) == (3, True)


def test_each_column_says_what_it_is_read_as_and_how_sure_that_is() -> None:
    found = seen(HEADER + ROW.format(n=0) + "Toko;Jl. Mawar;bukan;Atlantis;;2;x\n")
    by_header = {each["header"]: (each["read_as"], each["confidence"]) for each in found["columns"]}
    assert by_header == {
        "Nama Usaha": ("name", 1.0),
        "NIB": ("nib", 0.0),
        "NIK": ("nik", 0.5),
        "Kab/Kota": ("region", 0.5),
        "No HP": ("phone", 1.0),
        "Jumlah Pekerja": ("workers", 1.0),
        "Kode": (None, None),
    }


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_large_file_is_judged_from_its_beginning_and_says_so(pack: Any) -> None:
    many = (HEADER + "".join(ROW.format(n=n) for n in range(60_000))).encode()
    assert len(many) > table_beginning.MOST_BYTES
    found = seen(pack(many))
    assert (found["of_rows"], found["is_whole"], len(found["rows"])) == (table_beginning.MOST_ROWS, False, 20)
    assert found["counts"]["accepted"] == table_beginning.MOST_ROWS


def test_the_line_that_the_beginning_cuts_off_is_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    content = HEADER + "".join(ROW.format(n=n) for n in range(10))
    monkeypatch.setattr(table_beginning, "MOST_BYTES", len(content) - 20)
    found = seen(content)
    assert (found["of_rows"], found["counts"]["rejected"], found["is_whole"]) == (9, 0, False)


def test_a_workbook_is_shown_too_and_one_in_an_archive_once_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    book = workbook({"Data": [["Nama Usaha", "Kab/Kota"], ["Toko", "Sukoharjo"]]})
    found = seen(book)
    assert (found["reading"]["sheet"], found["rows"][0]["fields"]["region"]) == ("Data", "33.11")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.xlsx", book)
    assert seen(packed.getvalue())["of_rows"] == 1
    monkeypatch.setattr(table_beginning, "MOST_BYTES", 100)
    assert preview(packed.getvalue()) is None


def test_a_workbook_that_takes_long_is_left_to_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_beginning, "WORKBOOK_SECONDS", 0.0)
    assert preview(workbook({"Data": [["Nama Usaha", "Kab/Kota"], ["Toko", "Sukoharjo"]]})) is None


def test_a_file_that_holds_no_table_is_refused_and_health_data_are_not_shown() -> None:
    refused = preview("halo\n")
    assert isinstance(refused, Refusal)
    claims = "no klaim;no peserta;program;tgl kejadian;nilai;status;diagnosa\nK1;P1;JKK;2021-01-01;1;DIBAYAR;patah\n"
    found = seen(claims, "claims")
    assert found["rows"][0]["refused"]["code"] == "health_data"
    assert "patah" not in str(found)


def test_nothing_of_a_worker_is_shown_of_a_refused_row_of_its_employer() -> None:
    header = "NPP;No KPJ;NIK KTP;Nama Tenaga Kerja;Tgl Kepesertaan;Program;Kab/Kota\n"
    row = "ZZ99000{n};00000000101;3311000101800041;Contoh Pekerja;31/02/2024;JKK,JKM;Sukoharjo\n"
    found = seen(header + row.format(n=1) + row.format(n=2), "enrollments")
    assert [each["refused"]["code"] for each in found["rows"]] == ["invalid_date"] * 2
    assert [each["fields"]["participant_no"] for each in found["rows"]] == ["ZZ990001", "ZZ990002"]
    assert not [own for own in ("Contoh Pekerja", "33110001018", "00000000101") if own in str(found)]


def written(rows: list[list[Any]], *, shared: bool, sheets: int = 1) -> bytes:
    """An XLSX as Excel writes it: texts in a table of their own, those of the last sheet first."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"constant_memory": not shared, "in_memory": True})
    pages = [book.add_worksheet(f"Lembar {number + 1}") for number in range(sheets)]
    for page in reversed(pages):
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    book.close()
    return content.getvalue()


@pytest.mark.parametrize("shared", [True, False])
def test_of_a_large_workbook_the_first_rows_are_opened_alone(monkeypatch: pytest.MonkeyPatch, shared: bool) -> None:
    monkeypatch.setattr(workbook_beginning, "MOST_SHEET", 20_000)
    rows = [["Nama Usaha", "NIK", "Kab/Kota"], *([f"Toko {n}", "3311004101800061", "Sukoharjo"] for n in range(2_000))]
    found = seen(written(rows, shared=shared, sheets=2))
    assert (found["is_whole"], found["reading"]["sheet"]) == (False, "Lembar 1")
    assert found["reading"]["similar_sheets"] == ["Lembar 2"]
    assert 50 < found["of_rows"] < 1_000
    assert [row["fields"]["name"] for row in found["rows"]] == [f"Toko {n}" for n in range(20)]
    assert found["counts"]["rejected"] == 0


def test_a_large_workbook_of_numbers_alone_or_of_one_row_is_shown_as_far_as_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook_beginning, "MOST_SHEET", 3_000)
    wide = [["Nama Usaha", "Kab/Kota", *(f"k{n}" for n in range(900))], ["Toko", "Sukoharjo"]]
    assert seen(written(wide, shared=True))["is_whole"]
    refused = preview(written([[n, n] for n in range(500)], shared=True))
    assert isinstance(refused, Refusal)
    assert "No header" in refused.detail


def test_the_cooperative_of_a_person_is_shown_as_such() -> None:
    header = "Nama;NIK;Nama Koperasi;Kab/Kota\n"
    rows = "Ali Contoh;3311004101800061;KUD Andai;33.11\nBli;3311004101800062;;33.11\n"
    found = preview(header + rows, "persons")
    assert isinstance(found, dict)
    first, second = (row["fields"] for row in found["rows"])
    assert (first["name"], first["cooperative"]) == ("Ali Contoh", "KUD Andai")
    assert "cooperative" not in second
