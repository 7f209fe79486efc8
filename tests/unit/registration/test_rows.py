"""What single cells of a row decide."""

from datetime import date

import pytest

from services.registration.commands import Enrolled
from services.registration.rows import Reader, Sender
from services.registration.tables import Row, Table
from services.registration.values import Refusal
from shared.regions import Regions

HEADER = ("no_peserta", "segmen", "nama", "kab_kota", "tgl_efektif", "program")


def read(segment: str) -> object:
    reader = Reader("enrollments", Table(HEADER, (), 0), Sender(("ID",), "l", date(2021, 1, 31)), Regions.load())
    return reader.read(Row(2, ("Z1", segment, "Toko", "33.11", "01/01/2021", "JKK,JKM"), True))


@pytest.mark.parametrize(("text", "expected"), [("PU", "PU"), ("bpu", "BPU"), ("", "PU"), ("-", "PU")])
def test_a_segment_is_pu_or_bpu(text: str, expected: str) -> None:
    answer = read(text)
    assert isinstance(answer, Enrolled)
    assert answer.segment == expected


def test_another_segment_is_refused() -> None:
    answer = read("ABC")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.field) == ("invalid_value", "segment")
