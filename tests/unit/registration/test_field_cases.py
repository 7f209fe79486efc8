"""The cells of the field cases are read as they should be; the kinds behind them are tested where their readers are."""

from datetime import date
from typing import Any

import pytest

from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command, Enrol, ListPartner, RecordStatement
from services.registration.intake.contexts import UploadContext
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions
from tests.unit.registration.table_reading import field_case, read

DAMAGED, LEFT_OUT = "nik_excel_damaged", "number_left_out"


def answers(name: str, kind: FileKind = "partners", own: str = "33.11") -> list[Command | Refusal]:
    found = read(field_case(name), kind)
    upload = UploadContext(Jurisdiction(Regions.load(), (own,)), "l", date(2026, 1, 31))
    reader = RowReader(kind, found.table.header, upload)
    reader.judge_columns(found.rows)
    return [reader.read(row) for row in found.rows]


def shown(answer: Command | Refusal) -> Any:
    """A refusal's code, else what the case is about."""
    match answer:
        case Refusal():
            return answer.code
        case Enrol():
            return answer.effective_on.isoformat()
        case RecordStatement():
            return answer.fields.get("value", answer.fields.get("quota"))
    return answer.warnings


@pytest.mark.parametrize(
    ("name", "kind", "own", "expected"),
    [
        ("01-", "partners", "33.11", [(LEFT_OUT,)] * 5),
        ("02-", "partners", "33.11", [()] * 5 + ["inactive"] * 2),
        ("09-", "partners", "33.11", [DAMAGED] * 6),
        ("10-", "partners", "33.11", [(LEFT_OUT,), (), (), (), (), (LEFT_OUT,), (LEFT_OUT,), DAMAGED, ()]),
        ("11-", "partners", "33.11", [(LEFT_OUT,), (LEFT_OUT,), (LEFT_OUT,), (), (LEFT_OUT,)]),
        ("12-", "partners", "33.11", [(), (), (), (), ("phone_unusable",), ()]),
        ("13a-", "targets", "33.11", [200, "invalid_value", 1250, "invalid_date"]),
        ("13b-", "briefings", "33.11", [30, 30]),
        ("14-", "enrollments", "33.11", ["1998-07-01", "1977-08-15", "2021-01-01"]),
        ("15-", "enrollments", "33.11", ["2021-12-31", "2021-12-31", "2021-08-31", "2021-01-01", "2021-12-31"]),
        ("16-", "enrollments", "33.11", ["2021-12-31", "ambiguous_date", "2021-07-25"]),
        ("17-", "partners", "ID", [()] * 8),
        ("18-", "partners", "ID", [()] * 7),
        ("24-", "enrollments", "33.11", ["2024-01-01"] * 3),
        ("25-", "enrollments", "33.11", ["2024-01-01"] * 4),
    ],
)
def test_each_row_is_taken_or_refused_as_it_should(name: str, kind: FileKind, own: str, expected: list[Any]) -> None:
    assert [shown(answer) for answer in answers(name, kind, own)] == expected


def listed(name: str, own: str = "33.11") -> list[ListPartner]:
    return [answer for answer in answers(name, own=own) if isinstance(answer, ListPartner)]


def test_what_is_read_of_the_cells() -> None:
    assert [each.partner.nik for each in listed("10-")[1:5]] == [f"331100010180001{n}" for n in range(1, 5)]
    phones = [each.contact.phone for each in listed("12-")]
    assert phones == [*(f"+62860000018{n}" for n in (36, 37, 39, 40)), None, "+6286000001842"]
    regions = [each.region for each in listed("17-", "ID")]
    assert regions == ["34.03", "92.03", "21.05", "33.72", "12.10", "62.71", "76.01", "81.03"]
    assert [each.region for each in listed("18-", "ID")] == [
        "93.01",
        "95.01",
        "91.71",
        "93.01",
        "33.10",
        "33.11",
        "33.11",
    ]
    enrolled = [answer for answer in answers("25-", "enrollments") if isinstance(answer, Enrol)]
    assert [(each.segment, len(each.programmes)) for each in enrolled] == [("PU", 2), ("BPU", 2), ("PU", 4), ("PU", 2)]
    workers = [answer.heads.total for answer in answers("24-", "enrollments") if isinstance(answer, Enrol)]
    assert workers == [3, 3, 3]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a-", {"nik", "owner", "name", "phone", "kind", "workers", "nib"}),
        ("b-", {"nik_koperasi", "name", "kind", "status", "region", "address", "email"}),
        ("c-", {"owner", "name", "address", "kind", "nib"}),
        ("d-", {"owner", "nik", "name", "address", "phone", "nib"}),
        ("e-", {"name", "region"}),
        ("f-", {"region", "name", "address", "phone", "nib"}),
        ("g-", {"name", "scale", "region"}),
    ],
)
def test_every_column_of_a_real_header_that_means_something_is_read(name: str, expected: set[str]) -> None:
    found = read(field_case(f"real-headers/{name}"), "partners")
    assert expected <= {meaning for meaning in found.read_as.values() if meaning}
