"""What is recalled of a file's texts is what reading them anew gives, for every kind of file and any cells."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake import memo
from services.registration.intake.columns import KINDS, VOCABULARY, FileKind
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.tables import Row
from services.registration.intake.memo import Memo
from services.registration.intake.values import Refused
from tests.unit.registration.reading import reader_of

WRITTEN = (
    *("", "-", "N/A", "nihil", "tidak ada", "0", "1", "12", "1.250", "1,250.00", "12,5", "5 orang", "9999999999"),
    *("31/12/2021", "03/04/2021", "12/31/2021", "2021-12-31", "31 Des 2021", "9999-12-31", "44561", "kemarin"),
    *("Kab. Sukoharjo", "33.11", "Sukoharjo", "Kota Solo", "Antah Berantah", "3311", "Mikro", "Usaha Kecil", "petani"),
    *("Koperasi", "BPU", "PU", "perorangan", "Tidak aktif", "Aktif", "DIBAYAR", "PROSES", "JKK, JKM", "JKK,JKM,JHT"),
    *("3311010101800001", "3311014101800001", "9120001234567", "3,57602E+15", "3311010101800000", "Toko Maju", "Siti"),
    *("081234567890", "+62 812-3456-7890", "a@contoh.id", '="0812"', " 33.11 ", "\u200b33.11"),
)
CELLS = st.sampled_from(WRITTEN) | st.text(max_size=12)
OPTIONS = (ReadingOptions(), ReadingOptions(date_order="mdy", decimal="."))


def header(kind: FileKind) -> list[str]:
    return [names[0] for names in VOCABULARY[kind].values()]


@st.composite
def rows_of_a_file(draw: st.DrawFn) -> tuple[FileKind, list[Row]]:
    """Few texts for many rows, so that they repeat."""
    kind = draw(st.sampled_from(KINDS))
    texts = st.sampled_from(draw(st.lists(CELLS, min_size=1, max_size=8)))
    width = len(header(kind))
    rows = draw(st.lists(st.lists(texts, min_size=width, max_size=width).map(tuple), min_size=1, max_size=12))
    return kind, [Row(number, cells, True) for number, cells in enumerate(rows, 2)]


def anew(_: Memo, __: str, ___: tuple[str, ...], ____: tuple[str, ...], read: Callable[[], Any]) -> Any:
    return read()


@given(rows_of_a_file(), st.sampled_from(OPTIONS), st.sampled_from((memo.MOST, 1)))
def test_what_is_recalled_is_what_was_read(
    file: tuple[FileKind, list[Row]], options: ReadingOptions, most: int
) -> None:
    kind, rows = file

    def answers() -> list[Any]:
        reader = reader_of(kind, ";".join(header(kind)), rows, options=options)
        return [(reader.read(row), reader.identities(row), reader.data_subject(row)) for row in rows]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memo, "MOST", most)
        recalled = answers()
        patch.setattr(Memo, "recall", anew)
        assert recalled == answers()


def test_each_combination_of_texts_is_read_once_and_no_more_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "MOST", 2)
    kept, read = Memo({"region": 0, "workers": 2}), list[str]()

    def recall(*texts: str) -> str:
        return kept.recall("place", ("region", "region_code"), texts, lambda: read.append(texts[0]) or texts[0])

    assert [recall("A", "x", "1"), recall("A", "y", "2"), recall("B", "x", "1")] == ["A", "A", "B"]
    assert read == ["A", "B"]
    assert [recall("C", "", ""), recall("A", "", "")] == ["C", "A"]
    assert read == ["A", "B", "C", "A"]


def test_long_texts_are_read_anew() -> None:
    kept, texts, read = Memo({"name": 0}), ("x" * (memo.LONGEST + 1),), list[str]()
    for _ in range(2):
        kept.recall("name", ("name",), texts, lambda: read.append("again"))
    assert read == ["again", "again"]


def test_a_refusal_is_recalled_too() -> None:
    kept, tries = Memo({"date": 0}), list[int]()

    def refuse() -> str:
        tries.append(1)
        raise Refused("invalid_date", "date", "Not a day.")

    for _ in range(2):
        with pytest.raises(Refused, match="invalid_date"):
            kept.recall("date", ("date",), ("x",), refuse)
    assert tries == [1]
