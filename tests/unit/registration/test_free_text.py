"""Free text that is kept for ever: what looks like a person's number in it is a warning."""

from datetime import date
from typing import Any

import pytest

from services.registration.intake.columns import FileKind
from services.registration.intake.contexts import EventContext, UploadContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.files.tables import Row
from services.registration.intake.free_text import has_personal_number
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions

REGIONS = Jurisdiction(Regions.load(), ("ID",))
WARNED = ("personal_number_in_text",)
NIK, PHONE = "3311010101900031", "0812-3456-7890"


@pytest.mark.parametrize(
    "text",
    [
        NIK,
        f"Bantuan {NIK} tahap 2",
        "33.1101.010190.0031",
        "hubungi 081234567890",
        PHONE,
        "+62 812 3456 7890",
        "x6281234567890",
    ],
)
def test_a_nik_or_a_phone_number_is_recognised(text: str) -> None:
    assert has_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MOU/8/112020",
        "BPUM 2021 tahap 3",
        "export-20210131120000",
        "NIB 9120001234567",
        "12345678901234567",
        "0271-123456",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert not has_personal_number(text)


AGREEMENT: dict[str, Any] = {"title": "MoU", "parties": ["Dinas", "BPJS"], "date": "2021-01-31", "region": "33.11"}
BRIEFING: dict[str, Any] = {"region": "33.11", "name": "Sosialisasi", "batch": "4", "held_on": "2021-02-16"}
LISTED: dict[str, Any] = {
    "partner": {},
    "name": "Toko",
    "kind": "business",
    "region": "33.11",
    "listed_on": "2021-01-31",
}


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("agreement.signed", AGREEMENT, ()),
        ("agreement.signed", AGREEMENT | {"title": f"MoU dengan {NIK}"}, WARNED),
        ("agreement.signed", AGREEMENT | {"parties": ["Dinas", f"Budi {PHONE}"]}, WARNED),
        ("briefing.held", BRIEFING, ()),
        ("briefing.held", BRIEFING | {"name": f"Hubungi {PHONE}"}, WARNED),
        ("partner.listed", LISTED | {"list": "bpum-2021"}, ()),
        ("partner.listed", LISTED | {"list": NIK}, WARNED),
    ],
)
def test_an_event_is_taken_with_a_warning(kind: str, data: dict[str, Any], expected: tuple[str, ...]) -> None:
    answer = EventReader(EventContext(REGIONS)).read(kind, data)
    assert not isinstance(answer, Refusal)
    assert answer.warnings == expected


@pytest.mark.parametrize(
    ("kind", "header", "cells", "name"),
    [
        (
            "agreements",
            ("judul", "tanggal", "wilayah", "pihak"),
            ("MoU", "2021-01-31", "33.11", f"Dinas; {PHONE}"),
            "l",
        ),
        ("briefings", ("nama", "tanggal", "wilayah"), (f"CP {PHONE}", "2021-01-31", "33.11"), "l"),
        (
            "targets",
            ("sumber", "mulai", "selesai", "sasaran", "wilayah"),
            (NIK, "2021-01-31", "2021-02-28", "3", "33.11"),
            "l",
        ),
        ("partners", ("nama usaha", "kab/kota"), ("Toko", "33.11"), f"daftar {NIK}"),
    ],
)
def test_a_row_is_taken_with_a_warning(
    kind: FileKind, header: tuple[str, ...], cells: tuple[str, ...], name: str
) -> None:
    reader = RowReader(kind, header, UploadContext(REGIONS, name, date(2021, 1, 31)))
    answer = reader.read(Row(2, cells, True))
    assert not isinstance(answer, Refusal)
    assert answer.warnings == WARNED
