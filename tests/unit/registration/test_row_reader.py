"""What single cells of a row decide, and what identifies a row."""

from datetime import date

import pytest

from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Enrol, ListPartner
from services.registration.intake.contexts import UploadContext
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.tables import Row
from services.registration.intake.values import Refusal
from shared.regions import Regions

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
    assert identities("enrollments", "no peserta;tgl efektif", "Z1;x") == [("Z1", "x")]
    assert identities("targets", "mulai;sasaran", "x;y") == [("x", "y")]
