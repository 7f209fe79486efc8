"""What no single cell shows is found over the whole column, and only where the column shows it."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.cells.column_evidence import ColumnEvidence
from services.registration.intake.cells.column_findings import NO_FINDINGS, ColumnFindings, of_report
from services.registration.intake.commands import Enrol, ListPartner, RecordStatement
from services.registration.intake.files.reading_options import AS_FOUND, ReadingOptions
from services.registration.intake.values import Refusal
from shared.regions import Regions
from tests.unit.registration.reading import codes, read

PEOPLE = "Nama Usaha;Nama Pemilik;NIK"
NIKS = st.from_regex(r"3311[0-9]{12}", fullmatch=True)


def findings(
    columns: dict[str, int], rows: list[tuple[str, ...]], options: ReadingOptions = AS_FOUND
) -> ColumnFindings:
    evidence = ColumnEvidence(columns, Regions.load())
    for row in rows:
        evidence.add(row)
    return evidence.findings(options)


def niks(cells: list[str]) -> bool:
    return findings({"nik": 0}, [(cell,) for cell in cells]).niks_lost_a_digit


def test_niks_of_which_a_spreadsheet_kept_15_digits_are_all_damaged() -> None:
    digits = ["331100010190000", "331100010190001", "331100451285002", "331100110779000", "331100500391001"]
    rows = [f"Toko {n};Andai Contoh {n};{nik}0" for n, nik in enumerate(digits)]
    assert codes(read("partners", PEOPLE, rows)) == ["nik_excel_damaged"] * 5


@given(st.lists(NIKS, min_size=30, max_size=60))
def test_cut_niks_are_found_and_whole_ones_are_not(true: list[str]) -> None:
    cut = [nik[:15] + "0" for nik in true]
    assert niks(cut)
    whole = [nik if nik[15] != "0" else nik[:15] + "7" for nik in true]
    assert not niks(whole)


def test_niks_that_end_in_0_by_nature_are_not_damaged() -> None:
    few, invented = ["3311000101900000"] * 4, ["3311000101900000"] * 9
    assert not niks(few)
    assert niks(invented)
    assert not niks([*invented, "'3311000101900000"]), "texts end so as well"
    assert not niks([*invented, "331100 010190 0000"])
    assert not niks([*invented, "3,57602E+15"]), "a column of numbers would show all of them so"
    assert not niks([f"{331100_010190_0000 + 10_000 * n}" for n in range(100)]), (
        "some of a hundred would not end in 0000"
    )


DATES = "no_peserta;nama;tgl_efektif;program"


def enrolments(days: list[str], options: ReadingOptions = AS_FOUND) -> list[Any]:
    rows = [f"ZZ{n};Toko {n};{day};JKK,JKM" for n, day in enumerate(days)]
    return [
        answer.code if isinstance(answer, Refusal) else answer.effective_on
        for answer in read("enrollments", DATES, rows, options=options)
        if isinstance(answer, Refusal | Enrol)
    ]


def test_where_a_column_is_month_first_in_places_what_is_unclear_is_refused() -> None:
    days = ["12/31/2021", "03/04/2021", "07/25/2021", "05/05/2021", "2021-02-03"]
    found = [date(2021, 12, 31), "ambiguous_date", date(2021, 7, 25), date(2021, 5, 5), date(2021, 2, 3)]
    assert enrolments(days) == found
    assert enrolments(days, ReadingOptions(date_order="mdy"))[1] == date(2021, 3, 4)
    as_dmy = enrolments(days, ReadingOptions(date_order="dmy"))
    assert as_dmy[:2] == ["invalid_date", date(2021, 4, 3)]


def test_a_column_that_is_day_first_anywhere_is_day_first() -> None:
    assert enrolments(["03/04/2021", "25/04/2021"]) == [date(2021, 4, 3), date(2021, 4, 25)]
    assert enrolments(["03/04/2021", "25/04/2021", "12/31/2021"])[2] == "invalid_date"
    assert enrolments(["03/04/2021"]) == [date(2021, 4, 3)]


@given(st.lists(st.dates(date(2000, 1, 1), date(2026, 1, 1)), min_size=1, max_size=20))
def test_no_day_of_a_column_that_shows_its_order_is_taken_for_another(days: list[date]) -> None:
    shown = [*days, date(2021, 12, 31)]
    for day, found in zip(shown, enrolments([f"{day:%m/%d/%Y}" for day in shown]), strict=True):
        assert found in (day, "ambiguous_date")
    assert enrolments([f"{day:%d/%m/%Y}" for day in shown]) == shown


def test_doubt_about_one_column_is_doubt_about_its_neighbour() -> None:
    header = "no_peserta;nama;tgl_efektif;program;tgl_nonaktif"
    rows = ["Z1;Toko;12/31/2020;JKK,JKM;", "Z2;Toko;01/31/2021;JKK,JKM;03/04/2021"]
    assert codes(read("enrollments", header, rows)) == [None, "ambiguous_date"]


TARGETS = "kode_wilayah;kampanye;mulai;selesai;sasaran"


def targets(values: list[str], options: ReadingOptions = AS_FOUND) -> list[Any]:
    rows = [f"33.11;Perluasan {n};01/01/2026;31/12/2026;{value}" for n, value in enumerate(values)]
    return [
        answer.code if isinstance(answer, Refusal) else answer.fields["value"]
        for answer in read("targets", TARGETS, rows, options=options)
        if isinstance(answer, Refusal | RecordStatement)
    ]


def test_thousands_and_fractions() -> None:
    assert targets(["200.0", "12.5", "1.250", "1,250"]) == [200, "invalid_value", 1250, "invalid_value"]
    assert targets(["1,250.00", "1,250", "1.250"]) == [1250, 1250, "invalid_value"], (
        "the first shows that a dot is decimal"
    )
    assert targets(["1.000", "2.000", "12.000"]) == [1, 2, 12], "all of them numbers with three decimals"
    assert targets(["1.000", "2.000", "40"]) == [1000, 2000, 40]
    assert targets(["1,250"], ReadingOptions(decimal=".")) == [1250]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    assert codes(read("targets", TARGETS, ["33.11;P;31/12/2026;01/04/2026;40"])) == ["invalid_date"]


REGIONS = "kode_wilayah;level_wilayah;nama_wilayah;nama_usaha"


def regions(rows: list[str], header: str = REGIONS) -> list[str]:
    return [
        answer.code if isinstance(answer, Refusal) else answer.region
        for answer in read("partners", header, rows, own="ID")
        if isinstance(answer, Refusal | ListPartner)
    ]


def test_a_column_of_codes_is_read_in_the_system_that_the_names_beside_it_fit() -> None:
    rows = [
        "9401;Kabupaten;Kabupaten Merauke;U1",
        "9471;Kota;Kota Jayapura;U2",
        "9402;;;U3",
        "9401;Kabupaten;Kabupaten Klaten;U4",
        "33.1;Kabupaten;Kabupaten Klaten;U5",
        "3311.0;Kabupaten;Kabupaten Sukoharjo;U6",
        "33.11.06.2004;Desa;Cemani;U7",
    ]
    assert regions(rows) == ["93.01", "91.71", "95.01", "ambiguous_region", "33.10", "33.11", "33.11"]


def test_codes_without_names_that_only_another_system_has_are_a_doubt() -> None:
    header = "kode_wilayah;nama_usaha"
    assert regions(["9471;U1", "9401;U2", "33.11;U3"], header) == ["unknown_region", "ambiguous_region", "33.11"]
    assert regions(["9401;U1", "33.11;U2"], header) == ["94.01", "33.11"]


def test_a_refusal_names_both_readings() -> None:
    answer = read("partners", REGIONS, ["9402;Kabupaten;Kabupaten Klaten;U"], own="ID")[0]
    assert isinstance(answer, Refusal)
    assert "Kabupaten Klaten (33.10)" in answer.detail
    assert "Kabupaten Puncak Jaya (94.02)" in answer.detail


def test_statistics_have_a_constant_size() -> None:
    evidence = ColumnEvidence({"nik": 0, "date": 1, "workers": 2, "region_code": 3, "region": 4}, Regions.load())
    day = date(2000, 1, 1)
    for n in range(5_000):
        evidence.add((f"33110001019{n:05d}", f"{day + timedelta(n):%d/%m/%Y}", str(n), f"{n:04d}", f"Kab. {n}"))
    assert len(evidence._codes._seen) == evidence._codes.MOST_SEEN


@pytest.mark.parametrize("cell", ["", "-", "9" * 5000, "٣" * 16, "3311.0001.0190", "12/31", "\u200b", "E"])
def test_any_cell_may_be_added(cell: str) -> None:
    names = ("nik", "date", "workers", "region_code", "region")
    assert findings({name: n for n, name in enumerate(names)}, [(cell,) * 5] * 7) is not None


def test_what_was_found_is_reported_and_what_is_usual_is_not() -> None:
    columns = {"effective_on": 0, "nik": 1}
    rows = [("12/31/2021", f"331100010180{n:03d}0") for n in range(6)]
    assert findings(columns, rows).reported() == {"niks_lost_a_digit": True, "date_order": {"effective_on": "doubtful"}}
    assert findings(columns, [("31/12/2021", "3311000101800011")]).reported() == {}
    assert of_report({"format": "text", **findings(columns, rows).reported()}) == findings(columns, rows)
    assert of_report({"format": "text"}) == NO_FINDINGS
    assert findings(columns, rows, ReadingOptions(date_order="mdy")).reported()["date_order"] == {"effective_on": "mdy"}


@pytest.mark.parametrize(
    "shown", ["{} 12:00:00 AM", "{} 08.30 WIB", "Jumat, {}", '="{}"', "{}\u00a0", "{} pukul 09.00"]
)
def test_a_day_shows_its_order_whatever_stands_around_it(shown: str) -> None:
    days = [shown.format(day) for day in ("12/31/2021", "3/4/2021")]
    assert enrolments(days) == [date(2021, 12, 31), "ambiguous_date"]


def test_niks_shown_with_marks_between_thousands_are_numbers() -> None:
    grouped = ["3.311.000.101.900.010", "3,311,000,101,900,020", "3.311.000.101.900.030,00"]
    whole = "3.311.000.101.900.011"
    rows = [f"Toko {n};Andai Contoh {n};{nik}" for n, nik in enumerate([*grouped, whole])]
    assert codes(read("partners", PEOPLE, rows)) == [*["nik_excel_damaged"] * 3, None]
    assert niks([*["3311000101900000"] * 9, "3.311.000.101.900.010"]), "a grouped number is no text that ends so"


def test_three_zeros_behind_the_other_mark_show_nothing() -> None:
    assert targets(["1.500,000", "2.500", "1,500"]) == ["invalid_value", 2500, "invalid_value"]
