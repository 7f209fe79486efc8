"""What single cells of a row decide, and what identifies a row."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake import row_cells
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Enrol, ListPartner
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions
from tests.unit.registration import reading

HEADER = ("no_peserta", "segmen", "nama", "kab_kota", "tgl_efektif", "program")


def reader(kind: FileKind, header: tuple[str, ...], own: str = "ID") -> RowReader:
    return RowReader(kind, header, UploadContext(Jurisdiction(Regions.load(), (own,)), "l", date(2021, 1, 31)))


def read(segment: str) -> object:
    return reader("enrollments", HEADER).read(Row(2, ("Z1", segment, "Toko", "33.11", "01/01/2021", "JKK,JKM"), True))


@pytest.mark.parametrize(("text", "expected"), [("PU", "PU"), ("bpu", "BPU"), ("", "PU"), ("-", "PU")])
def test_a_segment_is_pu_or_bpu(text: str, expected: str) -> None:
    answer = read(text)
    assert isinstance(answer, Enrol)
    assert answer.segment == expected


def test_another_segment_is_refused() -> None:
    answer = read("ABC")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.field) == ("invalid_value", "segment")


def test_a_hyphen_is_nothing_in_any_cell() -> None:
    header = ("nama usaha", "nama pemilik", "kab_kota", "ref", "tgl input", "pekerjaan")
    of_regency = reader("partners", header, own="33.11")
    answer = of_regency.read(Row(2, ("-", "Umi", "-", "-", "-", "-"), True))
    assert isinstance(answer, ListPartner)
    assert (answer.name, answer.region, answer.partner.ref, answer.occupation) == ("Umi", "33.11", None, None)
    refusal = of_regency.read(Row(3, ("-", "-", "33.11", "", "", ""), True))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "missing_name"


def identities(kind: FileKind, header: str, row: str) -> list[tuple[str, ...]]:
    return reader(kind, tuple(header.split(";"))).identities(Row(2, tuple(row.split(";")), True))


def test_a_row_is_identified_by_what_correcting_it_leaves_alone() -> None:
    listed, unknown = ("nama usaha;kab_kota;nik", "Toko A;Solo;1"), ("nama usaha;kab_kota", "TOKO A;33.11")
    assert identities("partners", *listed) == [("TOKO A", ""), ("TOKO A", "")]
    assert identities("persons", *unknown) == [("TOKO A", "33.11"), ("TOKO A", "")]
    assert identities("partners", "nama usaha;ref", "Toko;R-1") == [("ref", "R-1")]
    assert identities("claims", "no klaim;no peserta", "K1;Z1") == [("K1",)]
    nik = "3311021402880001"
    assert identities("persons", "nama;kab_kota;nik", f"Ani;33.11;{nik}")[2:] == [("nik", nik)]
    assert identities("persons", "nama;kab_kota;nik", f";33.11;{nik}") == [("nik", nik)]
    assert identities("enrollments", "no peserta;tgl efektif", "Z1;x") == [("Z1", "x")]
    assert identities("targets", "mulai;sasaran", "x;y") == [("x", "y")]


PARTNERS = "nama usaha;nik;nib;kab_kota;jumlah_pekerja;tgl input"


def test_all_faults_of_a_row_are_named_and_the_first_is_its_code() -> None:
    row = "Toko;123;45;Solo;banyak;31/02/2021"
    refusal = reading.read("partners", PARTNERS, [row])[0]
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == ("invalid_nik", "nik")
    for code in ("invalid_nib", "unknown_region", "invalid_worker_count", "invalid_date"):
        assert code in refusal.detail
    only = reading.read("partners", PARTNERS, ["Toko;123;;33.11;2;"])[0]
    assert isinstance(only, Refusal)
    assert "Also" not in only.detail


def test_the_faults_of_an_enrolment_and_a_claim_are_named() -> None:
    header = "no_peserta;segmen;nama;kab_kota;tgl_efektif;program"
    refusal = reading.read("enrollments", header, [";ABC;Toko;Nirwana;soon;JKN"])[0]
    assert isinstance(refusal, Refusal)
    assert refusal.code == "missing_participant_no"
    for code in ("unknown_region", "invalid_date", "unknown_programme", "segment"):
        assert code in refusal.detail
    refusal = reading.read("claims", "no klaim;no peserta;program;tgl kejadian;nilai;status", [";;JKN;x;y;z"])[0]
    assert isinstance(refusal, Refusal)
    for code in ("participant_no", "invalid_date", "invalid_amount", "unknown_programme", "status"):
        assert code in refusal.detail


@given(
    st.lists(
        st.sampled_from(["", "-", "x", "33.11", "JKK", "2021-13-01", "9" * 600, "0", "-1"]), min_size=6, max_size=6
    )
)
def test_naming_all_faults_changes_no_code(cells: list[str]) -> None:
    row = Row(2, tuple(cells), True)
    of_regency = reading.reader_of("partners", PARTNERS, [row])
    answer, alone = of_regency.read(row), of_regency._read_alone(row)
    if isinstance(alone, Refusal):
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.field) == (alone.code, alone.field)
        assert answer.detail.startswith(alone.detail)
    else:
        assert answer == alone


def test_a_mans_and_a_womans_column_are_summed_and_marks_do_not_matter() -> None:
    header = "nama usaha;tenaga kerja l;tenaga kerja p;no hp / wa;email;nama pemilik"
    answer = reading.read("partners", header, ['="Toko";2.0;3;086000001836.0;tidak ada;\u200eAndai Contoh'])[0]
    assert isinstance(answer, ListPartner)
    assert (answer.name, answer.owner, answer.heads.total) == ("Toko", "Andai Contoh", 5)
    assert (answer.contact.phone, answer.contact.email) == ("+6286000001836", None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@b.example; c@d.example", "a@b.example"),
        ("Andai <a@b.example>", "a@b.example"),
        ("mailto:a@b.example", "a@b.example"),
        ("Email: a@b.example.", "a@b.example"),
        ("'a@b.example", "a@b.example"),
        ("a@b.example|c@d.example", "a@b.example"),
        ("@andai", None),
        ("a@", None),
        ("a [at] b.example", None),
    ],
)
def test_an_address_is_taken_out_of_what_stands_around_it(text: str, address: str | None) -> None:
    assert row_cells.email(text) == address


def test_rows_with_a_reference_of_0_are_not_one_row() -> None:
    rows = reading.read("partners", "nama usaha;ref", ["Toko Satu;0", "Toko Dua;0", "Toko Tiga;'7"])
    assert [row.partner.ref for row in rows if isinstance(row, ListPartner)] == [None, None, "7"]


def test_a_participant_without_a_number_is_refused() -> None:
    header = "no peserta;nama usaha;program;segmen;tgl efektif;wilayah"
    rows = [f"{number};Toko;JKK,JKM;PU;01/01/2024;33.11" for number in ("0", "Proses", "1,2E+10", "ZZ1", "101.0")]
    answers = reading.read("enrollments", header, rows)
    assert reading.codes(answers) == ["missing_participant_no", "missing_participant_no", "invalid_value", None, None]


@pytest.mark.parametrize("stroke", ["...", "\u2026", "-/-", "***", "___"])
def test_a_stroke_is_nobodys_name(stroke: str) -> None:
    rows = [f"{stroke};Umi Contoh;{stroke}", f"{stroke};{stroke};2"]
    first, second = reading.read("partners", "nama usaha;nama pemilik;jumlah pekerja", rows)
    assert isinstance(first, ListPartner)
    assert (first.name, first.heads.total) == ("Umi Contoh", None)
    assert isinstance(second, Refusal)
    assert second.code == "missing_name"
