"""What single cells of a row decide."""

from datetime import date

import pytest

from services.registration.intake.commands import Enrol, ListPartner
from services.registration.intake.row_reader import Reader
from services.registration.intake.senders import Sender
from services.registration.intake.tables import Row, Table
from services.registration.intake.values import Refusal
from shared.regions import Regions

HEADER = ("no_peserta", "segmen", "nama", "kab_kota", "tgl_efektif", "program")


def read(segment: str) -> object:
    reader = Reader("enrollments", Table(HEADER, (), 0), Sender(("ID",), "l", date(2021, 1, 31)), Regions.load())
    return reader.read(Row(2, ("Z1", segment, "Toko", "33.11", "01/01/2021", "JKK,JKM"), True))


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
    reader = Reader("partners", Table(header, (), 0), Sender(("33.11",), "l", date(2021, 1, 31)), Regions.load())
    answer = reader.read(Row(2, ("-", "Umi", "-", "-", "-", "-"), True))
    assert isinstance(answer, ListPartner)
    assert (answer.name, answer.region, answer.partner.ref, answer.occupation) == ("Umi", "33.11", None, None)
    refusal = reader.read(Row(3, ("-", "-", "33.11", "", "", ""), True))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "missing_name"


def same_as(kind: str, header: str, row: str) -> list[tuple[str, ...]]:
    sender = Sender(("ID",), "l", date(2021, 1, 31))
    reader = Reader(kind, Table(tuple(header.split(";")), (), 0), sender, Regions.load())
    return reader.same_as(Row(2, tuple(row.split(";")), True))


def test_a_row_is_told_from_others_by_what_correcting_it_leaves_alone() -> None:
    listed, unknown = ("nama usaha;kab_kota;nik", "Toko A;Solo;1"), ("nama usaha;kab_kota", "TOKO A;33.11")
    assert same_as("partners", *listed) == [("TOKO A", ""), ("TOKO A", "")]
    assert same_as("persons", *unknown) == [("TOKO A", "33.11"), ("TOKO A", "")]
    assert same_as("partners", "nama usaha;ref", "Toko;R-1") == [("ref", "R-1")]
    assert same_as("claims", "no klaim;no peserta", "K1;Z1") == [("K1",)]
    assert same_as("enrollments", "no peserta;tgl efektif", "Z1;x") == [("Z1", "x")]
    assert same_as("targets", "mulai;sasaran", "x;y") == [("x", "y")]
